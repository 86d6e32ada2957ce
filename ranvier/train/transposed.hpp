#pragma once
// Transposed convolutions at the speed of convolutions. Only train/ includes it.

#include "ranvier/train/torch_compat.hpp"

namespace ranvier::train {

/// torch::conv_transpose2d, computed as what it is: the gradient of a convolution with respect to
/// its input. LibTorch 1.13 has fast kernels on CPUs for that, and none for the other.
/// Shape: x [N, I, H, W], weight [I, O / groups, K, K] ->
/// [N, O, (H - 1) stride - 2 padding + K, (W - 1) stride - 2 padding + K].
/// Once differentiable.
torch::Tensor transposed_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                     int64_t stride, int64_t padding, int64_t groups);

}  // namespace ranvier::train
