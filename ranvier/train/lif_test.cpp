#include "ranvier/train/lif.hpp"

#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ranvier::train {
namespace {

using torch::Tensor;

constexpr Surrogate kAll[] = {Surrogate::kArctan, Surrogate::kFastSigmoid, Surrogate::kTriangle,
                              Surrogate::kSigmoid};

/// A random, time-varying problem on [T, N, C, H, W].
struct Problem {
  Tensor x, grad, gain, theta, beta;

  explicit Problem(int64_t width = 7) {
    torch::manual_seed(11);
    x = torch::rand({6, 3, 5, 8, width}) * 2.0 - 0.6;
    grad = torch::randn_like(x);
    gain = torch::rand({5}) + 0.5;
    theta = torch::rand({5}) + 0.5;
    beta = torch::rand({5}) * 0.5 + 0.5;
  }

  struct Result {
    Tensor spikes;
    std::vector<Tensor> grads;  // x, gain, theta, beta
  };

  template <class F>
  Result run(const F& lif, torch::ScalarType type, const LifOptions& options) const {
    std::vector<Tensor> leaves;
    for (const Tensor& t : {x, gain, theta, beta}) {
      leaves.push_back(t.detach().to(type).clone(torch::MemoryFormat::Preserve));
      leaves.back().set_requires_grad(true);
    }
    Result result;
    result.spikes = lif(leaves[0], leaves[1], leaves[2], leaves[3], options);
    result.spikes.backward(grad.to(type));
    for (const Tensor& leaf : leaves) result.grads.push_back(leaf.grad());
    return result;
  }
};

std::vector<LifOptions> variants() {
  std::vector<LifOptions> all;
  for (const bool is_signed : {false, true}) {
    for (const bool detach : {false, true}) {
      for (const bool decayed : {false, true}) {
        LifOptions o;
        o.is_signed = is_signed;
        o.detach_reset = detach;
        o.decayed_reset = decayed;
        o.start_half = !is_signed && detach;
        o.centred = is_signed && decayed;
        o.surrogate_width = 0.8;
        all.push_back(o);
      }
    }
  }
  return all;
}

void expect_equal_gradients(const Problem::Result& given, const Problem::Result& expected,
                            const std::string& what) {
  const char* const names[] = {"x", "gain", "theta", "beta"};
  for (size_t i = 0; i < 4; ++i) {
    const Tensor reference = expected.grads[i];
    const double scale = reference.abs().max().item<double>();
    const double error =
        (given.grads[i].to(torch::kFloat64) - reference).abs().max().item<double>();
    EXPECT_GT(scale, 0.0) << what << " " << names[i];
    EXPECT_LE(error, 2e-5 * scale) << what << " " << names[i];
  }
}

TEST(FusedLif, GradientsAreThoseOfPlainAutogradInDoublePrecision) {
  const Problem problem;
  for (const Surrogate surrogate : kAll) {
    for (LifOptions options : variants()) {
      options.surrogate = surrogate;
      const auto fused = problem.run(fused_lif, torch::kFloat32, options);
      const auto reference = problem.run(reference_lif, torch::kFloat64, options);
      // A spike that differs by rounding would make gradients differ by much more than rounding.
      ASSERT_TRUE(fused.spikes.to(torch::kFloat64).equal(reference.spikes));
      expect_equal_gradients(fused, reference,
                             std::string(to_string(surrogate)) +
                                 (options.is_signed ? " signed" : "") +
                                 (options.detach_reset ? " detached" : "") +
                                 (options.decayed_reset ? " decayed" : ""));
    }
  }
}

TEST(FusedLif, SpikesHaveTheBitsOfTheReference) {
  torch::manual_seed(3);
  const Tensor x = torch::randn({8, 4, 6, 16, 16});
  const Tensor gain = torch::rand({6}) + 0.5;
  const Tensor theta = torch::rand({6}) + 0.2;
  const Tensor beta = torch::rand({6});
  for (const LifOptions& options : variants()) {
    const Tensor fused = fused_lif(x, gain, theta, beta, options);
    EXPECT_TRUE(fused.equal(reference_lif(x, gain, theta, beta, options)));
    EXPECT_GT(fused.abs().sum().item<double>(), 0.0);
  }
}

TEST(FusedLif, ReadsChannelsLastMemoryInPlace) {
  Problem problem(8);
  const auto expected = problem.run(reference_lif, torch::kFloat64, LifOptions{});
  problem.x = problem.x.permute({0, 1, 3, 4, 2}).contiguous().permute({0, 1, 4, 2, 3});
  const auto given = problem.run(fused_lif, torch::kFloat32, LifOptions{});
  EXPECT_EQ(given.spikes.strides(), problem.x.strides());
  EXPECT_TRUE(given.spikes.to(torch::kFloat64).equal(expected.spikes));
  expect_equal_gradients(given, expected, "channels-last");
}

TEST(FusedLif, IsTheSameByThreads) {
  const auto by_threads = [](const Tensor& x, const Tensor& gain, const Tensor& theta,
                             const Tensor& beta, const LifOptions& options) {
    return fused_lif_by(KernelRunner::kThreads, x, gain, theta, beta, options);
  };
  Problem last(8);
  last.x = last.x.permute({0, 1, 3, 4, 2}).contiguous().permute({0, 1, 4, 2, 3});
  for (const Problem& problem : {Problem(), last}) {
    for (const LifOptions& options : variants()) {
      const auto expected = problem.run(fused_lif, torch::kFloat32, options);
      const auto given = problem.run(by_threads, torch::kFloat32, options);
      EXPECT_TRUE(given.spikes.equal(expected.spikes));
      EXPECT_TRUE(given.grads[0].equal(expected.grads[0]));
      for (size_t i = 1; i < 4; ++i) {
        EXPECT_TRUE(torch::allclose(given.grads[i], expected.grads[i], 1e-4, 1e-4)) << i;
      }
    }
  }
}

TEST(FusedLif, SharesOneParameterBetweenChannels) {
  const Problem problem;
  const Tensor one = torch::full({1}, 0.9).set_requires_grad(true);
  const Tensor spikes = fused_lif(problem.x, torch::ones({1}), one, torch::ones({1}));
  spikes.backward(problem.grad);
  EXPECT_EQ(one.grad().numel(), 1);
  EXPECT_TRUE(spikes.equal(
      fused_lif(problem.x, torch::ones({5}), torch::full({5}, 0.9), torch::ones({5}))));
}

TEST(FusedLif, FollowsTheIntegerLeakOfTheReference) {
  const Problem problem;
  LifOptions options;
  options.decayed_reset = options.integer_leak = true;
  const Tensor x = (problem.x * 300.0).round();
  const Tensor theta = torch::full({5}, 256.0);
  const Tensor beta = torch::tensor({0.5, 0.75, 0.875, 0.9375, 0.96875});
  EXPECT_TRUE(fused_lif(x, torch::ones({5}), theta, beta, options)
                  .equal(reference_lif(x, torch::ones({5}), theta, beta, options)));
}

TEST(FusedLif, RefusesAnInputWithoutChannels) {
  EXPECT_THROW(fused_lif(torch::ones({4, 4}), torch::ones({1}), torch::ones({1}), torch::ones({1})),
               core::ContractViolation);
}

TEST(LifLayer, LearnsThresholdAndLeakAndCountsSpikes) {
  const Problem problem;
  LifLayer layer(5, 0.5, 0.9);
  const Tensor spikes = layer->forward(problem.x);
  EXPECT_NEAR(layer->spikes_per_neuron().item<double>(),
              spikes.sum().item<double>() / static_cast<double>(problem.x[0].numel()), 1e-5);
  layer->spikes_per_neuron().backward();
  EXPECT_GT(layer->log_threshold.grad().abs().min().item<double>(), 0.0);
  EXPECT_GT(layer->leak_logit.grad().abs().min().item<double>(), 0.0);
  EXPECT_EQ(LifLayer(5, 0.5, 1.0)->parameters().size(), 1U);
}

TEST(LifLayer, CalibratesThresholdsToTheInput) {
  LifLayer layer(2, 1.0, 1.0);
  Tensor samples = torch::ones({4, 2, 3, 3});
  samples.select(1, 1).fill_(5.0);
  samples.select(0, 0).fill_(-1.0);
  layer->calibrate(samples, 2.0);
  EXPECT_NEAR(layer->threshold()[0].item<double>(), 2.0, 1e-5);
  EXPECT_NEAR(layer->threshold()[1].item<double>(), 10.0, 1e-5);
}

TEST(LifLayer, RefusesImpossibleParameters) {
  EXPECT_THROW(LifLayer(4, 0.0, 1.0), core::ContractViolation);
  EXPECT_THROW(LifLayer(4, 1.0, 0.0), core::ContractViolation);
  EXPECT_THROW(LifLayer(4, 1.0, 1.5), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::train
