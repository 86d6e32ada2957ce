#pragma once
// One neuron of the LIF kernels, all its steps: the work of one thread of a GPU. Formulas and order
// of operations are those of lif.cpp and lif_backward.cpp, so spikes have the same bits.

#include "ranvier/train/kernels/lif_neuron.hpp"
#include "ranvier/train/kernels/surrogate.hpp"

#include <cstdint>

namespace ranvier::train {

/// What all threads of a call see. x, spikes and gradients are [steps][size], the table
/// [kRowCount][channels]; the channel of neuron i is (i / inner) % channels.
struct LifThreads {
  int64_t steps, size, channels, inner;
  const float* table;
  const float* x;
  float level_factor;  // d level / d theta
  float start_factor;  // d u_0 / d theta
};

/// Membranes of so many steps stay in a thread's own memory.
inline constexpr int64_t kMostThreadSteps = 64;

/// The parameters of one neuron.
struct LifThreadNeuron {
  RANVIER_DEVICE LifThreadNeuron(const LifThreads& v, int64_t i)
      : row(v.table + i / v.inner % v.channels), channels(v.channels) {}
  RANVIER_DEVICE float operator[](Row r) const { return row[r * channels]; }

  const float* row;
  int64_t channels;
};

template <bool kSigned, Reset kReset>
RANVIER_DEVICE inline void lif_forward_thread(const LifThreads& v, int64_t i, float* spikes) {
  const LifThreadNeuron p(v, i);
  float u = p[kStart];
  float s = fire<kSigned>(u, p[kLevel]);
  for (int64_t at = i; at < v.steps * v.size; at += v.size) {
    u = charge<kReset>(u, s, v.x[at] * p[kInverseGain], p[kTheta], p[kBeta]);
    s = fire<kSigned>(u, p[kLevel]);
    spikes[at] = s;
  }
}

/// terms [3][size]: what the neuron adds to the gradients of inverse gain, theta and beta. Errors:
/// none are checked; steps <= kMostThreadSteps.
template <Surrogate kKind, bool kSigned, Reset kReset>
RANVIER_DEVICE inline void lif_backward_thread(const LifThreads& v, int64_t i,
                                               const float* grad_spikes, float* grad_x,
                                               float* terms) {
  const LifThreadNeuron p(v, i);
  const float level = p[kLevel], theta = p[kTheta], beta = p[kBeta], width = p[kInverseWidth];
  float u[kMostThreadSteps + 1];
  u[0] = p[kStart];
  for (int64_t t = 0; t < v.steps; ++t) {
    const float input = v.x[t * v.size + i] * p[kInverseGain];
    u[t + 1] = charge<kReset>(u[t], fire<kSigned>(u[t], level), input, theta, beta);
  }
  float next = 0.0F;  // gradient of the membrane of the step after
  float of_gain = 0.0F, of_theta = 0.0F, of_beta = 0.0F;
  for (int64_t t = v.steps; t-- > 0;) {
    const int64_t at = t * v.size + i;
    const float up = surrogate_slope<kKind>((u[t + 1] - level) * width) * width;
    float down = 0.0F;
    if constexpr (kSigned) down = surrogate_slope<kKind>((u[t + 1] + level) * width) * width;
    const float leaked = beta * next;
    const float grad_s = grad_spikes[at] - p[kCarry] * next;
    const float grad = leaked + (up + down) * grad_s;
    const float reset = (kReset == Reset::kPlain ? next : leaked) * fire<kSigned>(u[t + 1], level);
    float before = u[t];  // what the leak acts on: with a decayed reset, after it
    if constexpr (kReset != Reset::kPlain) before = before - theta * fire<kSigned>(u[t], level);
    next = grad;
    grad_x[at] = grad * p[kInverseGain];
    of_gain += grad * v.x[at];
    of_theta -= v.level_factor * (up - down) * grad_s + reset;
    of_beta += grad * before;
  }
  terms[i] = of_gain;
  terms[v.size + i] = of_theta + v.start_factor * beta * next;
  terms[2 * v.size + i] = of_beta;
}

}  // namespace ranvier::train
