#pragma once
// Multi-step leaky integrate-and-fire neurons with learnable per-channel gain, threshold and leak.
//   u_t = beta u_{t-1} + x_t / g - rho s_{t-1},   s_t = H(u_t - theta),   rho = theta   (reset by
//   subtraction)
// Equations, surrogates and limits: docs/models/lif.md.

#include "ranvier/train/device.hpp"
#include "ranvier/train/kernels/lif.hpp"
#include "ranvier/train/torch_compat.hpp"

namespace ranvier::train {

/// Spikes of all steps in one pass over memory forward and one backward.
/// Shape: x [T, N, C, ...] float32, contiguous or channels-last within a step; gain, theta, beta
/// [C] (or [1], shared).
///   -> spikes, shape and layout of x, values 0, 1 (signed: -1, 0, 1).
/// Gradients: x, gain, theta, beta; the same bits for any number of threads. Cost: O(numel), no
/// tensor per step. Where neither the processor's loops nor the threads of a GPU can go
/// (other float types, other devices, more than kMostThreadSteps steps on a GPU): reference_lif.
torch::Tensor fused_lif(const torch::Tensor& x, const torch::Tensor& gain,
                        const torch::Tensor& theta, const torch::Tensor& beta,
                        const LifOptions& options = {});

/// fused_lif by the kernels of `runner`; spikes and grad_x have the same bits by either.
torch::Tensor fused_lif_by(KernelRunner runner, const torch::Tensor& x, const torch::Tensor& gain,
                           const torch::Tensor& theta, const torch::Tensor& beta,
                           const LifOptions& options = {});

/// The same function by plain autograd, one tensor per step: any float type, any device. Bit-equal
/// spikes in float32.
torch::Tensor reference_lif(const torch::Tensor& x, const torch::Tensor& gain,
                            const torch::Tensor& theta, const torch::Tensor& beta,
                            const LifOptions& options = {});

/// A layer of spiking neurons for SNN models. Parameters are learned as logs (leak: as a logit),
/// per channel.
class LifLayerImpl : public torch::nn::Module {
 public:
  /// `leak` is the initial beta in (0, 1]; 1 = no leak, not learned.
  LifLayerImpl(int64_t channels, double threshold, double leak, LifOptions options = {});

  /// x [T, N, C, ...] -> spikes of the same shape. Keeps the mean spikes per neuron (sum over T) of
  /// the last call.
  torch::Tensor forward(const torch::Tensor& x);

  /// Sets theta per channel from samples of the input [..., C, ...] (dim 1): `factor` x the mean of
  /// the positive part (signed: of the magnitude).
  void calibrate(const torch::Tensor& samples, double factor = 2.0);

  torch::Tensor threshold() const;                                        // [C], differentiable
  torch::Tensor leak() const;                                             // [C], differentiable
  torch::Tensor spikes_per_neuron() const { return spikes_per_neuron_; }  // scalar, differentiable

  torch::Tensor log_threshold;
  torch::Tensor leak_logit;  // undefined when there is no leak

 private:
  int64_t channels_;
  LifOptions options_;
  torch::Tensor spikes_per_neuron_;
};
TORCH_MODULE(LifLayer);

}  // namespace ranvier::train
