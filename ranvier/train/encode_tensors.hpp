#pragma once
// The fused kernels of a boundary at constant current, in operators of LibTorch: for tensors that
// live where those kernels cannot go.

#include "ranvier/train/kernels/encode.hpp"
#include "ranvier/train/torch_compat.hpp"

namespace ranvier::train {

/// encode_forward of kernels/encode.hpp. Shape: a [N, C, ...] float32 on any device; value like a,
/// written, with the same bits as the kernel's. Totals come to the processor: one wait for the
/// device.
EncodeTotals encode_forward(const EncodeArguments& arguments, const torch::Tensor& a,
                            torch::Tensor& value);

/// encode_backward of kernels/encode.hpp. grad_value like a; grad_events and grad_magnitude [C] on
/// the processor; grad_a like a, written. Sums over elements are rounded in another order than the
/// kernel's.
EncodeGradients encode_backward(const EncodeArguments& arguments, const torch::Tensor& a,
                                const torch::Tensor& grad_value, const EncodeUpstream& upstream,
                                torch::Tensor& grad_a);

}  // namespace ranvier::train
