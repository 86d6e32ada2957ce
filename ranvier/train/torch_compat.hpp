#pragma once
// The only door to LibTorch: its headers with their warnings silenced, and the differences between
// its versions. Also the precompiled header of this folder.

#pragma GCC system_header

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace ranvier::train {

#if TORCH_VERSION_MAJOR >= 2
inline constexpr bool kTorch2 = true;
#else
inline constexpr bool kTorch2 = false;
#endif

/// While it lives, this thread computes products of matrices and convolutions on `device` in
/// bfloat16: LibTorch's autocast. Nothing when `is_on` is false.
class MixedPrecision {
 public:
  MixedPrecision(bool is_on, torch::Device device) : is_on_(is_on), type_(device.type()) {
    if (!is_on_) return;
    at::autocast::increment_nesting();
    set(true);
  }
  ~MixedPrecision() {
    if (!is_on_) return;
    set(false);
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  }
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;

 private:
  void set(bool on) const {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(type_, torch::kBFloat16);
    at::autocast::set_autocast_enabled(type_, on);
#else
    if (type_ == torch::kCUDA) {
      at::autocast::set_autocast_gpu_dtype(torch::kBFloat16);
      at::autocast::set_enabled(on);
    } else if (type_ == torch::kCPU) {
      at::autocast::set_autocast_cpu_dtype(torch::kBFloat16);
      at::autocast::set_cpu_enabled(on);
    }
#endif
  }

  bool is_on_;
  torch::DeviceType type_;
};

}  // namespace ranvier::train
