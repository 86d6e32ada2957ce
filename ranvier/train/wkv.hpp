#pragma once
// The WKV recurrence of RWKV v4 as a differentiable operation. Equations: docs/models/rwkv.md.

#include "ranvier/train/torch_compat.hpp"

namespace ranvier::train {

/// What one token hands to the next, before the first one. Shape: [3, N, C].
torch::Tensor wkv_start_state(int64_t texts, int64_t channels, c10::ScalarType type);

/// Key and value of L tokens -> weighted averages. Moves `state` past them.
/// Shape: key, value [N, L, C] float32 or float64 -> same; decay (< 0) and bonus [C].
/// Gradients: key, value, decay, bonus, none through the state; the same bits for any number of
/// threads. CPU only. Cost: O(numel), no tensor per token.
torch::Tensor fused_wkv(const torch::Tensor& key, const torch::Tensor& value,
                        const torch::Tensor& decay, const torch::Tensor& bonus,
                        torch::Tensor& state);

/// The same function from the start of a text, by plain autograd, tensors per token.
torch::Tensor reference_wkv(const torch::Tensor& key, const torch::Tensor& value,
                            const torch::Tensor& decay, const torch::Tensor& bonus);

}  // namespace ranvier::train
