// Multicast in both models, written apart: the same counts, and the same cycle of arrival at every
// target of an idle package.

#include "ranvier/map/multicast.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/test_network.hpp"
#include "ranvier/sim/recorder.hpp"
#include "ranvier/sim/replay.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ranvier {
namespace {

using sim::testing::Builder;

void expect_equal_counts(const core::Ledger& simulated, const core::Ledger& estimated,
                         const std::string& what) {
  for (size_t i = 0; i < core::kEventKinds; ++i) {
    const auto event = static_cast<core::Event>(i);
    // These two grow with the run time, which queueing makes longer.
    if (event == core::Event::kTileCycles || event == core::Event::kDieToDieIdleBits) continue;
    EXPECT_EQ(simulated[event], estimated[event]) << what << " " << core::event_info(event).name;
  }
}

TEST(Multicast, OneMessageArrivesInTheSameCycleInBothModels) {
  auto spec = sim::testing::package(3, 1, 3);  // in a row: no two branches share a link
  spec.router.buffer_flits = 8;
  core::Rng rng(11);
  const auto tiles = static_cast<uint64_t>(spec.width() * spec.height());
  for (int round = 0; round < 60; ++round) {
    const int from = static_cast<int>(rng.below(tiles));
    std::vector<int> targets;
    for (uint64_t n = 2 + rng.below(6); n > 0; --n) {
      targets.push_back(static_cast<int>(rng.below(tiles)));
    }
    const int flits = 1 + static_cast<int>(rng.below(12));
    const size_t slow = rng.below(targets.size());
    Builder builder;
    const int32_t source = builder.task(from);
    for (size_t i = 0; i < targets.size(); ++i) {
      // The slow one works so long that the end of the run tells when it began.
      const int32_t target = builder.task(targets[i], i == slow ? 100'000 : 0);
      if (i == 0) {
        builder.message(source, target, 1, flits, 34);
      } else {
        builder.branch(target);
      }
    }
    const auto workload = builder.build();
    const auto simulated = sim::simulate(workload, spec);
    const auto estimated = analytic::estimate(workload, spec);
    EXPECT_EQ(simulated.latency, estimated.latency) << "round " << round;
    expect_equal_counts(simulated.ledger, estimated.ledger, "round " + std::to_string(round));
  }
}

struct Case {
  ir::NetworkKind kind;
  const char* codec;
  codec::WireKind wire;
};

/// Networks on two chips, and filled ones whose blocks go to several chips.
TEST(Multicast, NetworksCountTheSameEventsAndEveryValueIsRight) {
  const Case kCases[] = {{ir::NetworkKind::kAnn, "dense(8)", codec::WireKind::kBurst},
                         {ir::NetworkKind::kHnn, "graded(2)", codec::WireKind::kAuto},
                         {ir::NetworkKind::kHnn, "rate(4)", codec::WireKind::kPacket},
                         {ir::NetworkKind::kSnn, "rate(3)", codec::WireKind::kAuto}};
  for (const Case& c : kCases) {
    const int steps = c.kind == ir::NetworkKind::kSnn ? 3 : 1;
    const auto code = codec::parse_codec(c.codec, "test");
    for (const bool filled : {false, true}) {
      const auto network = filled ? map::testing::filled_network(c.kind, code, steps)
                                  : map::testing::two_chip_network(c.kind, code, steps);
      const auto activity = map::testing::random_activity(network, 1, 0.3, 3);
      auto spec = filled ? sim::testing::package(4, 2, 5) : sim::testing::package(2, 1, 6);
      spec.chip.neurons_per_core = 64;
      const std::string what = std::string(c.codec) + (filled ? " filled" : " cut");
      const auto build = [&](map::DeliveryMode delivery) {
        return map::build_workload(network, map::map_network(network, spec, {}, delivery), activity,
                                   0, c.wire, spec);
      };
      const auto forked = build(map::DeliveryMode::kMulticast);
      EXPECT_GT(map::tree_use(forked, spec).trees, 0) << what;
      const auto simulated = sim::simulate(forked, spec, {.record_messages = true});
      expect_equal_counts(simulated.ledger, analytic::estimate(forked, spec).ledger, what);
      const auto copies = sim::simulate(build(map::DeliveryMode::kUnicast), spec);
      EXPECT_LT(simulated.ledger[core::Event::kFlitHops], copies.ledger[core::Event::kFlitHops])
          << what;
      EXPECT_LE(simulated.ledger[core::Event::kDieToDieBits],
                copies.ledger[core::Event::kDieToDieBits])
          << what;
      EXPECT_GT(simulated.values_checked, 0) << what;
      const auto again = sim::replay(sim::trace_of(forked, spec, simulated), spec);
      const auto trace = sim::trace_of(forked, spec, simulated);
      for (size_t row = 0; row < trace.messages.size(); ++row) {
        const auto m = static_cast<size_t>(trace.messages[row].id);
        ASSERT_EQ(again.messages[row].delivered, simulated.messages[m].delivered) << what;
      }
    }
  }
}

}  // namespace
}  // namespace ranvier
