#include "ranvier/core/error.hpp"
#include "ranvier/train/boundaries.hpp"
#include "ranvier/train/sites.hpp"
#include "ranvier/train/test_boundary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace ranvier::train {
namespace {

using testing::activations;
using testing::options_for;
using torch::Tensor;

/// A calibrated boundary whose parameters were then moved off their neat values.
Boundary trained_boundary(const std::string& codec, int leak_shift = 0) {
  Boundary boundary(options_for(codec, 6, leak_shift));
  boundary->calibrate(activations());
  const torch::NoGradGuard no_grad;
  for (Tensor& p : boundary->parameters()) p.add_(torch::randn_like(p) * 0.2);
  return boundary;
}

TEST(Boundary, TrainingComputesTheDeployedValuesExactly) {
  const std::pair<const char*, int> cases[] = {
      {"graded(3)", 0}, {"graded(0)", 0},       {"graded(4,signed)", 0}, {"dense(8)", 0},
      {"dense(4)", 0},  {"dense(8,signed)", 0}, {"rate(4)", 0},          {"rate(8,signed)", 0},
      {"rate(4)", 3},   {"rate(8,signed)", 2},  {"ttfs(8)", 0},          {"ttfs(5,signed)", 0},
      {"ttfs(1)", 0},   {"topk(0.2)", 0},       {"topk(0.4,signed)", 0}};
  for (const auto& [codec, leak_shift] : cases) {
    Boundary boundary = trained_boundary(codec, leak_shift);
    const Tensor a = activations(16, 6, 9);
    const Tensor trained = boundary->forward(a);
    const BoundaryCounts counts = boundary->counts();
    boundary->reset_counts();
    boundary->set_mode(BoundaryMode::kDeployed);
    EXPECT_TRUE(trained.equal(boundary->forward(a))) << codec << " leak " << leak_shift;
    EXPECT_EQ(counts.events, boundary->counts().events) << codec;
    EXPECT_EQ(counts.saturated, boundary->counts().saturated) << codec;
    EXPECT_GT(trained.abs().sum().item<double>(), 0.0) << codec;
  }
}

TEST(Boundary, ChannelsLastIsTheSameFunction) {
  Boundary boundary = trained_boundary("graded(3)");
  const Tensor a = activations();
  const Tensor last = a.contiguous(torch::MemoryFormat::ChannelsLast);
  const Tensor value = boundary->forward(last);
  EXPECT_TRUE(value.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(boundary->forward(a).equal(value));
}

// A gradient in the other layout sends LibTorch's batch normalisation down a slow path.
TEST(BoundarySite, KeepsTheLayoutOfAnActivationAndOfItsGradient) {
  BoundarySite site("stage1", trained_boundary("graded(3)"), Bottleneck(nullptr));
  const Tensor a = activations().contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_();
  const Tensor x = a * 2.0;
  bool is_kept = false;
  x.register_hook([&](const Tensor& gradient) {
    is_kept = gradient.is_contiguous(torch::MemoryFormat::ChannelsLast);
  });
  const Tensor sent = site.forward(x);
  EXPECT_TRUE(sent.is_contiguous(torch::MemoryFormat::ChannelsLast));
  sent.square().sum().backward();
  EXPECT_TRUE(is_kept);
}

TEST(Boundary, EveryLearnedNumberGetsAGradientFromValueAndCost) {
  for (const char* codec :
       {"graded(3)", "graded(3,signed)", "dense(4)", "rate(4)", "ttfs(6)", "ttfs(4,signed)"}) {
    Boundary boundary = trained_boundary(codec);
    Tensor a = activations().set_requires_grad(true);
    const Tensor value = boundary->forward(a);
    ((value - a.detach().relu()).square().sum() + boundary->cost().wire_bits_per_neuron).backward();
    EXPECT_GT(a.grad().abs().sum().item<double>(), 0.0) << codec;
    for (const auto& parameter : boundary->named_parameters()) {
      if (!parameter.value().requires_grad()) continue;
      EXPECT_GT(parameter.value().grad().abs().min().item<double>(), 0.0)
          << codec << " " << parameter.key();
    }
  }
}

TEST(Boundary, AHigherCostGradientRaisesThresholds) {
  Boundary boundary = trained_boundary("graded(3)");
  boundary->forward(activations());
  boundary->cost().events_per_neuron.backward();
  EXPECT_LT(boundary->log_threshold.grad().max().item<double>(), 0.0);
}

TEST(Boundary, AnEventCostsMoreThanNoneAndDenseCostsOne) {
  Boundary graded = trained_boundary("graded(3)");
  graded->forward(activations());
  const BoundaryCost cost = graded->cost();
  EXPECT_EQ(cost.neurons, 6 * 64);
  EXPECT_NEAR(cost.events_per_neuron.item<double>(), graded->counts().events_per_neuron(), 1e-6);
  EXPECT_GT(cost.wire_bits_per_neuron.item<double>(), cost.events_per_neuron.item<double>());
  Boundary dense = trained_boundary("dense(8)");
  dense->forward(activations());
  EXPECT_EQ(dense->cost().events_per_neuron.item<double>(), 1.0);
  const BoundaryCost both = total_cost({graded, dense});
  EXPECT_EQ(both.neurons, 2 * 6 * 64);
  EXPECT_NEAR(both.events_per_neuron.item<double>(),
              (cost.events_per_neuron.item<double>() + 1.0) / 2.0, 1e-6);
  EXPECT_EQ(total_cost({}).wire_bits_per_neuron.item<double>(), 0.0);
}

double error_of(Boundary& boundary, const Tensor& a) {
  const Tensor target = boundary->options().spec.is_signed ? a : torch::relu(a);
  return (boundary->forward(a) - target).square().mean().item<double>();
}

TEST(Boundary, CalibrationLowersTheErrorOfEveryCodec) {
  for (const char* codec : {"graded(1)", "graded(4)", "graded(4,signed)", "dense(4)", "rate(4)",
                            "ttfs(8)", "ttfs(4,signed)"}) {
    Boundary boundary(options_for(codec));
    const Tensor a = activations(64, 6, 21) * 0.2;
    const double before = error_of(boundary, a);
    boundary->calibrate(activations(64, 6, 22) * 0.2);
    const double after = error_of(boundary, a);
    EXPECT_LT(after, 0.5 * before) << codec;
    const torch::NoGradGuard no_grad;
    boundary->log_threshold.add_(0.3);
    boundary->log_step.add_(0.3);
    boundary->log_scale.add_(0.3);
    EXPECT_GT(error_of(boundary, a), after) << codec;
  }
}

TEST(Boundary, CapturesSamplesInBypassAndCalibratesFromThem) {
  Boundary boundary(options_for("graded(3)"));
  boundary->set_mode(BoundaryMode::kBypass);
  boundary->capture(10);
  const Tensor a = activations();
  EXPECT_TRUE(boundary->forward(a).equal(torch::relu(a)));
  boundary->forward(a);
  ASSERT_EQ(boundary->captured().size(0), 10);
  boundary->calibrate();
  EXPECT_FALSE(boundary->captured().defined());
  EXPECT_GT(boundary->sigma.min().item<double>(), 0.1);
  EXPECT_THROW(boundary->calibrate(), core::ContractViolation);
}

TEST(Boundary, RecordsWhatTheEncoderSent) {
  Boundary boundary = trained_boundary("rate(4)");
  boundary->set_mode(BoundaryMode::kDeployed);
  boundary->set_recording(true);
  const Tensor a = activations(3);
  const Tensor first = boundary->forward(a);
  boundary->forward(a);
  const ir::BoundaryActivity record = boundary->take_record();
  const size_t elements = 6 * 64;
  EXPECT_EQ(record.elements, static_cast<int>(elements));
  EXPECT_EQ(record.steps, 4);
  ASSERT_EQ(record.current.size(), 6 * elements);
  ASSERT_EQ(record.symbols.size(), 6 * 4 * elements);
  ASSERT_EQ(record.value.size(), 6 * elements);
  EXPECT_TRUE(boundary->record().current.empty());
  const codec::BoundaryParams params = boundary->params();
  for (size_t e = 0; e < elements; ++e) {
    int level = 0;
    for (size_t t = 0; t < 4; ++t) level += record.symbols[t * elements + e];
    const int16_t multiplier = params.channels[e / 64].decode_multiplier;
    ASSERT_EQ(record.value[e], codec::decode_level(level, multiplier, params.decode_shift));
    ASSERT_EQ(first.data_ptr<float>()[e],
              std::ldexp(static_cast<float>(record.value[e]), -params.value_frac_bits));
  }
}

TEST(Boundary, CountsDeadAndSaturatedChannels) {
  Boundary boundary(options_for("graded(2)", 3));
  Tensor a = torch::full({2, 3, 2, 2}, 1.0);
  a.select(1, 0).fill_(-5.0);
  a.select(1, 2).fill_(500.0);
  boundary->forward(a);
  EXPECT_EQ(boundary->counts().dead_channels(), 1);
  EXPECT_EQ(boundary->counts().saturated_channels(), 1);
  boundary->reset_counts();
  EXPECT_EQ(boundary->counts().samples, 0);
}

TEST(Boundary, FollowsTheSpreadOfItsInputOnlyWhileTraining) {
  Boundary boundary(options_for("graded(2)"));
  boundary->calibrate(activations());
  const Tensor before = boundary->sigma.clone();
  boundary->eval();
  boundary->forward(activations() * 3.0);
  EXPECT_TRUE(boundary->sigma.equal(before));
  boundary->train();
  boundary->forward(activations() * 3.0);
  EXPECT_GT((boundary->sigma - before).min().item<double>(), 0.0);
}

/// Mean value and events over an even spread of activations, and their gradients.
struct Sums {
  double value = 0.0;
  double events = 0.0;
};

Tensor even_spread() { return torch::linspace(-1.0, 3.0, 40000).view({1, 1, -1}); }

Sums sums_of_spread(Boundary& boundary) {
  const Tensor a = even_spread();
  const Tensor value = boundary->forward(a) * a.sign();
  return {value.sum().item<double>(), boundary->cost().events_per_neuron.item<double>() * 40000.0};
}

TEST(Boundary, TtfsGradientsAreTheSlopesOfTheMeanValueAndOfTheEvents) {
  for (const char* codec : {"ttfs(8)", "ttfs(5,signed)", "ttfs(2)", "ttfs(1)"}) {
    Boundary boundary(options_for(codec, 1));
    const int window = boundary->options().spec.window;
    {
      const torch::NoGradGuard no_grad;
      boundary->log_step.fill_(std::log(1.6 / window));
      boundary->log_scale.fill_(std::log(1.7 / window));
      boundary->log_threshold.fill_(std::log(0.31));
      if (window > 2) boundary->log_gap.add_(torch::linspace(-0.3, 0.3, window - 1));
      boundary->log_rise.add_(torch::linspace(0.2, -0.2, window));
      boundary->sigma.fill_(0.05);
    }
    boundary->eval();
    const double scale = sums_of_spread(boundary).value;
    for (auto& item : boundary->named_parameters()) {
      Tensor& p = item.value();
      boundary->zero_grad();
      const Tensor a = even_spread();
      (boundary->forward(a) * a.sign()).sum().backward();
      const auto grad_of = [](const Tensor& of) {
        return of.grad().defined() ? of.grad().clone() : torch::zeros_like(of);
      };
      const Tensor by_value = grad_of(p);
      boundary->zero_grad();
      boundary->forward(a);
      (boundary->cost().events_per_neuron * 40000.0).backward();
      const Tensor by_events = grad_of(p);
      for (int64_t i = 0; i < p.numel(); ++i) {
        const torch::NoGradGuard no_grad;
        constexpr double kMove = 0.05;
        p[i] += kMove;
        const Sums up = sums_of_spread(boundary);
        p[i] -= 2 * kMove;
        const Sums down = sums_of_spread(boundary);
        p[i] += kMove;
        const double value = (up.value - down.value) / (2 * kMove);
        const double events = (up.events - down.events) / (2 * kMove);
        EXPECT_NEAR(by_value[i].item<double>(), value, 0.05 * std::abs(value) + 0.015 * scale)
            << codec << " " << item.key() << " " << i;
        EXPECT_NEAR(by_events[i].item<double>(), events, 0.05 * std::abs(events) + 300.0)
            << codec << " " << item.key() << " " << i;
      }
    }
  }
}

TEST(Boundary, TtfsGradientOfTheActivationIntegratesToTheRangeOfValues) {
  Boundary boundary(options_for("ttfs(8)", 1));
  {
    const torch::NoGradGuard no_grad;
    boundary->log_step.fill_(std::log(0.2));
    boundary->log_scale.fill_(std::log(0.2));
    boundary->log_threshold.fill_(std::log(0.1));
    boundary->sigma.fill_(0.05);
  }
  boundary->eval();
  Tensor a = even_spread().set_requires_grad(true);
  boundary->forward(a).sum().backward();
  const double range = 0.2 * 8;
  EXPECT_NEAR(a.grad().sum().item<double>() * 4.0 / 40000.0, range, 0.03 * range);
}

TEST(Boundary, TopkKeepsItsShareOfEverySample) {
  Boundary boundary(options_for("topk(0.1)"));
  boundary->calibrate(activations());
  const Tensor value = boundary->forward(activations(5));
  const int64_t kept = (6 * 64 + 9) / 10;
  for (int64_t s = 0; s < 5; ++s) {
    const int64_t sent = value[s].ne(0).sum().item<int64_t>();
    EXPECT_LE(sent, kept);
    EXPECT_GE(sent, kept - 2);  // what rounds to level 0 is not sent
  }
  EXPECT_NEAR(boundary->cost().events_per_neuron.item<double>(), 0.1, 0.01);
}

TEST(Boundary, ReviveBringsBackDeadAndSaturatedChannels) {
  for (const char* codec : {"graded(2)", "rate(4)", "dense(4)", "ttfs(4)", "graded(0)"}) {
    Boundary boundary(options_for(codec));
    boundary->calibrate(activations(32));
    {
      const torch::NoGradGuard no_grad;
      boundary->log_threshold[1] += 6.0;  // far above everything
      boundary->log_threshold[3] -= 6.0;  // fires at everything, always at the top
      if (boundary->options().spec.kind == codec::CodecKind::kDense) boundary->log_step[1] += 6.0;
      boundary->log_step[3] -= 6.0;
    }
    Tensor a = activations(32);
    a.select(1, 3).abs_().add_(0.1);  // all of it positive, so that it can saturate
    a.select(1, 5).fill_(-1.0);       // nothing to send
    boundary->eval();
    boundary->capture(32);
    boundary->forward(a);
    EXPECT_EQ(boundary->counts().dead_channels(), 2) << codec;
    EXPECT_EQ(boundary->counts().saturated_channels(), 1) << codec;
    const Revived revived = boundary->revive(0.02);
    EXPECT_EQ(revived.dead, 1) << codec;
    EXPECT_EQ(revived.saturated, 1) << codec;
    boundary->forward(a);
    EXPECT_EQ(boundary->counts().dead_channels(), 1) << codec;
    EXPECT_EQ(boundary->counts().saturated_channels(), 0) << codec;
    const auto fired = static_cast<double>(boundary->counts().events[1]) / (32 * 64);
    EXPECT_GT(fired, 0.005) << codec;
    EXPECT_LT(fired, 0.08) << codec;
  }
}

TEST(Boundary, RefusesWhatItCannotCarry) {
  BoundaryOptions burst = options_for("graded(3)");
  burst.wire = codec::WireKind::kBurst;
  EXPECT_THROW(Boundary{burst}, core::UserError);
  EXPECT_THROW(Boundary(options_for("graded(3)", 6, 2)), core::UserError);
  EXPECT_THROW(Boundary(options_for("rate(4)", 6, 16)), core::UserError);
  EXPECT_THROW(Boundary(options_for("rate(4)", 0)), core::UserError);
  Boundary boundary(options_for("graded(3)"));
  EXPECT_THROW(boundary->forward(torch::ones({2, 5, 8, 8})), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::train
