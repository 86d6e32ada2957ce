#include "ranvier/train/kernels/grid.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ranvier::train {
namespace {

using codec::CodecKind;

constexpr int kMostFracBits = 8;
constexpr double kInt16Max = 32767.0;
constexpr int kMostValueBits = 30;  // codec::BoundaryParams::value_frac_bits

int32_t to_integer(double value, double low, double high) {
  return static_cast<int32_t>(std::clamp(std::nearbyint(value), low, high));
}

int32_t integer_threshold(CodecKind kind, double currents) {
  switch (kind) {
    case CodecKind::kDense:
      return codec::ChannelParams{}.threshold;
    case CodecKind::kTopk:
      return codec::ChannelParams{}.threshold;
    case CodecKind::kGraded:
    case CodecKind::kTtfs:
      return to_integer(currents, 1.0, kInt16Max);
    case CodecKind::kRate:
      return 2 * to_integer(currents / 2.0, 1.0, kInt16Max);
  }
  throw core::ContractViolation("every codec has a threshold");
}

/// beta = 1 - 2^-k -> k; no leak -> 0.
int8_t leak_shift(double beta) {
  if (beta >= 1.0) return 0;
  return static_cast<int8_t>(to_integer(-std::log2(1.0 - beta), 1.0, 15.0));
}

/// The shared table of a ttfs code in integers; returns the bits by which its values are scaled.
int project_levels(const LearnedChannels& learned, codec::BoundaryParams& params) {
  const double most = learned.level_value.back();
  const int bits = std::clamp(static_cast<int>(std::floor(std::log2(kInt16Max / most))), 0, 15);
  int32_t least = 1;
  for (const double threshold : learned.level_threshold) {
    const double currents = std::ldexp(threshold, params.current_frac_bits);
    least = to_integer(currents, least, kInt16Max);
    params.levels.threshold.push_back(static_cast<int16_t>(least));
  }
  for (const double value : learned.level_value) {
    params.levels.value.push_back(
        static_cast<int16_t>(to_integer(std::ldexp(value, bits), 0.0, kInt16Max)));
  }
  return bits;
}

/// Bits of a right shift after which top x multiplier fits 16 bits again.
int value_shift(int32_t top) {
  int bits = 0;
  while ((int32_t{1} << bits) < top) ++bits;
  return bits;
}

/// The step with the least error_of(step): a code whose highest level stands for `top` steps clips
/// at most 1 - 1/16 of the range. Two passes, coarse then fine.
template <class Error>
double search_step(std::span<const float> activations, double top, bool is_signed,
                   const Error& error_of) {
  float largest = 0.0F;
  for (const float a : activations) largest = std::max(largest, is_signed ? std::fabs(a) : a);
  if (largest <= 0.0F) return 0.0;
  constexpr int kCandidates = 24;
  double low = double{largest} / top / 16.0;
  double high = double{largest} / top * 1.25;
  double best = high;
  for (int pass = 0; pass < 2; ++pass) {
    const double ratio = std::pow(high / low, 1.0 / kCandidates);
    double least = std::numeric_limits<double>::infinity();
    double step = low;
    for (int i = 0; i <= kCandidates; ++i, step *= ratio) {
      const double error = error_of(step);
      if (error < least) {
        least = error;
        best = step;
      }
    }
    low = best / ratio;
    high = best * ratio;
  }
  return best;
}

}  // namespace

int current_frac_bits(const codec::CodecSpec& spec) {
  const double room = kInt16Max / (top_level(spec) + 0.5);
  return std::clamp(static_cast<int>(std::floor(std::log2(room))), 0, kMostFracBits);
}

Grid project(const codec::CodecSpec& spec, const LearnedChannels& learned) {
  const size_t channels = learned.step.size();
  RANVIER_CONTRACT(channels > 0 && learned.threshold.size() == channels &&
                       learned.scale.size() == channels && learned.beta.size() == channels,
                   "every channel has its learned numbers");
  Grid grid;
  grid.params.spec = spec;
  grid.params.current_frac_bits = current_frac_bits(spec);
  const bool is_ttfs = spec.kind == CodecKind::kTtfs;
  const int level_bits = is_ttfs ? project_levels(learned, grid.params) : 0;
  grid.params.decode_shift = is_ttfs ? 15 : value_shift(top_level(spec));
  const double largest = *std::max_element(learned.scale.begin(), learned.scale.end());
  const int shift = grid.params.decode_shift - level_bits;  // of a level, not of its table entry
  const int bits = std::clamp(static_cast<int>(std::floor(std::log2(kInt16Max / largest))),
                              std::max(shift, 0), shift + kMostValueBits);
  grid.params.value_frac_bits = bits - shift;
  for (size_t c = 0; c < channels; ++c) {
    const double gain = std::ldexp(1.0, grid.params.current_frac_bits) / learned.step[c];
    codec::ChannelParams integer;
    integer.threshold = integer_threshold(spec.kind, gain * learned.threshold[c]);
    integer.decode_multiplier =
        static_cast<int16_t>(to_integer(std::ldexp(learned.scale[c], bits), 1.0, kInt16Max));
    integer.leak_shift = leak_shift(learned.beta[c]);
    ChannelScales real;
    real.gain = static_cast<float>(gain);
    real.scale = std::ldexp(static_cast<float>(integer.decode_multiplier), -bits);
    grid.params.channels.push_back(integer);
    grid.scales.push_back(real);
  }
  return grid;
}

double quantiser_error(std::span<const float> activations, double step, int top, bool is_signed) {
  const auto unit = static_cast<float>(step);
  const float inverse = 1.0F / unit;
  const auto high = static_cast<float>(top);
  double total = 0.0;
  for (size_t begin = 0; begin < activations.size(); begin += kBlock) {
    const auto block =
        activations.subspan(begin, std::min<size_t>(kBlock, activations.size() - begin));
    float sum = 0.0F;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < block.size(); ++i) {
      const float size = is_signed ? std::fabs(block[i]) : std::max(block[i], 0.0F);
      const float level = small_floor(std::min(size * inverse, high) + 0.5F);
      const float difference = size - level * unit;
      sum += difference * difference;
    }
    total += double{sum};
  }
  return activations.empty() ? 0.0 : total / static_cast<double>(activations.size());
}

LevelGrid level_grid(int window, bool is_logarithmic) {
  LevelGrid grid;
  for (int level = 1; level <= window; ++level) {
    const double share = window > 1 ? double(level - 1) / (window - 1) : 0.0;
    grid.value.push_back(is_logarithmic ? std::pow(double(window), share) : double(level));
    if (level > 1) {
      grid.threshold.push_back(0.5 * (grid.value.back() + grid.value[grid.value.size() - 2]));
    }
  }
  return grid;
}

double level_error(std::span<const float> activations, double step, const LevelGrid& levels,
                   bool is_signed) {
  double total = 0.0;
  for (const float a : activations) {
    const double x = (is_signed ? std::fabs(a) : std::max(a, 0.0F)) / step;
    double worth = 0.0;
    if (x >= 0.5 * levels.value.front()) {
      size_t level = 0;
      while (level < levels.threshold.size() && x >= levels.threshold[level]) ++level;
      worth = levels.value[level];
    }
    total += (x - worth) * (x - worth);
  }
  return activations.empty() ? 0.0 : total * step * step / static_cast<double>(activations.size());
}

double best_level_step(std::span<const float> activations, const LevelGrid& levels,
                       bool is_signed) {
  return search_step(activations, levels.value.back(), is_signed, [&](double step) {
    return level_error(activations, step, levels, is_signed);
  });
}

double best_step(std::span<const float> activations, int top, bool is_signed) {
  return search_step(activations, top, is_signed, [&](double step) {
    return quantiser_error(activations, step, top, is_signed);
  });
}

}  // namespace ranvier::train
