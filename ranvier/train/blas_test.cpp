#include "ranvier/train/blas.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace ranvier::train {
namespace {

TEST(Blas, OnlyTheFallbackOfAnUnknownProcessorIsBettered) {
  EXPECT_EQ(better_blas_kernels("Prescott", true, true), "SkylakeX");
  EXPECT_EQ(better_blas_kernels("Prescott", true, false), "Haswell");
  EXPECT_EQ(better_blas_kernels("Prescott", false, false), "");
  EXPECT_EQ(better_blas_kernels("Zen", true, false), "");
  EXPECT_EQ(better_blas_kernels("", true, true), "");
}

TEST(Blas, ThisProcessIsSeenAsItIs) {
  const BlasKernels kernels = blas_kernels();
  if (kernels.in_use.empty()) GTEST_SKIP() << "another BLAS than OpenBLAS";
  EXPECT_TRUE(kernels.better.empty() || kernels.in_use == "Prescott") << kernels.in_use;
}

}  // namespace
}  // namespace ranvier::train
