#pragma once
// Surrogate derivatives in operators of LibTorch: any float type, any device.

#include "ranvier/train/kernels/surrogate.hpp"
#include "ranvier/train/torch_compat.hpp"

namespace ranvier::train {

/// phi(v), element by element, as surrogate_slope of kernels/surrogate.hpp up to rounding.
torch::Tensor surrogate_slope_of(Surrogate kind, const torch::Tensor& v);

}  // namespace ranvier::train
