#include "ranvier/sim/simulator.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ranvier::sim {
namespace {

using core::Event;
using ::testing::AllOf;
using testing::Builder;
using ::testing::HasSubstr;

TEST(Simulate, EmptyWorkloadTakesNoTime) {
  const Result result = simulate({}, testing::package(1, 1, 2));
  EXPECT_EQ(result.latency.value(), 0);
  EXPECT_EQ(result.ledger, core::Ledger());
  EXPECT_TRUE(result.routers.empty());
}

TEST(Simulate, TasksOfATileRunLowestIndexFirstOnceReady) {
  Builder builder;
  const int32_t long_one = builder.task(0, 100);
  const int32_t late = builder.task(0, 7);  // waits for a message that comes while task 0 runs
  const int32_t third = builder.task(0, 10);
  builder.message(builder.task(1), late);
  const int32_t after_late = builder.task(2), after_third = builder.task(3);
  const int32_t a = builder.message(late, after_late);
  const int32_t b = builder.message(third, after_third);
  ASSERT_EQ(long_one, 0);
  const auto workload = builder.build();
  const Result result = simulate(workload, testing::package(1, 1, 2), {.record_messages = true});
  ASSERT_EQ(workload.messages[0].source, late);
  ASSERT_LT(a, b + 1);
  EXPECT_EQ(result.messages[0].injected.value(), 107);
  EXPECT_EQ(result.messages[1].injected.value(), 117);
}

TEST(Simulate, MessagesOfATaskGoBackToBack) {
  Builder builder;
  const int32_t source = builder.task(0, 4);
  for (int i = 0; i < 3; ++i) builder.message(source, builder.task(1), 2, 3);
  auto spec = testing::package(1, 1, 2);
  spec.router.buffer_flits = 8;
  const Result result = simulate(builder.build(), spec, {.record_messages = true});
  for (size_t m = 0; m < 3; ++m) {
    EXPECT_EQ(result.messages[m].injected.value(), 4 + 6 * static_cast<int64_t>(m));
  }
}

TEST(Simulate, WorksOverlapsWithEmission) {
  Builder builder;
  const int32_t first = builder.task(0, 5), second = builder.task(0, 5);
  builder.message(first, builder.task(1), 30);
  builder.message(second, builder.task(1), 1);
  const Result result =
      simulate(builder.build(), testing::package(1, 1, 2), {.record_messages = true});
  EXPECT_GE(result.messages[1].injected.value(),
            5 + 30);  // behind the first in the injection queue
}

TEST(Simulate, LedgerCountsOneCrossingExactly) {
  auto spec = testing::package(2, 1, 2);
  spec.serdes.lanes = 5;
  Builder builder;
  builder.message(builder.task(0), builder.task(7), 3, 2, 30);
  auto workload = builder.build();
  workload.tasks[1].macs = 11;
  workload.tasks[1].acs = 12;
  workload.tasks[1].lif_updates = 13;
  workload.tasks[1].weight_read_bits = 14;
  workload.tasks[1].state_read_bits = 15;
  workload.tasks[1].state_write_bits = 16;
  const Result result = simulate(workload, spec);
  const core::Ledger& ledger = result.ledger;
  const int64_t bits = 6 * 30;
  EXPECT_EQ(ledger[Event::kRouterBitHops], bits * 5);
  EXPECT_EQ(ledger[Event::kLinkBitHops], bits * 3);
  EXPECT_EQ(ledger[Event::kFlitHops], 6 * 5);
  EXPECT_EQ(ledger[Event::kNetworkInterfaceBits], 2 * bits);
  EXPECT_EQ(ledger[Event::kPackets], 3);
  EXPECT_EQ(ledger[Event::kFifoBits], 2 * bits);
  EXPECT_EQ(ledger[Event::kDieToDieBits], bits + 6 * 2);  // 1 tag bit, 1 framing bit
  EXPECT_EQ(ledger[Event::kEmioBits], bits + 6 * 2);
  EXPECT_EQ(ledger[Event::kDieToDieIdleBits],
            result.latency.value() * 5 * 680 / 200 - (bits + 6 * 2));
  EXPECT_EQ(ledger[Event::kTileCycles], 2 * result.latency.value());
  EXPECT_EQ(ledger[Event::kMac], 11);
  EXPECT_EQ(ledger[Event::kAc], 12);
  EXPECT_EQ(ledger[Event::kLifUpdate], 13);
  EXPECT_EQ(ledger[Event::kWeightReadBits], 14);
  EXPECT_EQ(ledger[Event::kStateReadBits], 15);
  EXPECT_EQ(ledger[Event::kStateWriteBits], 16);
}

TEST(Simulate, TablesNameWhatCarriedTheFlits) {
  auto spec = testing::package(2, 1, 2);
  Builder builder;
  builder.message(builder.task(7), builder.task(0), 4, 1, 30);  // west, west, west, then north
  const Result result = simulate(builder.build(), spec);
  ASSERT_EQ(result.links.size(), 1U);
  EXPECT_EQ(result.links[0].from, core::ChipId(1));
  EXPECT_EQ(result.links[0].to, core::ChipId(0));
  EXPECT_EQ(result.links[0].flits, 4);
  EXPECT_EQ(result.links[0].bits, 4 * 32);
  EXPECT_GT(result.links[0].utilisation, 0.0);
  EXPECT_LE(result.links[0].utilisation, 1.0);
  ASSERT_EQ(result.mesh_links.size(), 3U);
  EXPECT_EQ(result.mesh_links[0].from, core::TileId(4));
  EXPECT_EQ(result.mesh_links[0].to, core::TileId(0));
  EXPECT_EQ(result.mesh_links[0].bits, 120);
  ASSERT_EQ(result.routers.size(), 5U);
  EXPECT_EQ(result.routers[0].tile, core::TileId(0));
  EXPECT_EQ(result.routers[0].flits, 4);
}

TEST(Simulate, CriticalPathSplitsALonelyCrossing) {
  auto spec = testing::package(2, 1, 2);
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {1, core::Hertz(1e9), core::Picoseconds(2000), core::Picoseconds(0)};
  Builder builder;
  builder.message(builder.task(1, 50), builder.task(2, 9), 1, 3, 8);
  const Result result = simulate(builder.build(), spec);
  EXPECT_EQ(result.critical_path.compute.value(), 59);
  EXPECT_EQ(result.critical_path.network.value(), 3 * 2 + 2);
  EXPECT_EQ(result.critical_path.crossing.value(), 2 + 1 + 3 + 2 + 1 + 3 + 1);
  EXPECT_EQ(result.critical_path.serialise.value(), 3 * 10);
  EXPECT_EQ(result.critical_path.queue.value(), 0);
  EXPECT_EQ(result.latency.value(), 59 + 8 + 13 + 30);
}

TEST(Simulate, CriticalPathFollowsTheTileWhenItWasBusy) {
  Builder builder;
  builder.task(0, 30);
  builder.task(0, 40);
  const Result result = simulate(builder.build(), testing::package(1, 1, 1));
  EXPECT_EQ(result.latency.value(), 70);
  EXPECT_EQ(result.critical_path.compute.value(), 70);
}

TEST(Simulate, LongIdleStretchesAreSkipped) {
  Builder builder;
  builder.message(builder.task(0, 4'000'000'000'000), builder.task(3));
  const Result result = simulate(builder.build(), testing::package(1, 1, 2));
  EXPECT_EQ(result.latency.value(), 4'000'000'000'000 + 3 * 3 + 2);
}

TEST(Simulate, RefusesHardwareItCannotRun) {
  auto spec = testing::package(1, 1, 2);
  spec.router.virtual_channels = 13;
  try {
    simulate({}, spec);
    FAIL();
  } catch (const core::UserError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("hardware.router.virtual_channels"), HasSubstr("13"),
                                    HasSubstr("1..12")));
  }
  spec = testing::package(1, 1, 2);
  spec.router.buffer_flits = 0;
  EXPECT_THROW(simulate({}, spec), core::UserError);
  spec = testing::package(1, 1, 2);
  spec.serdes.lanes = 0;
  EXPECT_THROW(simulate({}, spec), core::UserError);
}

TEST(Simulate, RefusesABrokenWorkload) {
  Builder builder;
  builder.message(builder.task(0), builder.task(1));
  auto workload = builder.build();
  workload.messages[0].target = 5;
  EXPECT_THROW(simulate(workload, testing::package(1, 1, 2)), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::sim
