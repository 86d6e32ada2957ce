// One packet for several tiles: the tree of XY routes, forks that never hold each other up, and
// what is counted. simulate() audits conservation and every decoded value itself and throws when
// they fail.

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/sim/machine.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_random.hpp"
#include "ranvier/sim/test_workloads.hpp"
#include "ranvier/sim/trees.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace ranvier::sim {
namespace {

using core::Event;
using testing::Builder;

/// Ends of one message from `source` to all `targets`.
std::vector<MessageEnds> ends_of(int source, const std::vector<int>& targets) {
  std::vector<MessageEnds> ends;
  for (const int target : targets) ends.push_back({.source = source, .target = target});
  ends.front().branches = static_cast<int32_t>(targets.size()) - 1;
  return ends;
}

/// Links (router, port) of the XY routes, each once; ejections are links through the local port.
std::map<int, std::set<int>> links_of(const Lowered& lowered, int source,
                                      const std::vector<int>& targets) {
  std::map<int, std::set<int>> links;
  for (const int target : targets) {
    Place at = lowered.place(source);
    const Place to = lowered.place(target);
    const auto step = [&](Port port, int dx, int dy) {
      links[at.y * lowered.mesh.width + at.x].insert(port);
      at.x = static_cast<int16_t>(at.x + dx);
      at.y = static_cast<int16_t>(at.y + dy);
    };
    while (at.x < to.x) step(kEast, 1, 0);
    while (at.x > to.x) step(kWest, -1, 0);
    while (at.y < to.y) step(kSouth, 0, 1);
    while (at.y > to.y) step(kNorth, 0, -1);
    step(kLocal, 0, 0);
  }
  return links;
}

RC_GTEST_PROP(Trees, AreTheUnionOfTheXyRoutes, ()) {
  const Lowered lowered = lower(testing::package(2, 2, *rc::gen::inRange(1, 5)));
  const int routers = lowered.routers();
  const int source = *rc::gen::inRange(0, routers);
  auto targets = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, routers));
  targets.push_back(*rc::gen::inRange(0, routers));
  targets.push_back(*rc::gen::inRange(0, routers));
  auto ends = ends_of(source, targets);
  const Trees trees(lowered, ends);
  RC_ASSERT(std::ranges::all_of(ends, [](const MessageEnds& end) { return end.tree == 0; }));
  size_t hops = 0;
  for (const auto& [router, ports] : links_of(lowered, source, targets)) {
    int outputs = 0;
    for (const int port : ports) outputs |= 1 << port;
    RC_ASSERT(trees.outputs(0, router) == outputs);
    hops += ports.size();
  }
  RC_ASSERT(trees.hops(0) == static_cast<int64_t>(hops));
  for (int router = 0; router < routers; ++router) {
    const auto ending = trees.messages_at(0, router);
    RC_ASSERT(static_cast<int64_t>(ending.size()) == std::ranges::count(targets, router));
    for (const int32_t m : ending) RC_ASSERT(targets[static_cast<size_t>(m)] == router);
  }
}

TEST(Trees, OfMessagesThatShareNothingAreNone) {
  const Lowered lowered = lower(testing::package(1, 1, 4));
  auto ends = ends_of(0, {5});
  EXPECT_TRUE(Trees(lowered, ends).empty());
  EXPECT_EQ(ends.front().tree, -1);
}

/// Delivery of one packet to each of `targets`.
std::vector<int64_t> delivered(const arch::PackageSpec& spec, int source,
                               const std::vector<int>& targets, int flits, int bits) {
  Builder builder;
  const int32_t from = builder.task(source);
  builder.message(from, builder.task(targets.front()), 1, flits, bits);
  for (size_t i = 1; i < targets.size(); ++i) builder.branch(builder.task(targets[i]));
  const Result result = simulate(builder.build(), spec, {.record_messages = true});
  std::vector<int64_t> cycles;
  for (const MessageTimes& times : result.messages) cycles.push_back(times.delivered.value());
  return cycles;
}

/// In a row of dies: with several rows, columns side by side would share the link south.
RC_GTEST_PROP(Multicast, ReachesEveryTargetWhenAMessageToItAloneWould, ()) {
  auto spec = testing::any_package();
  spec.chips_y = 1;
  spec.serdes.bit_error_rate = 0;
  const int tiles = spec.width() * spec.height();
  const int source = *rc::gen::inRange(0, tiles);
  auto targets = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, tiles));
  targets.push_back(*rc::gen::inRange(0, tiles));
  const int flits = *rc::gen::inRange(1, 20);
  const int bits = *rc::gen::inRange(1, 40);
  const auto together = delivered(spec, source, targets, flits, bits);
  for (size_t i = 0; i < targets.size(); ++i) {
    RC_ASSERT(together[i] == delivered(spec, source, {targets[i]}, flits, bits).front());
  }
}

TEST(Multicast, CountsEveryLinkOfTheTreeOnce) {
  const auto spec = testing::package(3, 1, 2);  // a row of three dies: 6 x 2 tiles
  Builder builder;
  const int32_t from = builder.task(0);
  builder.message(from, builder.task(2), 2, 3, 10);                          // the second die
  for (const int target : {4, 5, 11}) builder.branch(builder.task(target));  // the third
  const Result result = simulate(builder.build(), spec);
  // Row 0 to x = 5, then one south: 6 links, 2 of them over die edges; 4 ejections.
  EXPECT_EQ(result.ledger[Event::kFlitHops], 6 * (6 + 4));
  EXPECT_EQ(result.ledger[Event::kRouterBitHops], 60 * (6 + 4));
  EXPECT_EQ(result.ledger[Event::kLinkBitHops], 60 * 4);
  EXPECT_EQ(result.ledger[Event::kNetworkInterfaceBits], 60 * (1 + 4));
  EXPECT_EQ(result.ledger[Event::kPackets], 2);
  EXPECT_EQ(result.ledger[Event::kDieToDieBits], 2 * 6 * (10 + spec.link_overhead_bits()));
  EXPECT_EQ(result.ledger[Event::kFifoBits], 2 * 2 * 60);
  ASSERT_EQ(result.links.size(), 2U);
  for (const LinkUse& link : result.links) EXPECT_EQ(link.flits, 6);
}

TEST(Multicast, TasksOnOneTileShareTheEjection) {
  const auto spec = testing::package(1, 1, 3);
  Builder builder;
  const int32_t from = builder.task(0);
  builder.message(from, builder.task(2, 5), 1, 4, 8);
  builder.branch(builder.task(2, 7));
  const Result result = simulate(builder.build(), spec, {.record_tasks = true});
  EXPECT_EQ(result.ledger[Event::kNetworkInterfaceBits], 2 * 32);
  EXPECT_EQ(result.ledger[Event::kFlitHops], 4 * 3);
  EXPECT_EQ(result.tasks[2].start, result.tasks[1].end) << "one after the other on their tile";
}

/// A branch whose column is blocked by a long packet does not hold up the branch along the row.
TEST(Multicast, ABlockedBranchHoldsUpNoOther) {
  auto spec = testing::package(1, 1, 4);
  spec.router.buffer_flits = 1;
  const auto arrivals = [&](bool blocked) {
    Builder builder;
    const int32_t from = builder.task(0, 40);
    builder.message(from, builder.task(3), 1, 30, 8);  // along the row
    builder.branch(builder.task(13));                  // forks at x = 1, south
    if (blocked) builder.message(builder.task(9), builder.task(13), 1, 400, 8);
    const Result result = simulate(builder.build(), spec, {.record_messages = true});
    return std::pair(result.messages[0].delivered, result.messages[1].delivered);
  };
  const auto alone = arrivals(false);
  const auto behind = arrivals(true);
  EXPECT_EQ(behind.first, alone.first);
  EXPECT_GT(behind.second.value(), alone.second.value() + 300);
}

TEST(Multicast, OfABlockIsDecodedAndComparedAtEveryTarget) {
  const auto spec = testing::package(4, 1, 2);
  for (const auto wire : {codec::WireKind::kPacket, codec::WireKind::kBitmap}) {
    Builder builder;
    const codec::CodecSpec graded{.kind = codec::CodecKind::kGraded, .bits = 3};
    const int32_t boundary = builder.boundary(graded, wire, 40);
    std::vector<int16_t> current(40);
    for (size_t i = 0; i < current.size(); ++i) current[i] = static_cast<int16_t>(90 * i);
    builder.block(boundary, 1, 2, current, spec);
    builder.decoder(4);
    builder.decoder(14);
    auto workload = builder.build();
    const Result result = simulate(workload, spec);
    EXPECT_EQ(result.values_checked, 3 * 40);
    EXPECT_EQ(result.boundaries[0].blocks, 3);
    ASSERT_EQ(result.links.size(), 3U);
    for (const LinkUse& link : result.links) EXPECT_EQ(link.bits, result.links[0].bits);
    EXPECT_EQ(result.boundaries[0].link_bits, 3 * result.links[0].bits);
    workload.blocks[0].expected[7] += 1;
    EXPECT_THROW(simulate(workload, spec), core::RunError);
  }
}

/// Random target sets far above saturation: every tile sends packets, longer than the buffers, to
/// tiles all over the package at once.
workload::Workload storm(const arch::PackageSpec& spec, int per_tile, int flits, uint64_t seed) {
  Builder builder;
  core::Rng rng(seed);
  const int tiles = spec.width() * spec.height();
  std::vector<int32_t> sinks;
  for (int tile = 0; tile < tiles; ++tile) sinks.push_back(builder.task(tile));
  for (int tile = 0; tile < tiles; ++tile) {
    const int32_t source = builder.task(tile);
    for (int k = 0; k < per_tile; ++k) {
      std::set<int> targets;
      const uint64_t most = 1 + rng.below(static_cast<uint64_t>(tiles));
      while (targets.size() < most) {
        targets.insert(static_cast<int>(rng.below(static_cast<uint64_t>(tiles))));
      }
      bool first = true;
      for (const int target : targets) {
        const int32_t sink = sinks[static_cast<size_t>(target)];
        if (std::exchange(first, false)) {
          builder.message(source, sink, 1 + static_cast<int>(rng.below(2)), flits, 16);
        } else {
          builder.branch(sink);
        }
      }
    }
  }
  return builder.build();
}

TEST(Multicast, StormsOfRandomTargetSetsDrain) {
  for (const int vcs : {1, 2, 3}) {
    for (const int flits : {1, 7, 30}) {
      for (const uint64_t seed : {1, 2}) {
        auto spec = testing::package(2, 2, 3);
        spec.router.buffer_flits = 1;
        spec.router.virtual_channels = vcs;
        spec.router.fork_flits = 30;
        spec.emio.fifo_depth = spec.emio.lane_buffer_flits = 2;
        const auto workload = storm(spec, 6, flits, seed);
        Machine machine(workload, spec, {.watchdog_cycles = 20'000});
        EXPECT_NO_THROW(machine.run()) << vcs << " VCs, " << flits << " flits, seed " << seed;
      }
    }
  }
}

TEST(Multicast, OfPacketsLongerThanAForkBufferIsNoWorkload) {
  auto spec = testing::package(1, 1, 3);
  spec.router.fork_flits = 4;
  EXPECT_NO_THROW(delivered(spec, 0, {1, 2}, 4, 8));
  EXPECT_THROW(delivered(spec, 0, {1, 2}, 5, 8), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::sim
