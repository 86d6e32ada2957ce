#include "ranvier/train/kernels/encode.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/train/kernels/grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace ranvier::train {
namespace {

constexpr int64_t kChannels = 3;

std::vector<codec::CodecSpec> all_specs() {
  std::vector<codec::CodecSpec> specs;
  for (const char* text :
       {"dense(4)", "dense(8)", "dense(16)", "dense(4,signed)", "graded(0)", "graded(3)",
        "graded(8)", "graded(3,signed)", "rate(1)", "rate(8)", "rate(64)", "rate(4,signed)"}) {
    specs.push_back(codec::parse_codec(text, "codec"));
  }
  return specs;
}

/// A codec whose range ends near 1, with a threshold above the first level.
LearnedChannels learned_for(const codec::CodecSpec& spec) {
  LearnedChannels learned;
  const double step = 1.0 / top_level(spec);
  for (int64_t c = 0; c < kChannels; ++c) {
    const double factor = 1.0 + 0.3 * static_cast<double>(c);
    learned.step.push_back(step * factor);
    learned.threshold.push_back(spec.kind == codec::CodecKind::kRate ? factor : 0.27 * factor);
    learned.scale.push_back(step * factor * 1.1);
    learned.beta.push_back(1.0);
  }
  return learned;
}

struct Problem {
  Grid grid;
  ChannelLayout layout;
  std::vector<float> a;
  int threads = 1;

  Problem(const codec::CodecSpec& spec, const LearnedChannels& learned, int64_t inner, float low,
          float high)
      : grid(project(spec, learned)), layout{kChannels * inner, kChannels, inner} {
    for (ChannelScales& channel : grid.scales) channel.surrogate = 0.05F;
    for (int64_t c = 0; c < kChannels; ++c) {
      for (int64_t i = 0; i < inner; ++i) {
        a.push_back(low +
                    (high - low) * (static_cast<float>(i) + 0.5F) / static_cast<float>(inner));
      }
    }
  }

  EncodeArguments arguments() const {
    return {layout, &grid.params, &grid.scales, Surrogate::kTriangle, threads};
  }
};

TEST(EncodeKernel, ValuesAreThoseOfTheIntegerCodec) {
  for (const codec::CodecSpec& spec : all_specs()) {
    const Problem problem(spec, learned_for(spec), 5000, -2.0F, 2.5F);
    std::vector<float> value(problem.a.size());
    const EncodeTotals totals = encode_forward(problem.arguments(), problem.a.data(), value.data());
    std::vector<int16_t> current(problem.a.size());
    encode_currents(problem.arguments(), problem.a.data(), current.data());
    std::vector<uint16_t> channel;
    for (size_t e = 0; e < current.size(); ++e) channel.push_back(static_cast<uint16_t>(e / 5000));
    const auto coder = codec::make_codec(problem.grid.params);
    const codec::Frame frame = coder->encode(current, channel);
    const std::vector<int32_t> expected = coder->decode(frame, channel);
    for (size_t e = 0; e < value.size(); ++e) {
      ASSERT_EQ(value[e],
                std::ldexp(static_cast<float>(expected[e]), -problem.grid.params.value_frac_bits))
          << to_string(spec) << " a " << problem.a[e];
    }
    EXPECT_EQ(std::accumulate(totals.events.begin(), totals.events.end(), int64_t{0}),
              frame.events())
        << to_string(spec);
  }
}

TEST(EncodeKernel, CurrentsRoundHalfToEvenAndSaturate) {
  EXPECT_EQ(current_of(0.5F, 1.0F), 0);
  EXPECT_EQ(current_of(1.5F, 1.0F), 2);
  EXPECT_EQ(current_of(-2.5F, 1.0F), -2);
  EXPECT_EQ(current_of(1e9F, 1.0F), 32767);
  EXPECT_EQ(current_of(-1e9F, 1.0F), -32768);
}

/// Mean value and mean events over a fine, even spread of activations: smooth in the parameters.
struct Means {
  double value = 0.0;
  double events = 0.0;
};

Means means_of(const codec::CodecSpec& spec, const LearnedChannels& learned) {
  const Problem problem(spec, learned, 40000, -1.0F, 3.0F);
  std::vector<float> value(problem.a.size());
  const EncodeTotals totals = encode_forward(problem.arguments(), problem.a.data(), value.data());
  Means means;
  for (size_t e = 0; e < value.size(); ++e) {
    // Odd in a signed code: weigh by the sign, so that both halves count.
    means.value += value[e] * (problem.a[e] < 0.0F ? -1.0 : 1.0);
  }
  for (const int64_t n : totals.events) means.events += static_cast<double>(n);
  return means;
}

/// Sum over channels of the analytic gradients of the same two sums.
EncodeGradients gradients_of(const codec::CodecSpec& spec, const LearnedChannels& learned,
                             float value_weight, float event_weight, double* to_a = nullptr) {
  const Problem problem(spec, learned, 40000, -1.0F, 3.0F);
  std::vector<float> grad_value, grad_a(problem.a.size());
  for (const float a : problem.a) grad_value.push_back(a < 0.0F ? -value_weight : value_weight);
  const std::vector<float> grad_events(kChannels, event_weight);
  EncodeGradients g =
      encode_backward(problem.arguments(), problem.a.data(),
                      {grad_value.data(), grad_events.data(), nullptr}, grad_a.data());
  if (to_a != nullptr) *to_a = std::accumulate(grad_a.begin(), grad_a.end(), 0.0);
  return g;
}

double total(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// d means / d log(parameter of every channel), by central differences over several levels.
Means slope_of(const codec::CodecSpec& spec, std::vector<double> LearnedChannels::*parameter) {
  constexpr double kStep = 0.05;
  LearnedChannels up = learned_for(spec);
  LearnedChannels down = up;
  for (double& v : up.*parameter) v *= std::exp(kStep);
  for (double& v : down.*parameter) v *= std::exp(-kStep);
  if (spec.kind == codec::CodecKind::kDense && parameter == &LearnedChannels::step) {
    up.scale = up.step;  // tied
    down.scale = down.step;
  }
  const Means high = means_of(spec, up);
  const Means low = means_of(spec, down);
  return {(high.value - low.value) / (2 * kStep), (high.events - low.events) / (2 * kStep)};
}

void expect_close(double given, double expected, double scale, const std::string& what) {
  EXPECT_NEAR(given, expected, 0.03 * std::abs(expected) + 0.01 * scale) << what;
}

TEST(EncodeKernel, GradientsAreTheSlopesOfTheMeanValue) {
  for (const char* text :
       {"graded(3)", "graded(5,signed)", "graded(0)", "rate(8)", "rate(4,signed)"}) {
    const codec::CodecSpec spec = codec::parse_codec(text, "codec");
    const double scale = means_of(spec, learned_for(spec)).value;
    const EncodeGradients g = gradients_of(spec, learned_for(spec), 1.0F, 0.0F);
    const std::string name = text;
    expect_close(total(g.log_threshold), slope_of(spec, &LearnedChannels::threshold).value, scale,
                 name + " threshold");
    expect_close(total(g.log_scale), slope_of(spec, &LearnedChannels::scale).value, scale,
                 name + " scale");
    if (spec.kind == codec::CodecKind::kGraded) {
      expect_close(total(g.log_step), slope_of(spec, &LearnedChannels::step).value, scale,
                   name + " step");
    }
  }
}

TEST(EncodeKernel, GradientsAreTheSlopesOfTheEvents) {
  for (const char* text : {"graded(3)", "graded(3,signed)", "rate(8)", "rate(4,signed)"}) {
    const codec::CodecSpec spec = codec::parse_codec(text, "codec");
    const double scale = means_of(spec, learned_for(spec)).events;
    const EncodeGradients g = gradients_of(spec, learned_for(spec), 0.0F, 1.0F);
    expect_close(total(g.log_threshold), slope_of(spec, &LearnedChannels::threshold).events, scale,
                 text);
  }
}

TEST(EncodeKernel, GradientsAreTheSlopesOfTheMagnitude) {
  // The magnitude is the value in units of the scale: its slopes are those of a value of scale 1.
  for (const char* text : {"graded(3)", "graded(5,signed)", "rate(8)"}) {
    const codec::CodecSpec spec = codec::parse_codec(text, "codec");
    LearnedChannels learned = learned_for(spec);
    learned.scale.assign(learned.scale.size(), 1.0);
    const Problem problem(spec, learned, 40000, -1.0F, 3.0F);
    const std::vector<float> zero(problem.a.size(), 0.0F);
    const std::vector<float> one(kChannels, 1.0F);
    std::vector<float> grad_a(problem.a.size());
    const EncodeGradients g = encode_backward(problem.arguments(), problem.a.data(),
                                              {zero.data(), nullptr, one.data()}, grad_a.data());
    const EncodeGradients v = gradients_of(spec, learned, 1.0F, 0.0F);
    EXPECT_NEAR(total(g.log_threshold), total(v.log_threshold),
                1e-3 * std::abs(total(v.log_threshold)))
        << text;
    EXPECT_NEAR(total(g.log_step), total(v.log_step), 1e-3 * std::abs(total(v.log_step))) << text;
    EXPECT_EQ(total(g.log_scale), 0.0) << text;
  }
}

TEST(EncodeKernel, DenseStepsLearnAsTheMeanValueMoves) {
  const codec::CodecSpec spec = codec::parse_codec("dense(4)", "codec");
  LearnedChannels tied = learned_for(spec);
  tied.scale = tied.step;
  const EncodeGradients g = gradients_of(spec, tied, 1.0F, 0.0F);
  expect_close(total(g.log_step), slope_of(spec, &LearnedChannels::step).value,
               means_of(spec, tied).value, "dense step");
}

TEST(EncodeKernel, TheGradientOfTheActivationIntegratesToTheRangeOfValues) {
  for (const char* text : {"graded(3)", "graded(0)", "graded(6)", "rate(8)", "dense(8)"}) {
    const codec::CodecSpec spec = codec::parse_codec(text, "codec");
    LearnedChannels learned = learned_for(spec);
    if (spec.kind == codec::CodecKind::kDense) learned.scale = learned.step;
    double sum = 0.0;
    gradients_of(spec, learned, 1.0F, 0.0F, &sum);
    // value_weight is -1 below 0, where the surrogate has no support here.
    double range = 0.0;
    for (const double s : learned.scale) range += s * top_level(spec);
    EXPECT_NEAR(sum * 4.0 / 40000.0, range, 0.02 * range) << text;
  }
}

TEST(EncodeKernel, HasTheSameBitsForAnyNumberOfThreads) {
  const codec::CodecSpec spec = codec::parse_codec("graded(3)", "codec");
  Problem problem(spec, learned_for(spec), 30001, -1.0F, 2.0F);
  std::vector<float> value(problem.a.size()), grad_a(problem.a.size());
  const std::vector<float> grad_events(kChannels, 0.1F);
  encode_forward(problem.arguments(), problem.a.data(), value.data());
  const auto run = [&] {
    return encode_backward(problem.arguments(), problem.a.data(),
                           {value.data(), grad_events.data(), grad_events.data()}, grad_a.data());
  };
  const EncodeGradients one = run();
  for (const int threads : {2, 5}) {
    problem.threads = threads;
    const EncodeGradients many = run();
    EXPECT_EQ(one.log_step, many.log_step);
    EXPECT_EQ(one.log_threshold, many.log_threshold);
    EXPECT_EQ(one.log_scale, many.log_scale);
  }
}

/// One tensor in both layouts: 60 samples of 8 x 8, `channels` channels.
struct TwoLayouts {
  static constexpr int64_t kSamples = 60;
  static constexpr int64_t kInner = 64;
  int64_t channels;
  std::vector<float> planes, pixels;

  explicit TwoLayouts(int64_t channels_in) : channels(channels_in) {
    core::Rng rng(3);
    planes.resize(static_cast<size_t>(kSamples * channels * kInner));
    for (float& v : planes) v = static_cast<float>(rng.uniform() * 3.0 - 1.0);
    pixels.resize(planes.size());
    for_all([&](size_t plane, size_t pixel) { pixels[pixel] = planes[plane]; });
  }

  /// f(index in planes, index in pixels) for every value.
  template <class F>
  void for_all(const F& f) const {
    for (int64_t n = 0; n < kSamples; ++n) {
      for (int64_t c = 0; c < channels; ++c) {
        for (int64_t i = 0; i < kInner; ++i) {
          f(static_cast<size_t>((n * channels + c) * kInner + i),
            static_cast<size_t>((n * kInner + i) * channels + c));
        }
      }
    }
  }
};

void expect_near_all(const std::vector<double>& given, const std::vector<double>& expected) {
  ASSERT_EQ(given.size(), expected.size());
  for (size_t c = 0; c < given.size(); ++c) {
    EXPECT_NEAR(given[c], expected[c], 1e-5 * (1.0 + std::abs(expected[c]))) << c;
  }
}

TEST(EncodeKernel, ChannelsLastIsTheSameFunction) {
  // 16 channels divide a block, 40 do not, 1500 are more than a block.
  for (const int64_t channels : {int64_t{1}, int64_t{16}, int64_t{40}, int64_t{1500}}) {
    const TwoLayouts both(channels);
    for (const char* text : {"dense(4)", "graded(3,signed)", "rate(4)"}) {
      const codec::CodecSpec spec = codec::parse_codec(text, "codec");
      LearnedChannels learned;
      for (int64_t c = 0; c < channels; ++c) {
        const double factor = 1.0 + 0.01 * static_cast<double>(c % 70);
        learned.step.push_back(factor / top_level(spec));
        learned.threshold.push_back(spec.kind == codec::CodecKind::kRate ? factor : 0.27 * factor);
        learned.scale.push_back(factor / top_level(spec));
        learned.beta.push_back(1.0);
      }
      const Grid grid = project(spec, learned);
      const auto size = static_cast<int64_t>(both.planes.size());
      const auto arguments = [&](int64_t inner) {
        return EncodeArguments{
            {size, channels, inner}, &grid.params, &grid.scales, Surrogate::kTriangle, 1};
      };
      std::vector<float> plane_value(both.planes.size()), pixel_value(both.planes.size());
      const auto planes =
          encode_forward(arguments(TwoLayouts::kInner), both.planes.data(), plane_value.data());
      const auto pixels = encode_forward(arguments(1), both.pixels.data(), pixel_value.data());
      both.for_all([&](size_t plane, size_t pixel) {
        ASSERT_EQ(plane_value[plane], pixel_value[pixel]) << text << " " << channels;
      });
      EXPECT_EQ(pixels.events, planes.events);
      EXPECT_EQ(pixels.saturated, planes.saturated);
      EXPECT_EQ(pixels.magnitude, planes.magnitude);
      expect_near_all(pixels.sum, planes.sum);
      expect_near_all(pixels.square_sum, planes.square_sum);
      std::vector<float> row(static_cast<size_t>(channels));
      for (size_t c = 0; c < row.size(); ++c) row[c] = 0.01F * static_cast<float>(c % 7);
      std::vector<float> plane_grad(both.planes.size()), pixel_grad(both.planes.size());
      const auto of_planes =
          encode_backward(arguments(TwoLayouts::kInner), both.planes.data(),
                          {plane_value.data(), row.data(), row.data()}, plane_grad.data());
      const auto of_pixels =
          encode_backward(arguments(1), both.pixels.data(),
                          {pixel_value.data(), row.data(), row.data()}, pixel_grad.data());
      both.for_all([&](size_t plane, size_t pixel) {
        ASSERT_EQ(plane_grad[plane], pixel_grad[pixel]) << text << " " << channels;
      });
      expect_near_all(of_pixels.log_step, of_planes.log_step);
      expect_near_all(of_pixels.log_threshold, of_planes.log_threshold);
      expect_near_all(of_pixels.log_scale, of_planes.log_scale);
    }
  }
}

TEST(EncodeKernel, RefusesALeak) {
  const codec::CodecSpec spec = codec::parse_codec("rate(4)", "codec");
  Problem problem(spec, learned_for(spec), 10, -1.0F, 1.0F);
  problem.grid.params.channels[1].leak_shift = 3;
  std::vector<float> value(problem.a.size());
  EXPECT_THROW(encode_forward(problem.arguments(), problem.a.data(), value.data()),
               core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::train
