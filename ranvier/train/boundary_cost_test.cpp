// What boundaries pay: measured bits, the frames that cross, and who is moved by them.

#include "ranvier/train/boundaries.hpp"
#include "ranvier/train/optimiser.hpp"
#include "ranvier/train/test_boundary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>

namespace ranvier::train {
namespace {

using testing::activations;
using testing::options_for;
using torch::Tensor;

TEST(BoundaryCost, WireBitsOfRansAreMeasuredAndFallWithTheEvents) {
  for (const char* codec : {"graded(3)", "rate(4)", "ttfs(8)", "dense(4)"}) {
    BoundaryOptions options = options_for(codec);
    options.wire = codec::WireKind::kRans;
    Boundary boundary(options);
    boundary->calibrate(activations(64));
    boundary->forward(activations(64, 6, 7));
    const double bits = boundary->cost().wire_bits_per_neuron.item<double>();
    EXPECT_GT(bits, 0.5) << codec;
    EXPECT_LT(bits, 5.0) << codec;
    boundary->cost().wire_bits_per_neuron.backward();
    const Tensor grad = boundary->options().spec.kind == codec::CodecKind::kDense
                            ? boundary->log_step.grad()
                            : boundary->log_threshold.grad();
    EXPECT_LT(grad.max().item<double>(), 0.0) << codec;  // a larger threshold or step costs less
  }
}

TEST(BoundaryCost, MeasuresRansInEveryEighthStepOfTrainingAndRemembersIt) {
  BoundaryOptions options = options_for("graded(3)");
  options.wire = codec::WireKind::kRans;
  Boundary boundary(options);
  boundary->calibrate(activations(64));
  const auto measured_at = [&](uint64_t seed) {
    boundary->forward(activations(64, 6, seed));
    return boundary->rans_meter().bits;
  };
  const double first = measured_at(1);
  for (uint64_t step = 2; step < 5; ++step) EXPECT_EQ(measured_at(step), first) << step;
  Boundary resumed(options);
  resumed->calibrate(activations(64));
  restore_meters({resumed}, meters_of({boundary}));
  resumed->sigma.copy_(boundary->sigma);
  for (uint64_t step = 5; step < 10; ++step) {
    EXPECT_EQ(measured_at(step) == first, step < 9) << step;
    resumed->forward(activations(64, 6, step));
    EXPECT_EQ(resumed->cost().wire_bits_per_neuron.item<double>(),
              boundary->cost().wire_bits_per_neuron.item<double>());
  }
  boundary->eval();  // a score is of what it scores
  const double scored = measured_at(10);
  EXPECT_NE(measured_at(11), scored);
}

TEST(BoundaryCost, WireBitsOfTokensAreThoseOfWellLearnedTables) {
  BoundaryOptions options = options_for("graded(3,signed)", 128);
  options.wire = codec::WireKind::kRans;
  Boundary boundary(options);
  torch::manual_seed(4);
  const Tensor a = torch::randn({2048, 128});
  boundary->calibrate(a);
  boundary->forward(a);
  const double measured = boundary->cost().wire_bits_per_neuron.item<double>();
  // Entropy of the symbols, all channels being alike.
  boundary->set_mode(BoundaryMode::kDeployed);
  boundary->set_recording(true);
  boundary->forward(a);
  std::map<int, double> share;
  const auto& symbols = boundary->record().symbols;
  for (const int16_t symbol : symbols) share[symbol] += 1.0 / static_cast<double>(symbols.size());
  double entropy = 0.0;
  for (const auto& [symbol, p] : share) entropy -= p * std::log2(p);
  // Route, format, the coder's excess and half a flit of padding on 128 elements; 38 bits carry 34.
  const codec::WireLayout layout;
  const double flit = layout.flit_bits + layout.tag_bits + layout.framing_bits;
  const double ideal = (entropy + (20.0 + 9.0 + 17.0) / 128.0) * flit / layout.flit_bits;
  EXPECT_NEAR(measured / ideal, 1.0, 0.05);
}

TEST(BoundaryCost, MovesWhatDecidesOnItsBits) {
  for (const char* codec : {"graded(2)", "dense(4)", "ttfs(4)"}) {
    BoundaryOptions options = options_for(codec);
    options.wire = codec::WireKind::kRans;
    Boundary boundary(options);
    const Tensor a = activations(16);
    boundary->calibrate(a);
    boundary->forward(a);
    const double before = boundary->cost().wire_bits_per_neuron.item<double>();
    boundary->move_thresholds(0.7, boundary->crowded());
    boundary->forward(a);
    EXPECT_LT(boundary->cost().wire_bits_per_neuron.item<double>(), before) << codec;
  }
}

TEST(BoundaryCost, LowersNoThresholdOfAChannelThatFiresTooOften) {
  Boundary boundary(options_for("graded(3,signed)", 2));
  Tensor a = torch::full({8, 2, 4, 4}, 1.0);
  a.select(1, 1).slice(2, 0, 3).zero_();  // one element of four
  boundary->forward(a);
  const Tensor before = boundary->log_threshold.detach().clone();
  boundary->move_thresholds(-0.1, boundary->crowded());
  const Tensor moved = boundary->log_threshold.detach() - before;
  EXPECT_EQ(moved[0].item<double>(), 0.0);
  EXPECT_NEAR(moved[1].item<double>(), -0.1, 1e-6);
  boundary->move_thresholds(0.1, boundary->crowded());
  EXPECT_NEAR((boundary->log_threshold.detach() - before)[0].item<double>(), 0.1, 1e-6);
}

/// Frames of `count` elements, one after the other.
Framing framing_of(int64_t elements, int64_t count) {
  Framing framing = even_framing(elements);
  framing.blocks.clear();
  for (int64_t begin = 0; begin < elements; begin += count) {
    FrameBlock block;
    for (int64_t e = begin; e < std::min(begin + count, elements); ++e) {
      block.places.push_back(static_cast<uint32_t>(e));
    }
    framing.blocks.push_back(block);
  }
  return framing;
}

/// Recorded symbols of every sample on the real wire.
double recorded_bits(const ir::BoundaryActivity& record, const Framing& framing,
                     const codec::WireFormat& format) {
  const int64_t row = int64_t{1} * record.steps * record.elements;
  const auto samples = static_cast<int64_t>(record.symbols.size()) / row;
  int64_t bits = 0;
  for (int64_t s = 0; s < samples; ++s) {
    const auto begin = record.symbols.begin() + s * row;
    bits += link_bits({record.steps, record.elements, {begin, begin + row}}, framing, format);
  }
  return static_cast<double>(bits) / static_cast<double>(samples * framing.crossings());
}

TEST(BoundaryCost, CountsTheFramesInWhichItWillCross) {
  // A burst is exact; the padding of a bitmap is an expectation.
  for (const auto& [codec, wire, tolerance] :
       {std::tuple("dense(4)", codec::WireKind::kBurst, 1e-4),
        std::tuple("graded(3)", codec::WireKind::kBitmap, 0.06),
        std::tuple("rate(4)", codec::WireKind::kBitmap, 0.06)}) {
    BoundaryOptions options = options_for(codec);
    options.wire = wire;
    Boundary boundary(options);
    const Tensor a = activations(64);
    boundary->calibrate(a);
    boundary->set_mode(BoundaryMode::kDeployed);
    boundary->set_recording(true);
    boundary->forward(a);
    const ir::BoundaryActivity record = boundary->take_record();
    boundary->set_mode(BoundaryMode::kTrain);
    const auto format = codec::make_wire_format(wire, options.spec, codec::WireLayout{});
    double last = 0.0;
    for (const int64_t count : {256, 120, 57}) {
      const Framing framing = framing_of(6 * 64, count);
      boundary->set_framing(framing);
      boundary->forward(a);
      const double bits = recorded_bits(record, framing, *format);
      const double given = boundary->cost().wire_bits_per_neuron.item<double>();
      EXPECT_NEAR(given, bits, tolerance * bits) << codec << " in frames of " << count;
      EXPECT_GT(given, last) << codec << " in frames of " << count;
      last = given;
    }
  }
}

TEST(BoundaryCost, OfABlockThatCrossesTwoEdgesCountsTwice) {
  BoundaryOptions options = options_for("dense(4)");
  options.wire = codec::WireKind::kBurst;
  Boundary boundary(options);
  Framing framing = framing_of(6 * 64, 192);
  framing.blocks[1].places.resize(10);  // small, and so dear
  framing.blocks[1].die_edges = 2;
  boundary->set_framing(framing);
  boundary->forward(activations());
  const double near = 38.0 * (1 + 23);  // header, 192 x 4 bits in flits of 34
  const double far = 2 * 38.0 * (1 + 2);
  const double b = (near + far) / (192 + 2 * 10);
  EXPECT_NEAR(boundary->cost().wire_bits_per_neuron.item<double>(), b, 1e-4);
  EXPECT_NEAR(weighted_bits({boundary, boundary}, {0.5, 2.0}).item<double>(), 2.5 * (near + far),
              0.01);
}

/// A residual stream: 64 values with means of their own, a token at a time.
Tensor stream(int64_t tokens, uint64_t seed) {
  torch::manual_seed(3);
  const Tensor mean = 0.5 * torch::randn({1, 64});
  torch::manual_seed(seed);
  return mean + torch::randn({tokens, 64});
}

/// Calibrated thresholds let nearly everything fire, and are small beside the surrogate's width.
TEST(BoundaryCost, BitsRaiseEveryThresholdOfAStreamThatFiresNearlyAlways) {
  for (const char* codec : {"graded(3,signed)", "graded(0,signed)", "ttfs(8,signed)"}) {
    BoundaryOptions options = options_for(codec, 64);
    options.wire = codec::WireKind::kRans;
    Boundary boundary(options);
    boundary->calibrate(stream(512, 1));
    {
      const torch::NoGradGuard no_grad;
      boundary->log_threshold.sub_(1.0);
    }
    boundary->forward(stream(512, 2));
    const BoundaryCost& cost = boundary->cost();
    EXPECT_GT(cost.events_per_neuron.item<double>(), 0.8) << codec;
    cost.wire_bits_per_neuron.backward();
    EXPECT_LT(boundary->log_threshold.grad().max().item<double>(), 0.0) << codec;
  }
}

/// The boundary alone learns, under a budget that takes most of the stream's bits.
TEST(BoundaryCost, ABudgetOfBitsDoesNotMakeASignedStreamFireAlways) {
  constexpr int kSteps = 300;
  BoundaryOptions options = options_for("graded(3,signed)", 64);
  options.wire = codec::WireKind::kRans;
  Boundary boundary(options);
  boundary->calibrate(stream(512, 1));
  Optimiser codes(boundary->parameters(), OptimizerKind::kAdamW, 0.9, 0.0);
  SparsityOptions budget;
  budget.objective = Objective::kBudget;
  budget.target = 1.6;
  BudgetController controller(budget, kSteps);
  double error = 0.0;
  for (int i = 0; i < kSteps; ++i) {
    const Tensor a = stream(256, 100 + static_cast<uint64_t>(i));
    codes.zero_grad();
    const Tensor miss = (boundary->forward(a) - a).square().mean();
    const Tensor bits = boundary->cost().wire_bits_per_neuron;
    (miss + controller.lambda() * bits).backward();
    codes.step(0.03 * schedule_factor(ScheduleKind::kCosine, 0.0, i, kSteps));
    controller.observe(bits.item<double>());
    boundary->move_thresholds(controller.threshold_move(), boundary->crowded());
    error = miss.item<double>();
  }
  const BoundaryCost& cost = boundary->cost();
  EXPECT_NEAR(cost.wire_bits_per_neuron.item<double>(), 1.6, 0.08);
  EXPECT_LT(cost.events_per_neuron.item<double>(), 0.5);
  EXPECT_LT(error, 0.7);  // silence has 1.25
}

}  // namespace
}  // namespace ranvier::train
