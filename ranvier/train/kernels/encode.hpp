#pragma once
// Fused kernels of a boundary at constant current: activation -> deployed level -> deployed value
// in one pass, and the straight-through gradient in another. Torch-free. Equations:
// docs/models/boundary-training.md.

#include "ranvier/codec/codec.hpp"
#include "ranvier/train/kernels/blocks.hpp"
#include "ranvier/train/kernels/surrogate.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

namespace ranvier::train {

/// The real numbers behind the integers of one channel.
struct ChannelScales {
  float gain = 256.0F;     // current per unit of activation: 2^F / step
  float scale = 1.0F;      // decoded value of level 1
  float surrogate = 1.0F;  // width of the surrogate, in units of activation
};

struct EncodeArguments {
  ChannelLayout layout;
  const codec::BoundaryParams* params = nullptr;
  const std::vector<ChannelScales>* scales = nullptr;
  Surrogate surrogate = Surrogate::kArctan;
  int threads = 1;
};

/// What one forward pass saw, per channel.
struct EncodeTotals {
  std::vector<int64_t> events;     // rate: spikes; else elements whose level is not 0
  std::vector<int64_t> saturated;  // elements at the largest level
  std::vector<int64_t> magnitude;  // sum of |level|
  std::vector<double> sum;         // of the activation
  std::vector<double> square_sum;
};

/// Gradients of the learned logs, [channels] each.
struct EncodeGradients {
  std::vector<double> log_step;
  std::vector<double> log_threshold;
  std::vector<double> log_scale;
};

inline constexpr float kRoundShift =
    12582912.0F;  // 1.5 x 2^23: adding and taking it away rounds half to even

/// The 16-bit current of an activation: sat16(round_half_even(a x gain)).
inline int32_t current_of(float a, float gain) {
  const float scaled = a * gain;
  const float low = scaled > -32768.0F ? scaled : -32768.0F;
  const float bounded = low < 32767.0F ? low : 32767.0F;
  return static_cast<int32_t>((bounded + kRoundShift) - kRoundShift);
}

/// Largest level of a codec.
int32_t top_level(const codec::CodecSpec& spec);

/// value [size] = decoded value in real units, equal to codec::Codec::decode x 2^-value_frac_bits.
/// Only for dense, rate and graded without leak.
EncodeTotals encode_forward(const EncodeArguments& arguments, const float* a, float* value);

/// Gradients with respect to what encode_forward made: values [size], events and magnitude
/// [channels].
struct EncodeUpstream {
  const float* value = nullptr;
  const float* events = nullptr;
  const float* magnitude = nullptr;  // none: 0
};
EncodeGradients encode_backward(const EncodeArguments& arguments, const float* a,
                                const EncodeUpstream& upstream, float* grad_a);

/// currents [size] as int16.
void encode_currents(const EncodeArguments& arguments, const float* a, int16_t* current);

}  // namespace ranvier::train
