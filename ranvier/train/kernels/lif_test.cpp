#include "ranvier/train/kernels/lif.hpp"

#include "ranvier/codec/codec.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/train/kernels/memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace ranvier::train {
namespace {

std::vector<float> random_values(int64_t count, float low, float high, uint64_t seed) {
  core::Rng rng(seed);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& v : values) v = low + (high - low) * static_cast<float>(rng.uniform());
  return values;
}

/// Integer currents held for all steps: the neurons of a rate encoder.
struct Encoder {
  codec::BoundaryParams params;
  std::vector<int16_t> current;
  std::vector<uint16_t> channel;
  int64_t inner = 40;

  Encoder(int steps, bool is_signed, bool leaks, int64_t channels = 6, int64_t samples = 30) {
    params.spec = {codec::CodecKind::kRate, 4, steps, is_signed};
    core::Rng rng(static_cast<uint64_t>(steps) + (is_signed ? 100 : 0));
    for (int64_t c = 0; c < channels; ++c) {
      codec::ChannelParams p;
      p.threshold = 2 * static_cast<int32_t>(1 + rng.below(2000));
      p.leak_shift = static_cast<int8_t>(leaks ? 1 + c : 0);
      params.channels.push_back(p);
    }
    for (int64_t e = 0; e < samples * channels * inner; ++e) {
      channel.push_back(static_cast<uint16_t>(e / inner % channels));
      current.push_back(static_cast<int16_t>(static_cast<int64_t>(rng.below(8001)) - 3000));
    }
  }

  /// Spikes [T][elements] of the float kernel on the same integers.
  std::vector<int8_t> kernel_spikes() const {
    const auto channels = static_cast<int64_t>(params.channels.size());
    std::vector<float> gain(params.channels.size(), 1.0F), theta, beta;
    for (const codec::ChannelParams& p : params.channels) {
      theta.push_back(static_cast<float>(p.threshold));
      beta.push_back(p.leak_shift > 0 ? 1.0F - std::ldexp(1.0F, -p.leak_shift) : 1.0F);
    }
    LifArguments a;
    a.steps = params.spec.steps;
    a.layout = {static_cast<int64_t>(current.size()), channels, inner};
    a.options.is_signed = a.options.centred = params.spec.is_signed;
    a.options.start_half = !params.spec.is_signed;
    a.options.decayed_reset = a.options.integer_leak = true;
    a.inverse_gain = gain.data();
    a.theta = theta.data();
    a.beta = beta.data();
    std::vector<float> x;
    for (int t = 0; t < params.spec.steps; ++t) x.insert(x.end(), current.begin(), current.end());
    std::vector<int8_t> spikes(x.size());
    lif_forward(a, x.data(), spikes.data());
    return spikes;
  }
};

TEST(LifKernel, SpikesAreThoseOfTheIntegerCodec) {
  for (const bool is_signed : {false, true}) {
    for (const bool leaks : {false, true}) {
      for (const int steps : {1, 4, 8}) {
        const Encoder encoder(steps, is_signed, leaks);
        const auto frame =
            codec::make_codec(encoder.params)->encode(encoder.current, encoder.channel);
        const std::vector<int8_t> spikes = encoder.kernel_spikes();
        EXPECT_TRUE(
            std::equal(spikes.begin(), spikes.end(), frame.symbols.begin(), frame.symbols.end()))
            << steps << is_signed << leaks;
      }
    }
  }
}

TEST(LifKernel, CountsAreTheClosedFormAtConstantInput) {
  for (const bool is_signed : {false, true}) {
    const Encoder encoder(8, is_signed, false);
    const std::vector<int8_t> spikes = encoder.kernel_spikes();
    const size_t elements = encoder.current.size();
    for (size_t e = 0; e < elements; ++e) {
      const int64_t theta = encoder.params.channels[encoder.channel[e]].threshold;
      const int64_t i = encoder.current[e];
      const int64_t drive = i < 0 ? (is_signed ? -i : 0) : i;
      const int64_t size = std::min<int64_t>((theta / 2 + 8 * drive) / theta, 8);
      int64_t count = 0;
      for (size_t t = 0; t < 8; ++t) count += spikes[t * elements + e];
      ASSERT_EQ(count, i < 0 ? -size : size) << i << " / " << theta;
    }
  }
}

/// A random time-varying problem.
struct LifProblem {
  int64_t steps = 5, samples = 7, channels = 12, inner = 36;
  std::vector<float> x, grad, gain, theta, beta;
  LifOptions options;
  int threads = 1;

  LifProblem() {
    const int64_t size = steps * samples * channels * inner;
    x = random_values(size, -0.5F, 1.0F, 1);
    grad = random_values(size, -1.0F, 1.0F, 2);
    gain = random_values(channels, 0.5F, 2.0F, 3);
    theta = random_values(channels, 0.5F, 1.5F, 4);
    beta = random_values(channels, 0.5F, 1.0F, 5);
    options.is_signed = true;
    options.detach_reset = false;
  }

  LifArguments arguments() const {
    return {steps,        {samples * channels * inner, channels, inner},
            options,      gain.data(),
            theta.data(), beta.data(),
            threads};
  }

  struct Result {
    std::vector<float> spikes, grad_x;
    std::vector<double> sums;
    bool operator==(const Result&) const = default;
  };

  Result run(int64_t layout_inner) const {
    LifArguments a = arguments();
    a.layout.inner = layout_inner;
    Result r{std::vector<float>(x.size()), std::vector<float>(x.size()),
             std::vector<double>(static_cast<size_t>(3 * channels))};
    lif_forward(a, x.data(), r.spikes.data());
    lif_backward(a, x.data(), grad.data(), r.grad_x.data(), r.sums.data());
    return r;
  }

  /// NCHW <-> NHWC of every step.
  std::vector<float> permuted(const std::vector<float>& from, bool to_last) const {
    std::vector<float> out(from.size());
    for (int64_t n = 0; n < steps * samples; ++n) {
      for (int64_t c = 0; c < channels; ++c) {
        for (int64_t i = 0; i < inner; ++i) {
          const auto first = static_cast<size_t>((n * channels + c) * inner + i);
          const auto last = static_cast<size_t>((n * inner + i) * channels + c);
          out[to_last ? last : first] = from[to_last ? first : last];
        }
      }
    }
    return out;
  }
};

TEST(LifKernel, HasTheSameBitsForAnyNumberOfThreads) {
  LifProblem problem;
  const LifProblem::Result one = problem.run(problem.inner);
  for (const int threads : {2, 3, 7}) {
    problem.threads = threads;
    EXPECT_TRUE(problem.run(problem.inner) == one) << threads;
  }
}

TEST(LifKernel, ChannelsLastIsTheSameFunction) {
  const LifProblem problem;
  LifProblem last = problem;
  last.x = problem.permuted(problem.x, true);
  last.grad = problem.permuted(problem.grad, true);
  const LifProblem::Result expected = problem.run(problem.inner);
  const LifProblem::Result given = last.run(1);
  EXPECT_EQ(problem.permuted(given.spikes, false), expected.spikes);
  EXPECT_EQ(problem.permuted(given.grad_x, false), expected.grad_x);
  for (size_t i = 0; i < expected.sums.size(); ++i) {
    EXPECT_NEAR(given.sums[i], expected.sums[i], 1e-3 * (1.0 + std::abs(expected.sums[i])));
  }
}

TEST(LifKernel, ByteSpikesAreTheFloatSpikes) {
  const LifProblem problem;
  std::vector<int8_t> bytes(problem.x.size());
  lif_forward(problem.arguments(), problem.x.data(), bytes.data());
  const std::vector<float> floats = problem.run(problem.inner).spikes;
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), floats.begin(), floats.end()));
  EXPECT_NE(std::count(bytes.begin(), bytes.end(), -1), 0);
}

/// One step over `size` values from `from` on.
void run_part(const LifProblem& problem, const std::vector<float>& x, int64_t from, int64_t size,
              float* spikes, float* grad_x) {
  LifArguments a = problem.arguments();
  a.steps = 1;
  a.layout.size = size;
  std::vector<double> sums(static_cast<size_t>(3 * problem.channels));
  lif_forward(a, x.data() + from, spikes + from);
  lif_backward(a, x.data() + from, x.data() + from, grad_x + from, sums.data());
}

TEST(LifKernel, ResultsWrittenPastTheCachesAreTheSame) {
  // Runs of whole cache lines, runs that end within one, parameters spread out.
  for (const int64_t inner : {48, 49, 1}) {
    LifProblem problem;
    problem.options.is_signed = false;
    problem.inner = inner;
    const int64_t samples = kStreamedValues / (2 * problem.channels * inner) + 1;
    const int64_t half = (samples + 16 - samples % 16) * problem.channels * inner;
    const std::vector<float> x = random_values(2 * half, -0.5F, 2.0F, 6);
    ASSERT_GE(2 * half, kStreamedValues);
    ASSERT_LT(half, kStreamedValues);
    const AlignedRow<float> spikes(2 * half), grad_x(2 * half);
    run_part(problem, x, 0, 2 * half, spikes.data(), grad_x.data());
    std::vector<float> spikes_of_halves(x.size()), grad_x_of_halves(x.size());
    run_part(problem, x, 0, half, spikes_of_halves.data(), grad_x_of_halves.data());
    run_part(problem, x, half, half, spikes_of_halves.data(), grad_x_of_halves.data());
    EXPECT_TRUE(std::equal(spikes_of_halves.begin(), spikes_of_halves.end(), spikes.data()));
    EXPECT_TRUE(std::equal(grad_x_of_halves.begin(), grad_x_of_halves.end(), grad_x.data()));
    EXPECT_GT(std::count(spikes.data(), spikes.data() + 2 * half, 1.0F), 0);
  }
}

TEST(LifKernel, RefusesOptionsThatExcludeEachOther) {
  LifProblem problem;
  problem.options.centred = true;
  problem.options.is_signed = false;
  EXPECT_THROW(problem.run(1), core::ContractViolation);
  problem.options = {};
  problem.options.integer_leak = true;
  EXPECT_THROW(problem.run(1), core::ContractViolation);
  problem.options = {};
  problem.steps = 0;
  EXPECT_THROW(problem.run(1), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::train
