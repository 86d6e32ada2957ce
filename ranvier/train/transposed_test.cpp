#include "ranvier/train/transposed.hpp"

#include <gtest/gtest.h>

namespace ranvier::train {
namespace {

using torch::Tensor;

TEST(TransposedConvolution, IsLibTorchsWithItsGradients) {
  torch::manual_seed(5);
  for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    for (const int64_t groups : {1, 4}) {
      const Tensor x = torch::randn({3, 8, 5, 4}).contiguous(format).requires_grad_();
      const Tensor weight = torch::randn({8, 12 / groups, 4, 4}).requires_grad_();
      const auto gradients = [&](const Tensor& y) {
        const Tensor upstream = torch::arange(y.numel(), torch::kFloat).view_as(y).sin();
        return torch::autograd::grad({(y * upstream).sum()}, {x, weight});
      };
      const Tensor ours = transposed_convolution(x, weight, 2, 1, groups);
      const Tensor theirs = torch::conv_transpose2d(x, weight, {}, 2, 1, 0, groups);
      EXPECT_EQ(ours.sizes(), theirs.sizes());
      EXPECT_TRUE(ours.allclose(theirs, 1e-4, 1e-4)) << groups;
      const auto own = gradients(ours);
      const auto expected = gradients(theirs);
      EXPECT_TRUE(own[0].allclose(expected[0], 1e-4, 1e-4)) << groups;
      EXPECT_TRUE(own[1].allclose(expected[1], 1e-4, 1e-4)) << groups;
    }
  }
}

}  // namespace
}  // namespace ranvier::train
