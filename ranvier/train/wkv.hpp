#pragma once
// The WKV recurrence of RWKV v4 as a differentiable operation. Equations: docs/models/rwkv.md.

#include "ranvier/train/device.hpp"
#include "ranvier/train/torch_compat.hpp"

namespace ranvier::train {

/// What one token hands to the next, before the first one. Shape: [3, N, C].
torch::Tensor wkv_start_state(int64_t texts, int64_t channels, const torch::TensorOptions& options);

/// Key and value of L tokens -> weighted averages. Moves `state` past them.
/// Shape: key, value [N, L, C] float32 or float64 -> same; decay (< 0) and bonus [C].
/// Gradients: key, value, decay, bonus, none through the state; the same bits for any number of
/// threads. Cost: O(numel), no tensor per token; where neither the processor's loops nor the
/// threads of a GPU can go, stepwise_wkv.
torch::Tensor fused_wkv(const torch::Tensor& key, const torch::Tensor& value,
                        const torch::Tensor& decay, const torch::Tensor& bonus,
                        torch::Tensor& state);

/// fused_wkv by the kernels of `runner`.
torch::Tensor fused_wkv_by(KernelRunner runner, const torch::Tensor& key,
                           const torch::Tensor& value, const torch::Tensor& decay,
                           const torch::Tensor& bonus, torch::Tensor& state);

/// The same function by plain autograd, a few tensors per token: any float type, any device.
torch::Tensor stepwise_wkv(const torch::Tensor& key, const torch::Tensor& value,
                           const torch::Tensor& decay, const torch::Tensor& bonus,
                           torch::Tensor& state);

}  // namespace ranvier::train
