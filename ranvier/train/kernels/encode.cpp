#include "ranvier/train/kernels/encode.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/kernels/encode_sums.hpp"
#include "ranvier/train/kernels/encode_table.hpp"

#include <algorithm>
#include <type_traits>

namespace ranvier::train {
namespace {

using codec::CodecKind;

int32_t half_of(int shift) { return shift > 0 ? int32_t{1} << (shift - 1) : 0; }

/// The deployed encoder, as in docs/models/converter.md.
template <CodecKind kKind, bool kSigned>
inline int32_t level_of(int32_t i, float threshold, const EncodeConstants& g) {
  if constexpr (kKind == CodecKind::kDense) {
    const int32_t level = (i + g.half) >> g.shift;
    const int32_t low = kSigned ? -g.top : 0;
    return level < low ? low : (level > g.top ? g.top : level);
  }
  const int32_t magnitude = kSigned ? (i < 0 ? -i : i) : (i < 0 ? 0 : i);
  int32_t level = 0;
  if constexpr (kKind == CodecKind::kGraded) {
    const int32_t step = (magnitude + g.half) >> g.shift;
    const int32_t bounded = step < 1 ? 1 : (step > g.top ? g.top : step);
    level = static_cast<float>(magnitude) >= threshold ? bounded : 0;
  } else {
    // Exact in single precision: docs/models/converter.md, "closed form".
    const float charge =
        static_cast<float>(static_cast<int32_t>(threshold) / 2 + g.steps * magnitude);
    const int32_t count = static_cast<int32_t>(charge / threshold);
    level = count > g.top ? g.top : count;
  }
  return kSigned && i < 0 ? -level : level;
}

/// f(shared, offset, count, channel, rows) over the runs of one block; `spread` is scratch.
template <class F>
void walk_block(const ChannelLayout& layout, const EncodeTable& table, int64_t begin, int64_t end,
                SpreadRows<kEncodeRowCount>& spread, const F& f) {
  const float* rows[kEncodeRowCount];
  if (!has_long_runs(layout)) {
    const float* const values = spread.take(layout, table, begin, end);
    for (int r = 0; r < kEncodeRowCount; ++r) rows[r] = values + r * kBlock;
    f(std::false_type{}, int64_t{0}, end - begin, int64_t{0}, rows);
    return;
  }
  for_each_run(layout, begin, end, [&](int64_t offset, int64_t count, int64_t channel) {
    for (int r = 0; r < kEncodeRowCount; ++r) rows[r] = table.row(r) + channel;
    f(std::true_type{}, offset, count, channel, rows);
  });
}

/// Per-element results of one run, for the sums: level and activation.
template <CodecKind kKind, bool kSigned, bool kShared>
void forward_run(int64_t n, const float* const* rows, const EncodeConstants& grid, const float* a,
                 float* value, int32_t* levels) {
  const float* const gain = rows[kGain];
  const float* const threshold = rows[kThreshold];
  const float* const multiplier = rows[kMultiplier];
  const EncodeConstants g = grid;
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const int64_t k = kShared ? 0 : i;
    const int32_t level = level_of<kKind, kSigned>(current_of(a[i], gain[k]), threshold[k], g);
    const int32_t decoded =
        (level * static_cast<int32_t>(multiplier[k]) + g.value_half) >> g.value_shift;
    levels[i] = level;
    value[i] = static_cast<float>(decoded) * g.value_unit;
  }
}

void add_run(int64_t n, const float* a, const int32_t* levels, const EncodeConstants& grid,
             bool is_rate, int64_t chunk, int64_t channel, ForwardSums& sums) {
  int32_t events = 0;
  int32_t saturated = 0;
  int32_t total = 0;
  float sum = 0.0F;
  float square_sum = 0.0F;
#pragma omp simd reduction(+ : events, saturated, total, sum, square_sum)
  for (int64_t i = 0; i < n; ++i) {
    const int32_t magnitude = levels[i] < 0 ? -levels[i] : levels[i];
    const int32_t fired = magnitude > 0 ? 1 : 0;
    events += is_rate ? magnitude : fired;
    saturated += magnitude == grid.top ? 1 : 0;
    total += magnitude;
    sum += a[i];
    square_sum += a[i] * a[i];
  }
  sums.at(chunk, kEvents, channel) += events;
  sums.at(chunk, kSaturated, channel) += saturated;
  sums.at(chunk, kMagnitude, channel) += total;
  sums.at(chunk, kSum, channel) += double{sum};
  sums.at(chunk, kSquareSum, channel) += double{square_sum};
}

template <CodecKind kKind, bool kSigned>
void forward_all(const EncodeArguments& arg, const EncodeTable& table, const EncodeConstants& grid,
                 const float* a, float* value, ForwardSums& sums) {
  for_each_chunk(arg.layout, arg.threads, [&](int64_t chunk, int64_t begin, int64_t end) {
    std::vector<int32_t> levels(static_cast<size_t>(kBlock));
    SpreadRows<kEncodeRowCount> spread;
    PixelForwardSums pixels(arg.layout.inner == 1 ? arg.layout.channels : 0);
    const int64_t span = pixel_span(arg.layout);
    for (int64_t at = begin; at < end; at += kBlock) {
      const int64_t stop = std::min(at + kBlock, end);
      const auto encode = [&](auto shared, int64_t offset, int64_t count, int64_t,
                              const float* const* rows) {
        forward_run<kKind, kSigned, shared>(count, rows, grid, a + at + offset, value + at + offset,
                                            levels.data() + offset);
      };
      walk_block(arg.layout, table, at, stop, spread, encode);
      if (arg.layout.inner == 1) {
        for_each_pixel(arg.layout, at, stop, [&](int64_t offset, int64_t count, int64_t channel) {
          pixels.add(count, a + at + offset, levels.data() + offset, grid.top,
                     kKind == CodecKind::kRate, channel);
        });
        if ((stop - begin) % span == 0 || stop == end) pixels.flush(chunk, sums);
        continue;
      }
      for_each_run(arg.layout, at, stop, [&](int64_t offset, int64_t count, int64_t channel) {
        add_run(count, a + at + offset, levels.data() + offset, grid, kKind == CodecKind::kRate,
                chunk, channel, sums);
      });
    }
  });
}

/// Per-element contributions of one run; terms [kBackwardSums][kBlock], written.
template <CodecKind kKind, bool kSigned, Surrogate kSurrogate, bool kShared>
void backward_run(int64_t n, const float* const* rows, const EncodeConstants& grid, const float* a,
                  const float* grad_value, float* grad_a, float* terms) {
  const EncodeConstants g = grid;
  const auto top = static_cast<float>(g.top);
  const float* const gain = rows[kGain];
  const float* const thresholds = rows[kThreshold];
  const float* const real_thresholds = rows[kRealThreshold];
  const float* const inverse_steps = rows[kInverseStep];
  const float* const scales = rows[kScale];
  const float* const jumps = rows[kJump];
  const float* const inverse_widths = rows[kInverseWidth];
  const float* const grad_events = rows[kGradEvents];
  const float* const grad_magnitudes = rows[kGradMagnitude];
  const float* const jump_levels = rows[kJumpLevel];
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const int64_t k = kShared ? 0 : i;
    const auto level =
        static_cast<float>(level_of<kKind, kSigned>(current_of(a[i], gain[k]), thresholds[k], g));
    const float x = a[i] * inverse_steps[k];
    const float size = kSigned ? std::fabs(x) : x;
    const float to_scale = grad_value[i] * scales[k];
    const float gm = kSigned && x < 0.0F ? -grad_magnitudes[k] : grad_magnitudes[k];
    const float gv = to_scale + gm;
    const float ge = grad_events[k];
    float to_a = 0.0F;
    float to_step = 0.0F;
    float to_threshold = 0.0F;
    if constexpr (kKind == CodecKind::kDense) {
      const float inside = size <= top && (kSigned || size >= 0.0F) ? 1.0F : 0.0F;
      to_a = gv * inside * inverse_steps[k];
      to_step = to_scale * level - gv * inside * x;
    } else if constexpr (kKind == CodecKind::kRate) {
      const float inside = size <= top && (kSigned || size >= 0.0F) ? 1.0F : 0.0F;
      const float event_sign = kSigned && x < 0.0F ? -ge : ge;
      const float drive = inside * (gv + event_sign);
      to_a = drive * inverse_steps[k];
      to_threshold = -drive * x;
    } else {
      const float fired = level != 0.0F ? 1.0F : 0.0F;
      const float inside = size >= 1.0F && size <= top ? fired : 0.0F;
      const float w = inverse_widths[k];
      const float up = surrogate_slope<kSurrogate>((a[i] - real_thresholds[k]) * w) * w;
      const float down =
          kSigned ? surrogate_slope<kSurrogate>((a[i] + real_thresholds[k]) * w) * w : 0.0F;
      // Odd in a: the value. Even: the event, and the level that it starts with.
      const float odd = grad_value[i] * jumps[k];
      const float even = ge + grad_magnitudes[k] * jump_levels[k];
      to_a = gv * inside * inverse_steps[k] + odd * (up + down) + even * (up - down);
      to_step = -gv * inside * x;
      to_threshold = -real_thresholds[k] * (odd * (up - down) + even * (up + down));
    }
    grad_a[i] = to_a;
    terms[kLogStep * kBlock + i] = to_step;
    terms[kLogThreshold * kBlock + i] = to_threshold;
    terms[kLogScale * kBlock + i] = to_scale * level;
  }
}

float sum_of(const float* values, int64_t n) {
  float sum = 0.0F;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += values[i];
  return sum;
}

template <CodecKind kKind, bool kSigned, Surrogate kSurrogate>
void backward_all(const EncodeArguments& arg, const EncodeTable& table, const EncodeConstants& grid,
                  const float* a, const float* grad_value, float* grad_a, BackwardSums& sums) {
  for_each_chunk(arg.layout, arg.threads, [&](int64_t chunk, int64_t begin, int64_t end) {
    std::vector<float> terms(static_cast<size_t>(kBackwardSums * kBlock));
    SpreadRows<kEncodeRowCount> spread;
    PixelBackwardSums pixels(arg.layout.inner == 1 ? arg.layout.channels : 0);
    const int64_t span = pixel_span(arg.layout);
    for (int64_t at = begin; at < end; at += kBlock) {
      const int64_t stop = std::min(at + kBlock, end);
      const auto differentiate = [&](auto shared, int64_t offset, int64_t count, int64_t,
                                     const float* const* rows) {
        backward_run<kKind, kSigned, kSurrogate, shared>(
            count, rows, grid, a + at + offset, grad_value + at + offset, grad_a + at + offset,
            terms.data() + offset);
      };
      walk_block(arg.layout, table, at, stop, spread, differentiate);
      if (arg.layout.inner == 1) {
        for_each_pixel(arg.layout, at, stop, [&](int64_t offset, int64_t count, int64_t channel) {
          pixels.add(count, terms.data() + offset, channel);
        });
        if ((stop - begin) % span == 0 || stop == end) pixels.flush(chunk, sums);
        continue;
      }
      for_each_run(arg.layout, at, stop, [&](int64_t offset, int64_t count, int64_t channel) {
        for (int row = 0; row < kBackwardSums; ++row) {
          sums.at(chunk, row, channel) +=
              double{sum_of(terms.data() + row * kBlock + offset, count)};
        }
      });
    }
  });
}

template <CodecKind kKind>
using KindConstant = std::integral_constant<CodecKind, kKind>;

/// f(kind, signed) as compile-time constants.
template <class F>
void dispatch(const codec::CodecSpec& spec, const F& f) {
  const auto with_kind = [&](auto kind) {
    if (spec.is_signed) {
      f(kind, std::true_type{});
    } else {
      f(kind, std::false_type{});
    }
  };
  switch (spec.kind) {
    case CodecKind::kDense:
      return with_kind(KindConstant<CodecKind::kDense>{});
    case CodecKind::kRate:
      return with_kind(KindConstant<CodecKind::kRate>{});
    case CodecKind::kGraded:
      return with_kind(KindConstant<CodecKind::kGraded>{});
    case CodecKind::kTtfs:
    case CodecKind::kTopk:
      break;
  }
  throw core::ContractViolation("the fused kernel knows dense, rate and graded");
}

void check(const EncodeArguments& a) {
  const auto channels = static_cast<size_t>(a.layout.channels);
  RANVIER_CONTRACT(a.params->channels.size() == channels && a.scales->size() == channels,
                   "every channel has its parameters");
  for (const codec::ChannelParams& channel : a.params->channels) {
    RANVIER_CONTRACT(channel.leak_shift == 0, "the closed form has no leak");
  }
}

std::vector<double> take_row(const std::vector<double>& table, int row, int64_t channels) {
  return {table.begin() + row * channels, table.begin() + (row + 1) * channels};
}

std::vector<int64_t> to_integers(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

EncodeConstants make_encode_constants(const codec::BoundaryParams& p) {
  return {p.current_frac_bits,
          half_of(p.current_frac_bits),
          top_level(p.spec),
          p.spec.steps,
          p.decode_shift,
          half_of(p.decode_shift),
          std::ldexp(1.0F, -p.value_frac_bits)};
}

EncodeTable make_encode_table(const EncodeArguments& a, const EncodeConstants& grid,
                              const EncodeUpstream& upstream) {
  const bool is_rate = a.params->spec.kind == CodecKind::kRate;
  EncodeTable table(a.layout.channels);
  for (int64_t c = 0; c < a.layout.channels; ++c) {
    const codec::ChannelParams& integer = a.params->channels[static_cast<size_t>(c)];
    const ChannelScales& real = (*a.scales)[static_cast<size_t>(c)];
    const float threshold = static_cast<float>(integer.threshold);
    const float step = std::ldexp(1.0F, grid.shift) / real.gain;
    const int32_t first = (integer.threshold + grid.half) >> grid.shift;
    table.row(kGain)[c] = real.gain;
    table.row(kThreshold)[c] = threshold;
    table.row(kMultiplier)[c] = static_cast<float>(integer.decode_multiplier);
    table.row(kRealThreshold)[c] = threshold / real.gain;
    table.row(kInverseStep)[c] =
        is_rate ? static_cast<float>(grid.steps) * real.gain / threshold : 1.0F / step;
    table.row(kScale)[c] = real.scale;
    table.row(kJumpLevel)[c] = static_cast<float>(std::clamp(first, 1, grid.top));
    table.row(kJump)[c] = table.row(kJumpLevel)[c] * real.scale;
    table.row(kInverseWidth)[c] = 1.0F / real.surrogate;
    table.row(kGradEvents)[c] = upstream.events != nullptr ? upstream.events[c] : 0.0F;
    table.row(kGradMagnitude)[c] = upstream.magnitude != nullptr ? upstream.magnitude[c] : 0.0F;
  }
  return table;
}

int32_t top_level(const codec::CodecSpec& spec) {
  switch (spec.kind) {
    case CodecKind::kDense:
      return (1 << std::min(spec.is_signed ? spec.bits - 1 : spec.bits, 15)) - 1;
    case CodecKind::kRate:
      return spec.steps;
    case CodecKind::kGraded:
    case CodecKind::kTopk:
      return 1 << spec.bits;
    case CodecKind::kTtfs:
      return spec.window;
  }
  throw core::ContractViolation("every codec has a largest level");
}

EncodeTotals encode_forward(const EncodeArguments& arg, const float* a, float* value) {
  check(arg);
  const EncodeConstants grid = make_encode_constants(*arg.params);
  const EncodeTable table = make_encode_table(arg, grid, {});
  ForwardSums sums(arg.layout.channels);
  dispatch(arg.params->spec, [&](auto kind, auto is_signed) {
    forward_all<kind, is_signed>(arg, table, grid, a, value, sums);
  });
  std::vector<double> total(static_cast<size_t>(kForwardSums * arg.layout.channels));
  sums.reduce(total.data());
  const int64_t channels = arg.layout.channels;
  return {to_integers(take_row(total, kEvents, channels)),
          to_integers(take_row(total, kSaturated, channels)),
          to_integers(take_row(total, kMagnitude, channels)), take_row(total, kSum, channels),
          take_row(total, kSquareSum, channels)};
}

EncodeGradients encode_backward(const EncodeArguments& arg, const float* a,
                                const EncodeUpstream& upstream, float* grad_a) {
  check(arg);
  const EncodeConstants grid = make_encode_constants(*arg.params);
  const EncodeTable table = make_encode_table(arg, grid, upstream);
  BackwardSums sums(arg.layout.channels);
  dispatch_surrogate(arg.surrogate, [&](auto surrogate) {
    dispatch(arg.params->spec, [&](auto kind, auto is_signed) {
      backward_all<kind, is_signed, surrogate>(arg, table, grid, a, upstream.value, grad_a, sums);
    });
  });
  std::vector<double> total(static_cast<size_t>(kBackwardSums * arg.layout.channels));
  sums.reduce(total.data());
  const int64_t channels = arg.layout.channels;
  return {take_row(total, kLogStep, channels), take_row(total, kLogThreshold, channels),
          take_row(total, kLogScale, channels)};
}

void encode_currents(const EncodeArguments& arg, const float* a, int16_t* current) {
  for_each_chunk(arg.layout, arg.threads, [&](int64_t, int64_t begin, int64_t end) {
    for_each_run(arg.layout, begin, end, [&](int64_t offset, int64_t count, int64_t channel) {
      const float gain = (*arg.scales)[static_cast<size_t>(channel)].gain;
      const float* from = a + begin + offset;
      int16_t* to = current + begin + offset;
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) to[i] = static_cast<int16_t>(current_of(from[i], gain));
    });
  });
}

}  // namespace ranvier::train
