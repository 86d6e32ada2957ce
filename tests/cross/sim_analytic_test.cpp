// Two models of one machine, written apart: they must count the same events, and time the same way
// where nothing queues.

#include "ranvier/analytic/model.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/ir/entropy.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/search.hpp"
#include "ranvier/map/test_network.hpp"
#include "ranvier/sim/simulator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <ostream>

namespace ranvier {
namespace {

struct ModelCase {
  const char* name;
  ir::NetworkKind kind;
  const char* codec;
  codec::WireKind wire;
  int steps;

  friend void PrintTo(const ModelCase& c, std::ostream* out) { *out << c.name; }
};

arch::PackageSpec package(int mesh, double core_hz, double lane_rate, int lanes) {
  arch::PackageSpec spec;
  spec.chips_x = 2;
  spec.chip.mesh = mesh;
  spec.core_clock = core::Hertz(core_hz);
  spec.serdes.lane_rate = core::Hertz(lane_rate);
  spec.serdes.lanes = lanes;
  return spec;
}

class CrossTest : public ::testing::TestWithParam<ModelCase> {
 protected:
  ir::Network network_with_tables(double density) const {
    const ModelCase& c = GetParam();
    auto network =
        map::testing::two_chip_network(c.kind, codec::parse_codec(c.codec, "test"), c.steps);
    if (c.wire == codec::WireKind::kRans) {
      ir::learn_entropy(network, map::testing::random_activity(network, 4, density, 8));
    }
    return network;
  }

  workload::Workload make(const arch::PackageSpec& spec, double density) const {
    const ModelCase& c = GetParam();
    const auto network = network_with_tables(density);
    auto activity = map::testing::random_activity(network, 1, density, 3);
    activity.steps = c.steps;
    return map::build_workload(network, map::map_network(network, spec), activity, 0, c.wire, spec);
  }
};

TEST_P(CrossTest, CountTheSameEvents) {
  for (const auto& spec : {package(4, 200e6, 0.68e9, 1), package(5, 1e9, 16e9, 16)}) {
    const auto workload = make(spec, 0.25);
    const auto simulated = sim::simulate(workload, spec);
    const auto estimated = analytic::estimate(workload, spec);
    for (size_t i = 0; i < core::kEventKinds; ++i) {
      const auto event = static_cast<core::Event>(i);
      // These two grow with the run time, which queueing makes longer.
      if (event == core::Event::kTileCycles || event == core::Event::kDieToDieIdleBits) continue;
      EXPECT_EQ(simulated.ledger[event], estimated.ledger[event]) << core::event_info(event).name;
    }
  }
}

/// A searched mapping is another schedule of the same work: every decoded value is checked by the
/// simulator, and both models still count the same events.
TEST_P(CrossTest, AgreeOnASearchedMapping) {
  const ModelCase& c = GetParam();
  const auto spec = package(6, 1e9, 16e9, 16);
  const auto network = network_with_tables(0.25);
  auto activity = map::testing::random_activity(network, 1, 0.25, 3);
  activity.steps = c.steps;
  const auto found = map::search_mapping({network, activity, c.wire, spec},
                                         {.objective = map::Objective::kLatency});
  ASSERT_GT(found.chosen, 0u);
  const auto workload = map::build_workload(network, found.mapping, activity, 0, c.wire, spec);
  const auto simulated = sim::simulate(workload, spec);
  const auto estimated = analytic::estimate(workload, spec);
  for (const auto event : {core::Event::kRouterBitHops, core::Event::kDieToDieBits,
                           core::Event::kMac, core::Event::kClpDecodeElements}) {
    EXPECT_EQ(simulated.ledger[event], estimated.ledger[event]) << core::event_info(event).name;
  }
  const auto naive = sim::simulate(make(spec, 0.25), spec);
  EXPECT_LT(simulated.latency.value(), naive.latency.value());
}

/// Half the cores, every patch in turn: the same work, every value right, and longer. Membranes
/// stay where they are, so spiking layers take no turns.
TEST_P(CrossTest, TurnsDoTheSameWorkInMoreTime) {
  auto narrow = package(4, 200e6, 0.68e9, 1);
  narrow.chip.neurons_per_core = 32;
  narrow.chip.passes = 16;
  if (GetParam().kind == ir::NetworkKind::kSnn) {
    EXPECT_THROW(make(narrow, 0.25), core::UserError);
    return;
  }
  auto wide = narrow;
  wide.chip.mesh = 10;
  const auto turns = make(narrow, 0.25);
  const auto beside = make(wide, 0.25);
  const auto simulated = sim::simulate(turns, narrow);
  const auto estimated = analytic::estimate(turns, narrow);
  const auto reference = sim::simulate(beside, wide);
  EXPECT_LT(turns.tiles_used, beside.tiles_used);
  EXPECT_EQ(simulated.ledger[core::Event::kMac], reference.ledger[core::Event::kMac]);
  EXPECT_EQ(simulated.ledger[core::Event::kRouterBitHops],
            estimated.ledger[core::Event::kRouterBitHops]);
  std::map<core::TileId, int64_t> work;  // a core takes its turns one after the other
  for (const auto& task : turns.tasks) work[task.tile] += task.service.value();
  for (const auto& [tile, cycles] : work) EXPECT_GE(simulated.latency.value(), cycles);
}

TEST_P(CrossTest, AgreeOnLatencyWithinTheQueueingTheAnalyticModelLeavesOut) {
  for (const auto& spec : {package(4, 200e6, 0.68e9, 1), package(5, 1e9, 16e9, 16)}) {
    const auto workload = make(spec, 0.1);
    const auto simulated = static_cast<double>(sim::simulate(workload, spec).latency.value());
    const auto estimated = static_cast<double>(analytic::estimate(workload, spec).latency.value());
    EXPECT_NEAR(estimated / simulated, 1.0, 0.15) << simulated << " cycles simulated";
  }
}

TEST_P(CrossTest, CriticalPathAddsUpToTheLatency) {
  const auto spec = package(4, 200e6, 0.68e9, 1);
  const auto result = sim::simulate(make(spec, 0.25), spec);
  const auto& path = result.critical_path;
  EXPECT_EQ(path.compute + path.network + path.serialise + path.crossing + path.queue,
            result.latency);
  EXPECT_GT(result.values_checked, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Variants, CrossTest,
    ::testing::Values(
        ModelCase{"ann_packet", ir::NetworkKind::kAnn, "dense(8)", codec::WireKind::kPacket, 1},
        ModelCase{"ann_burst4", ir::NetworkKind::kAnn, "dense(4)", codec::WireKind::kBurst, 1},
        ModelCase{"hnn_graded", ir::NetworkKind::kHnn, "graded(3)", codec::WireKind::kAuto, 1},
        ModelCase{"hnn_rate", ir::NetworkKind::kHnn, "rate(4)", codec::WireKind::kAer, 1},
        ModelCase{"ann_rans", ir::NetworkKind::kAnn, "dense(4)", codec::WireKind::kRans, 1},
        ModelCase{"hnn_rans", ir::NetworkKind::kHnn, "graded(3)", codec::WireKind::kRans, 1},
        ModelCase{"hnn_rate_rans", ir::NetworkKind::kHnn, "rate(4)", codec::WireKind::kRans, 1},
        ModelCase{"snn_rans", ir::NetworkKind::kSnn, "rate(2)", codec::WireKind::kRans, 2},
        ModelCase{"snn", ir::NetworkKind::kSnn, "rate(2)", codec::WireKind::kAuto, 2}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace ranvier
