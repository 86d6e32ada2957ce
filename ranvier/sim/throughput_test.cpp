// Do saturated links, merges and tiles reach exactly the rate that theory allows?

#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

namespace ranvier::sim {
namespace {

using testing::Builder;

int64_t delivered(const arch::PackageSpec& spec, int from, int to, int flits, int bits = 32) {
  Builder builder;
  builder.message(builder.task(from), builder.task(to), flits, 1, bits);
  return simulate(builder.build(), spec, {.record_messages = true}).messages[0].delivered.value();
}

TEST(Throughput, BuffersOfOneCreditLoopStreamOneFlitPerCycle) {
  auto spec = testing::package(1, 1, 4);
  spec.router.buffer_flits = 5;  // P + 2 L + 1
  EXPECT_EQ(delivered(spec, 0, 3, 1000), delivered(spec, 0, 3, 1) + 999);
}

TEST(Throughput, SmallerBuffersStreamOneWindowPerLoop) {
  for (const int buffer : {1, 2, 3, 4}) {
    auto spec = testing::package(1, 1, 4);
    spec.router.buffer_flits = buffer;
    const int loop = 5;
    for (const int flits : {1, 7, 100}) {
      const int64_t expected = (flits - 1) / buffer * loop + (flits - 1) % buffer;
      EXPECT_EQ(delivered(spec, 0, 3, flits), delivered(spec, 0, 3, 1) + expected)
          << buffer << " " << flits;
    }
  }
}

TEST(Throughput, SlowLinkCarriesOneFlitPerItsBeats) {
  auto spec = testing::package(2, 1, 2);
  spec.core_clock = core::Hertz(200e6);
  spec.serdes.lane_rate = core::Hertz(680e6);  // 34 + 1 + 1 bits = 36 beats = 10.588 core cycles
  const int64_t flits = 500;
  const int64_t first = delivered(spec, 1, 2, 1, 34);
  const int64_t last = delivered(spec, 1, 2, static_cast<int>(flits), 34);
  EXPECT_NEAR(static_cast<double>(last - first), static_cast<double>(flits - 1) * 36 * 200 / 680,
              1.0);
}

TEST(Throughput, MergeGrantsOneFlitPerCoreCycle) {
  auto spec = testing::package(2, 1, 4);
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {64, core::Hertz(16e9), core::Picoseconds(0), core::Picoseconds(0)};
  Builder builder;
  const int flits = 400;
  for (int row = 0; row < 4; ++row) {
    builder.message(builder.task(row * 8 + 3), builder.task(row * 8 + 4), flits);
  }
  const Result result = simulate(builder.build(), spec);
  EXPECT_GE(result.latency.value(), 4 * flits);
  EXPECT_LE(result.latency.value(), 4 * flits + 40);
}

TEST(Throughput, MergeIsFairAndOneBlockedLaneDoesNotStopTheOthers) {
  auto spec = testing::package(2, 1, 4);
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {34, core::Hertz(1e9), core::Picoseconds(3000), core::Picoseconds(0)};  // 2 beats
  Builder builder;
  const int flits = 300;
  for (int row = 0; row < 4; ++row) {
    builder.message(builder.task(row * 8 + 3), builder.task(row * 8 + 4), flits);
  }
  const int long_packet = 4000;  // holds the ejection port behind lane 0
  builder.message(builder.task(5), builder.task(4), 1, long_packet);
  const Result result = simulate(builder.build(), spec, {.record_messages = true});
  for (size_t row = 1; row < 4; ++row) {
    const int64_t done = result.messages[row].delivered.value();
    EXPECT_LE(done, 2 * 3 * flits + 80) << row;
    EXPECT_GE(done, 2 * 3 * flits - 20) << row;
  }
  EXPECT_GT(result.messages[0].delivered.value(), long_packet);
}

/// When the last flit of every lane arrives; lane i sends `flits[i]` single-flit packets from time
/// 0 over a link on which each takes 36 link cycles = core cycles.
std::vector<int64_t> merged(arch::MergePolicy policy, const std::vector<int>& flits, int vcs = 1) {
  auto spec = testing::package(2, 1, static_cast<int>(flits.size()));
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {1, core::Hertz(1e9), core::Picoseconds(3000), core::Picoseconds(0)};
  spec.emio.merge_policy = policy;
  spec.router.virtual_channels = vcs;
  const int mesh = spec.chip.mesh;
  Builder builder;
  for (int row = 0; row < mesh; ++row) {
    const int source = row * 2 * mesh + mesh - 1;
    builder.message(builder.task(source), builder.task(source + 1), flits[static_cast<size_t>(row)],
                    1, 36 - 1 - spec.tag_bits());
  }
  const Result result = simulate(builder.build(), spec, {.record_messages = true});
  std::vector<int64_t> done;
  for (const auto& message : result.messages) done.push_back(message.delivered.value());
  return done;
}

constexpr int64_t kAlone =
    1 + 3 + 2 + 1 + 3 + 36 + 3 + 1 + 3 + 1 + 3 + 1;  // one flit, idle package

TEST(Throughput, RoundRobinSharesASaturatedLinkEvenly) {
  for (const int vcs : {1, 2}) {
    const auto done = merged(arch::MergePolicy::kRoundRobin, {50, 50, 50, 50}, vcs);
    for (int64_t lane = 0; lane < 4; ++lane) {
      EXPECT_EQ(done[static_cast<size_t>(lane)], kAlone + 36 * (4 * 49 + lane)) << lane;
    }
  }
}

TEST(Throughput, FixedPriorityServesOneLaneAfterTheOther) {
  for (const int vcs : {1, 2}) {
    const auto done = merged(arch::MergePolicy::kFixedPriority, {50, 50, 50, 50}, vcs);
    for (int64_t lane = 0; lane < 4; ++lane) {
      EXPECT_EQ(done[static_cast<size_t>(lane)], kAlone + 36 * (50 * lane + 49)) << lane;
    }
  }
}

TEST(Throughput, FixedPriorityStarvesTheLastLaneWhileTheFirstSaturatesTheLink) {
  for (const int flits : {1, 10, 300}) {
    EXPECT_EQ(merged(arch::MergePolicy::kFixedPriority, {flits, 1}).at(1), kAlone + 36 * flits);
    EXPECT_EQ(merged(arch::MergePolicy::kRoundRobin, {flits, 1}).at(1), kAlone + 36);
  }
}

TEST(Throughput, TwoFlowsShareALinkEqually) {
  auto spec = testing::package(1, 1, 4);
  spec.router.buffer_flits = 8;
  Builder builder;
  const int flits = 200;
  builder.message(builder.task(1), builder.task(3), flits);  // joins at its own router
  builder.message(builder.task(0), builder.task(3), flits);
  const Result result = simulate(builder.build(), spec, {.record_messages = true});
  const int64_t a = result.messages[0].delivered.value();
  const int64_t b = result.messages[1].delivered.value();
  EXPECT_LE(std::abs(a - b), 8);
  EXPECT_GE(std::max(a, b), 2 * flits);
  EXPECT_LE(std::max(a, b), 2 * flits + 20);
}

TEST(Throughput, HotSpotEjectsOneFlitPerCycle) {
  auto spec = testing::package(1, 1, 4);
  Builder builder;
  const int flits = 50;
  for (int tile = 0; tile < 16; ++tile) builder.message(builder.task(tile), builder.task(5), flits);
  const int64_t latency = simulate(builder.build(), spec).latency.value();
  EXPECT_GE(latency, 16 * flits);
  EXPECT_LE(latency, 16 * flits + 80);
}

TEST(Throughput, WormholeHoldsAnOutputFromHeadToTail) {
  auto spec = testing::package(1, 1, 3);
  Builder builder;
  const int flits = 40;
  builder.message(builder.task(0), builder.task(2), 1, flits);
  builder.message(builder.task(1, 8), builder.task(2), 1, 1);  // asks while the long one passes
  const Result result = simulate(builder.build(), spec, {.record_messages = true});
  EXPECT_GT(result.messages[1].delivered.value(), result.messages[0].delivered.value());
}

TEST(Throughput, VirtualChannelsLetShortPacketsPassBlockedOnes) {
  auto spec = testing::package(1, 1, 3);
  spec.router.virtual_channels = 2;
  Builder builder;
  builder.message(builder.task(0), builder.task(2), 1, 40);
  builder.message(builder.task(1, 8), builder.task(2), 1, 1);  // message 1 travels on VC 1
  const Result result = simulate(builder.build(), spec, {.record_messages = true});
  EXPECT_LT(result.messages[1].delivered.value(), 25);
}

}  // namespace
}  // namespace ranvier::sim
