#include "ranvier/train/sparsity.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>

namespace ranvier::train {
namespace {

/// Mean link bits per neuron of random frames at a given rate of events.
struct Measured {
  double bits = 0.0;
  double events = 0.0;
};

Measured measure(const codec::CodecSpec& spec, codec::WireKind wire, double rate) {
  constexpr int kElements = 256;
  constexpr int kFrames = 400;
  const codec::WireLayout layout;
  const auto format = codec::make_wire_format(wire, spec, layout);
  core::Rng rng(17);
  Measured measured;
  for (int f = 0; f < kFrames; ++f) {
    codec::Frame frame{spec.steps, kElements, {}};
    for (int i = 0; i < spec.steps * kElements; ++i) {
      const bool fires = rng.uniform() < rate / spec.steps;
      frame.symbols.push_back(static_cast<int16_t>(fires ? 1 : 0));
    }
    measured.events += static_cast<double>(frame.events()) / (kFrames * kElements);
    measured.bits += static_cast<double>(codec::link_bits(format->encode(frame), layout)) /
                     (kFrames * kElements);
  }
  return measured;
}

TEST(WireBits, AreThoseOfTheRealFormats) {
  using codec::WireKind;
  for (const char* text :
       {"graded(3)", "graded(0)", "graded(2,signed)", "rate(4)", "ttfs(5)", "topk(0.5)"}) {
    const codec::CodecSpec spec = codec::parse_codec(text, "codec");
    for (const WireKind wire :
         {WireKind::kPacket, WireKind::kAer, WireKind::kBitmap, WireKind::kAuto}) {
      for (const double rate : {0.03, 0.1, 0.3, 0.7}) {
        const Measured measured = measure(spec, wire, rate);
        const torch::Tensor given =
            wire_bits_per_neuron(torch::tensor(measured.events), spec, wire, {}, 256);
        EXPECT_NEAR(given.item<double>(), measured.bits, 0.03 * measured.bits)
            << text << " " << codec::to_string(wire) << " " << rate;
      }
    }
  }
}

/// Entropy of a geometric magnitude behind an event of probability p, term by term.
double entropy_by_sum(double p, double stop) {
  double bits = -(1 - p) * std::log2(1 - p);
  for (int level = 1; level < 400; ++level) {
    const double q = p * stop * std::pow(1 - stop, level - 1);
    if (q > 0.0) bits -= q * std::log2(q);
  }
  return bits;
}

TEST(Entropy, OfGeometricLevelsIsTheirSum) {
  const codec::CodecSpec spec = codec::parse_codec("graded(8)", "codec");
  for (const double p : {0.02, 0.3, 0.9}) {
    for (const double stop : {0.2, 0.5, 0.95}) {
      const Traffic traffic{torch::full({3}, p), torch::full({3}, p / stop), -1.0};
      EXPECT_NEAR(entropy_per_neuron(traffic, spec).item<double>(), entropy_by_sum(p, stop), 1e-4);
    }
  }
  // Silent channels cost nothing, dense levels are the same source with an event everywhere.
  const Traffic silent{torch::zeros({3}), torch::zeros({3}), -1.0};
  EXPECT_NEAR(entropy_per_neuron(silent, spec).item<double>(), 0.0, 1e-4);
  const codec::CodecSpec dense = codec::parse_codec("dense(8)", "codec");
  const Traffic levels{torch::ones({1}), torch::full({1}, 3.0), -1.0};  // 0, 1, ...: stop 1/4
  EXPECT_NEAR(entropy_per_neuron(levels, dense).item<double>(), entropy_by_sum(1 - 1e-12, 0.25),
              1e-3);
}

Traffic traffic_of(double events, double magnitude, double rans_bits = -1.0) {
  return {torch::full({2}, events).set_requires_grad(true),
          torch::full({2}, magnitude).set_requires_grad(true), rans_bits};
}

/// The price of one more event of level 1 per element: from the gradients of both numbers.
struct Slopes {
  double event = 0.0;
  double level = 0.0;
};

Slopes slopes_of_price(const codec::CodecSpec& spec, double events, double magnitude) {
  const Traffic traffic = traffic_of(events, magnitude);
  price_per_neuron(traffic, spec).backward();
  const auto sum = [](const torch::Tensor& of) {
    return of.grad().defined() ? of.grad().sum().item<double>() : 0.0;
  };
  const double level = sum(traffic.magnitude);
  return {sum(traffic.events) + level, level};
}

double price(const codec::CodecSpec& spec, double events, double magnitude) {
  return price_per_neuron({torch::full({2}, events), torch::full({2}, magnitude), -1.0}, spec)
      .item<double>();
}

double entropy(const codec::CodecSpec& spec, double events, double magnitude) {
  return entropy_per_neuron({torch::full({2}, events), torch::full({2}, magnitude), -1.0}, spec)
      .item<double>();
}

TEST(Price, RisesWithEventsAndLevelsEverywhere) {
  for (const char* text : {"graded(3)", "graded(3,signed)", "graded(0)", "ttfs(8,signed)"}) {
    const codec::CodecSpec spec = codec::parse_codec(text, "codec");
    for (const double excess : {0.0, 0.05, 0.5, 4.0}) {
      double before = -1.0;
      for (int i = 1; i < 100; ++i) {
        const double p = 0.01 * i;
        const double now = price(spec, p, p + excess);
        EXPECT_GT(now, before + 0.9 * 0.01 * kLeastEventBits) << text << " " << p << " " << excess;
        EXPECT_GE(price(spec, p, p + excess + 0.1), now) << text << " " << p << " " << excess;
        EXPECT_GE(now, entropy(spec, p, p + excess) - 1e-4) << text << " " << p;
        before = now;
        const Slopes slopes = slopes_of_price(spec, p, p + excess);
        EXPECT_GE(slopes.event, kLeastEventBits - 1e-3) << text << " " << p << " " << excess;
        EXPECT_GT(slopes.level, 0.0) << text << " " << p << " " << excess;
      }
    }
  }
  const codec::CodecSpec rate = codec::parse_codec("rate(4)", "codec");
  for (int i = 1; i < 40; ++i) {
    EXPECT_GT(price(rate, 0.1 * i, 0.1 * i), price(rate, 0.1 * i - 0.1, 0.1 * i - 0.1)) << i;
  }
}

/// What it is there for: entropy pays for events on a stream that fires nearly always.
TEST(Price, IsTheEntropyUntilOneMoreEventWouldBeWorthNothing) {
  const codec::CodecSpec spec = codec::parse_codec("graded(3,signed)", "codec");
  EXPECT_LT(entropy(spec, 0.95, 0.95), entropy(spec, 0.7, 0.7));
  EXPECT_GT(price(spec, 0.95, 0.95), price(spec, 0.7, 0.7));
  for (const double mu : {1.2, 2.0, 4.0}) {
    for (const double p : {0.05, 0.3, 0.6}) {  // 2 mu (1 - p) / p > 2^0.25
      EXPECT_NEAR(price(spec, p, mu * p), entropy(spec, p, mu * p), 1e-5) << p << " " << mu;
      constexpr double kMove = 0.002;
      const Slopes slopes = slopes_of_price(spec, p, mu * p);
      const double event =
          (entropy(spec, p + kMove, mu * p + kMove) - entropy(spec, p - kMove, mu * p - kMove)) /
          (2 * kMove);
      const double level =
          (entropy(spec, p, mu * p + kMove) - entropy(spec, p, mu * p - kMove)) / (2 * kMove);
      EXPECT_NEAR(slopes.event, event, 0.01 * std::abs(event) + 0.005) << p << " " << mu;
      EXPECT_NEAR(slopes.level, level, 0.02 * level) << p << " " << mu;
      // An event of level 1 in place of silence: log P(0) / P(1), of either sign.
      EXPECT_NEAR(event, std::log2((1 - p) * 2 * mu / p), 0.01) << p << " " << mu;
    }
  }
}

TEST(Price, KnowsWhereMoreEventsAreNotMoreBits) {
  const codec::CodecSpec spec = codec::parse_codec("graded(3,signed)", "codec");
  const auto crowded = [&](double p, double mu) {
    return is_crowded(traffic_of(p, mu * p), spec)[0].item<bool>();
  };
  EXPECT_FALSE(crowded(0.6, 1.0));
  EXPECT_TRUE(crowded(0.7, 1.0));  // of three equal symbols each has 1/3
  EXPECT_FALSE(crowded(0.8, 3.0));
  EXPECT_TRUE(crowded(0.9, 3.0));
  const codec::CodecSpec dense = codec::parse_codec("dense(4)", "codec");
  EXPECT_FALSE(is_crowded(traffic_of(1.0, 9.0), dense)[0].item<bool>());
}

torch::Tensor rans_bits(const Traffic& traffic, const codec::CodecSpec& spec) {
  const BlockSize block{256, 1.0};
  return wire_bits_per_neuron(traffic, spec, codec::WireKind::kRans, {}, {&block, 1});
}

TEST(WireBits, OfRansAreTheMeasuredOnesWithTheSlopeOfThePrice) {
  const codec::CodecSpec spec = codec::parse_codec("graded(3)", "codec");
  const Traffic traffic = traffic_of(0.2, 0.5, 1.3);
  const torch::Tensor bits = rans_bits(traffic, spec);
  EXPECT_NEAR(bits.item<double>(), 1.3, 1e-5);
  bits.backward();
  // Route, format, the coder's excess and half a flit of padding do not depend on the symbols.
  const double fixed = (18.0 + 2.0 + 9.0 + 16.5) * 38.0 / 34.0 / 256.0;
  const double scale = (1.3 - fixed) / entropy(spec, 0.2, 0.5);
  const double by_events = scale * (entropy(spec, 0.205, 0.5) - entropy(spec, 0.195, 0.5)) / 0.01;
  const double by_magnitude =
      scale * (entropy(spec, 0.2, 0.505) - entropy(spec, 0.2, 0.495)) / 0.01;
  EXPECT_NEAR(traffic.events.grad().sum().item<double>(), by_events, 0.02 * by_events);
  EXPECT_NEAR(traffic.magnitude.grad().sum().item<double>(), by_magnitude, 0.02 * by_magnitude);
  EXPECT_GT(by_events, 0.0);
  EXPECT_GT(by_magnitude, 0.0);
}

TEST(WireBits, OfRansMoveFromTheMeasurementWithThePrice) {
  const codec::CodecSpec spec = codec::parse_codec("graded(3)", "codec");
  const double fixed = (18.0 + 2.0 + 9.0 + 16.5) * 38.0 / 34.0 / 256.0;
  const double scale = (1.3 - fixed) / entropy(spec, 0.2, 0.5);
  Traffic traffic = traffic_of(0.15, 0.4, 1.3);
  traffic.rans_price = entropy(spec, 0.2, 0.5);
  const double expected = 1.3 + scale * (entropy(spec, 0.15, 0.4) - entropy(spec, 0.2, 0.5));
  EXPECT_NEAR(rans_bits(traffic, spec).item<double>(), expected, 1e-4);
  EXPECT_LT(expected, 1.2);
}

/// A boundary that sends nothing pays headers, and no event is priced by what those cost.
TEST(WireBits, OfSilentRansFramesHaveModestSlopes) {
  const codec::CodecSpec spec = codec::parse_codec("graded(3)", "codec");
  const Traffic traffic = traffic_of(1e-4, 1e-4, 38.0 / 256.0);
  rans_bits(traffic, spec).backward();
  EXPECT_GT(
      traffic.events.grad().sum().item<double>() + traffic.magnitude.grad().sum().item<double>(),
      0.0);
  EXPECT_LT(traffic.events.grad().abs().max().item<double>(), 100.0);
}

TEST(WireBits, OfUnequalBlocksAreThoseOfTheirFrames) {
  const codec::CodecSpec spec = codec::parse_codec("dense(8)", "codec");
  const codec::WireLayout layout;
  const auto format = codec::make_wire_format(codec::WireKind::kBurst, spec, layout);
  const std::array blocks{BlockSize{100, 3.0}, BlockSize{17, 1.0}, BlockSize{9, 2.0}};
  double bits = 0.0;
  double elements = 0.0;
  for (const BlockSize& block : blocks) {
    const codec::Frame frame{1, block.elements,
                             std::vector<int16_t>(static_cast<size_t>(block.elements), 3)};
    bits += block.frames * static_cast<double>(codec::link_bits(format->encode(frame), layout));
    elements += block.frames * block.elements;
  }
  const Traffic traffic{torch::ones({4}), torch::ones({4}), -1.0};
  EXPECT_NEAR(
      wire_bits_per_neuron(traffic, spec, codec::WireKind::kBurst, layout, blocks).item<double>(),
      bits / elements, 1e-5);
}

TEST(WireBits, OfADenseBurstAreExact) {
  const codec::CodecSpec spec = codec::parse_codec("dense(8)", "codec");
  const Measured measured = measure(spec, codec::WireKind::kBurst, 0.5);
  EXPECT_NEAR(
      wire_bits_per_neuron(torch::ones({}), spec, codec::WireKind::kBurst, {}, 256).item<double>(),
      measured.bits, 1e-5);
}

TEST(WireBits, RiseWithEvents) {
  const codec::CodecSpec spec = codec::parse_codec("graded(3)", "codec");
  torch::Tensor events = torch::tensor(0.2).set_requires_grad(true);
  wire_bits_per_neuron(events, spec, codec::WireKind::kAuto, {}, 256).backward();
  EXPECT_GT(events.grad().item<double>(), 1.0);
}

/// A network whose cost follows lambda with a lag: cost -> natural / (1 + sensitivity x lambda),
/// slower as the learning rate anneals.
class Plant {
 public:
  Plant(double natural, double sensitivity, int steps)
      : natural_(natural), sensitivity_(sensitivity), steps_(steps), cost_(natural) {}

  double step(double lambda, int at, core::Rng& rng) {
    const double rate = 0.05 * (1.0 + std::cos(M_PI * at / steps_)) / 2.0;
    cost_ += rate * (natural_ / (1.0 + sensitivity_ * lambda) - cost_);
    return cost_ * (0.9 + 0.2 * rng.uniform());
  }
  double cost() const { return cost_; }

 private:
  double natural_, sensitivity_;
  int steps_;
  double cost_;
};

SparsityOptions budget_of(double target) {
  SparsityOptions options;
  options.objective = Objective::kBudget;
  options.target = target;
  return options;
}

TEST(BudgetController, HoldsItsTargetWithinFivePercent) {
  for (const int steps : {300, 1500}) {
    for (const double sensitivity : {0.3, 3.0, 30.0}) {
      for (const double target : {0.6, 0.25, 0.1}) {
        BudgetController controller(budget_of(target), steps);
        Plant plant(1.0, sensitivity, steps);
        core::Rng rng(5);
        for (int i = 0; i < steps; ++i) controller.observe(plant.step(controller.lambda(), i, rng));
        EXPECT_NEAR(plant.cost(), target, 0.05 * target)
            << steps << " steps, sensitivity " << sensitivity;
      }
    }
  }
}

TEST(BudgetController, ThresholdsFollowLateAndOnlyWhileTheBudgetBinds) {
  BudgetController controller(budget_of(0.5), 100);
  for (int i = 0; i < 69; ++i) {
    controller.observe(0.6);
    EXPECT_EQ(controller.threshold_move(), 0.0);
  }
  controller.observe(0.6);
  EXPECT_NEAR(controller.threshold_move(), 0.05 * std::log(0.6 / 0.5), 1e-9);  // fewer events
  for (int i = 0; i < 10; ++i) controller.observe(0.3);
  EXPECT_LT(controller.threshold_move(), 0.0);  // more events: lambda is still high
  BudgetController idle(budget_of(0.5), 100);
  for (int i = 0; i < 90; ++i) idle.observe(0.01);
  EXPECT_EQ(idle.threshold_move(), 0.0);  // never needed that much
}

/// A network that no longer learns: its cost follows its thresholds alone.
TEST(BudgetController, ThresholdsHoldTheTargetWhenLambdaCannot) {
  for (const double first : {0.45, 0.65}) {
    BudgetController controller(budget_of(0.5), 300);
    core::Rng rng(5);
    double threshold = 0.0;
    const auto cost = [&] { return first * std::exp(-0.7 * threshold); };
    for (int i = 0; i < 300; ++i) {
      controller.observe(cost() * (0.9 + 0.2 * rng.uniform()));
      threshold += controller.threshold_move();
    }
    EXPECT_NEAR(cost(), 0.5, 0.025) << first;
  }
}

TEST(BudgetController, LetsGoWhenTheNetworkNeedsLess) {
  BudgetController controller(budget_of(0.5), 500);
  Plant plant(0.2, 3.0, 500);
  core::Rng rng(5);
  for (int i = 0; i < 500; ++i) controller.observe(plant.step(controller.lambda(), i, rng));
  EXPECT_LT(controller.lambda(), 1e-3);
  EXPECT_NEAR(plant.cost(), 0.2, 0.01);
}

TEST(BudgetController, ResumesBitForBit) {
  BudgetController whole(budget_of(0.3), 100);
  BudgetController first(budget_of(0.3), 100);
  core::Rng rng(1);
  for (int i = 0; i < 40; ++i) {
    const double cost = rng.uniform();
    whole.observe(cost);
    first.observe(cost);
  }
  BudgetController second(budget_of(0.3), 100);
  second.restore(first.state());
  EXPECT_EQ(second.lambda(), whole.lambda());
  whole.observe(0.4);
  second.observe(0.4);
  EXPECT_EQ(second.lambda(), whole.lambda());
  EXPECT_EQ(second.current_target(), whole.current_target());
  EXPECT_THROW(second.restore(std::vector<double>{1.0}), core::ContractViolation);
}

/// Batches pay 10 % less than the deployed network.
TEST(BudgetController, HoldsWhatTheDeployedNetworkPays) {
  BudgetController controller(budget_of(0.25), 1000);
  Plant plant(1.0, 3.0, 1000);
  core::Rng rng(5);
  for (int i = 0; i < 1000; ++i) {
    controller.observe(0.9 * plant.step(controller.lambda(), i, rng));
    if (i == 500 || i == 700) controller.correct(plant.cost());
  }
  EXPECT_NEAR(plant.cost(), 0.25, 0.05 * 0.25);
  EXPECT_FALSE(controller.needs_less());
}

TEST(BudgetController, RampsAFixedLambda) {
  SparsityOptions options;
  options.lambda = 0.8;
  options.ramp = 0.5;
  BudgetController controller(options, 100);
  EXPECT_EQ(controller.lambda(), 0.0);
  for (int i = 0; i < 25; ++i) controller.observe(1.0);
  EXPECT_NEAR(controller.lambda(), 0.4, 1e-12);
  for (int i = 0; i < 75; ++i) controller.observe(1.0);
  EXPECT_EQ(controller.lambda(), 0.8);
}

TEST(BudgetController, RefusesWhatCannotBeHeld) {
  for (const double target : {0.0, -1.0, std::nan("")}) {
    try {
      BudgetController(budget_of(target), 10, "variants.hnn");
      FAIL() << target;
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.refusal().key, "variants.hnn.target");
    }
  }
  SparsityOptions options;
  options.lambda = -0.1;
  EXPECT_THROW(BudgetController(options, 10), core::UserError);
  options.lambda = 0.1;
  options.ramp = 2.0;
  EXPECT_THROW(BudgetController(options, 10), core::UserError);
  EXPECT_THROW(BudgetController({}, 10).observe(std::nan("")), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::train
