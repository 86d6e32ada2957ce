#pragma once
// Which of its kernels OpenBLAS picked for this processor.

#include <string>

namespace ranvier::train {

/// `in_use`: "SkylakeX", "Haswell", ...; empty with another BLAS. `better`: the OPENBLAS_CORETYPE
/// that this processor can run, where OpenBLAS does not know it and fell back; else empty.
struct BlasKernels {
  std::string in_use;
  std::string better;
};

/// An OpenBLAS older than the processor takes its SSE kernels ("Prescott", of 2004), several times
/// slower than what the processor can run. Source: OpenBLAS, driver/others/dynamic.c.
std::string better_blas_kernels(const std::string& in_use, bool avx2, bool avx512);

/// Of this process on this processor. Never throws.
BlasKernels blas_kernels();

/// Says so in the log where blas_kernels() knows better ones.
void warn_of_slow_blas();

}  // namespace ranvier::train
