#pragma once
// For tests of trainings off the processor: a device whose memory nothing but its own kernels can
// read.

#include "ranvier/train/torch_compat.hpp"

namespace ranvier::train {

/// Its device type is one that this LibTorch has no kernels for. Every operator runs on the
/// processor over the same memory, so results are the processor's; an operator that mixes
/// tensors of both, a copy excepted, throws c10::Error, and reading a tensor's memory from outside
/// is an invalid access. Registered once, for the rest of the process.
torch::Device test_device();

}  // namespace ranvier::train
