#pragma once
// Fused multi-step LIF kernels: one pass over memory forward, one backward. Torch-free.

#include "ranvier/train/kernels/blocks.hpp"
#include "ranvier/train/kernels/surrogate.hpp"

#include <cstdint>

namespace ranvier::train {

struct LifOptions {
  Surrogate surrogate = Surrogate::kArctan;
  double surrogate_width = 1.0;  // [thresholds]
  bool is_signed = false;        // s in {-1, 0, +1}
  bool start_half = false;       // u_0 = theta / 2 instead of 0; not with `centred`
  bool centred = false;      // fires at theta / 2, the deployed signed rate code; needs is_signed
  bool detach_reset = true;  // no gradient through s in the reset term
  bool decayed_reset =
      false;  // leak after the reset, as in the deployed converter: beta (u - theta s)
  bool integer_leak =
      false;  // v - floor((1 - beta) v) for beta v: exact on integers; needs decayed_reset
};

/// x, spikes and gradients are [steps][layout.size]; parameters are [layout.channels].
struct LifArguments {
  int64_t steps = 1;
  ChannelLayout layout;
  LifOptions options;
  const float* inverse_gain = nullptr;
  const float* theta = nullptr;
  const float* beta = nullptr;
  int threads = 1;
};

/// Reads x, writes spikes (float or int8_t). Errors: ContractViolation for options that exclude
/// each other.
template <class Spike>
void lif_forward(const LifArguments& arguments, const float* x, Spike* spikes);

/// Reads x and grad_spikes, computes the membrane again, writes grad_x.
/// grad_parameters [3][channels]: of inverse_gain, theta, beta; the same bits for any number of
/// threads.
void lif_backward(const LifArguments& arguments, const float* x, const float* grad_spikes,
                  float* grad_x, double* grad_parameters);

}  // namespace ranvier::train
