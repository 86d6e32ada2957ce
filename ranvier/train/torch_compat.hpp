#pragma once
// The only door to LibTorch: its headers with their warnings silenced, and the differences between
// its versions. Also the precompiled header of this folder.

#pragma GCC system_header

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace ranvier::train {

#if TORCH_VERSION_MAJOR >= 2
inline constexpr bool kTorch2 = true;
#else
inline constexpr bool kTorch2 = false;
#endif

/// True when this LibTorch can reach a CUDA device now.
inline bool cuda_available() { return torch::cuda::is_available(); }

}  // namespace ranvier::train
