#include "ranvier/train/blas.hpp"

#include <dlfcn.h>
#include <spdlog/spdlog.h>

namespace ranvier::train {

std::string better_blas_kernels(const std::string& in_use, bool avx2, bool avx512) {
  if (in_use != "Prescott") return {};
  if (avx512) return "SkylakeX";
  return avx2 ? "Haswell" : "";
}

BlasKernels blas_kernels() {
  using Name = char* (*)();
  // LibTorch brings in whatever BLAS the system has, so the question is put at run time.
  const auto name = reinterpret_cast<Name>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  if (name == nullptr) return {};
  const std::string in_use = name();
#if defined(__x86_64__)
  return {in_use, better_blas_kernels(in_use, __builtin_cpu_supports("avx2") != 0,
                                      __builtin_cpu_supports("avx512bw") != 0)};
#else
  return {in_use, {}};
#endif
}

void warn_of_slow_blas() {
  const BlasKernels kernels = blas_kernels();
  if (kernels.better.empty()) return;
  spdlog::warn(
      "OpenBLAS does not know this processor and uses its {} kernels: "
      "OPENBLAS_CORETYPE={} makes matrix products about 3x as fast",
      kernels.in_use, kernels.better);
}

}  // namespace ranvier::train
