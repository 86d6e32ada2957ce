#include "ranvier/analytic/model.hpp"

#include "ranvier/analytic/crossing.hpp"
#include "ranvier/analytic/test_workload.hpp"
#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ranvier::analytic {
namespace {

using core::Event;
using testing::add_task;
using testing::at;
using testing::message_of;
using testing::package_of;
using workload::MessageKind;
using workload::TaskKind;
using workload::Workload;

TEST(Estimate, OfNothingIsZero) {
  const Estimate result = estimate(Workload{}, package_of());
  EXPECT_EQ(result.latency.value(), 0);
  EXPECT_EQ(result.ledger, core::Ledger{});
}

TEST(Estimate, AChainIsServiceAndZeroLoadLatency) {
  const auto package = package_of();
  Workload workload;
  const auto a = add_task(workload, at(package, 0, 0), 0, TaskKind::kSource);
  const auto b = add_task(workload, at(package, 2, 1), 10);
  const auto c = add_task(workload, at(package, 2, 1), 7);
  workload.messages = {message_of(a, b, 5), message_of(b, c, 1)};
  // Four routers and five flits; then one router and one flit.
  const int64_t expected = (3 * 4 + 2 + 4) + 10 + (3 * 1 + 2) + 7;
  const Estimate result = estimate(workload, package);
  EXPECT_EQ(result.latency.value(), expected);
  EXPECT_EQ(result.longest_path.value(), expected);
  EXPECT_FALSE(result.congested);
  EXPECT_TRUE(result.reason.empty());
}

TEST(Estimate, MessagesOfATaskLeaveOneAfterTheOther) {
  const auto package = package_of();
  Workload workload;
  const auto a = add_task(workload, at(package, 1, 1), 4);
  const auto b = add_task(workload, at(package, 0, 1), 1);
  const auto c = add_task(workload, at(package, 1, 0), 1);
  workload.messages = {message_of(a, b, 6), message_of(a, c, 3)};
  EXPECT_EQ(estimate(workload, package).latency.value(), 4 + 6 + (3 * 2 + 2 + 2) + 1);
}

TEST(Estimate, ReadyTasksOfATileRunInIndexOrder) {
  const auto package = package_of();
  Workload workload;
  const auto tile = at(package, 1, 1);
  add_task(workload, tile, 10);
  const auto second = add_task(workload, tile, 20);
  const auto far = add_task(workload, at(package, 2, 1), 5);
  workload.messages = {message_of(second, far, 1)};
  const Estimate result = estimate(workload, package);
  EXPECT_EQ(result.latency.value(), 10 + 20 + (3 * 2 + 2) + 5);
  EXPECT_EQ(result.waiting.tile.value(), 10);
  EXPECT_EQ(result.longest_path.value(), 20 + (3 * 2 + 2) + 5);
  EXPECT_FALSE(result.congested) << "cores are modelled exactly";
}

TEST(Estimate, OneEjectionPortServesOneFlitPerCycle) {
  const auto package = package_of(1, 5);
  Workload workload;
  const auto sink = add_task(workload, at(package, 2, 2), 0);
  for (const auto& [x, y] : {std::pair(1, 2), std::pair(3, 2), std::pair(2, 1), std::pair(2, 3)}) {
    workload.messages.push_back(message_of(add_task(workload, at(package, x, y), 0), sink, 100));
  }
  const Estimate result = estimate(workload, package);
  EXPECT_EQ(result.latency.value(), 3 * 2 + 2 + 4 * 100 - 1);
  EXPECT_EQ(result.busiest.value(), 400);
  EXPECT_EQ(result.busiest_name, "ejection port of tile (2, 2)");
  EXPECT_TRUE(result.congested);
  EXPECT_NE(result.reason.find("ejection port"), std::string::npos);
}

/// A block of four elements over the edge between two 4 x 4 chips, in `flits` flits.
Workload boundary_workload(const arch::PackageSpec& package, int flits, int lanes) {
  Workload workload;
  workload.boundaries.resize(1);
  workload.boundaries[0].elements = 4 * lanes;
  workload.boundaries[0].params.spec = {codec::CodecKind::kRate, 1, 8, false};
  for (int lane = 0; lane < lanes; ++lane) {
    workload::Block block;
    block.elements = {0, 1, 2, 3};
    workload.blocks.push_back(block);
    const auto encode = add_task(workload, at(package, 3, lane), 32, TaskKind::kEncode);
    const auto decode = add_task(workload, at(package, 4, lane), 4, TaskKind::kDecode);
    for (const auto task : {encode, decode}) {
      workload.tasks[static_cast<size_t>(task)].block = lane;
      workload.tasks[static_cast<size_t>(task)].events = 3;
    }
    auto message = message_of(encode, decode, flits);
    message.kind = MessageKind::kBoundary;
    workload.messages.push_back(message);
  }
  return workload;
}

TEST(Estimate, LanesShareTheLink) {
  const auto package = package_of();
  const CrossingModel crossing(package);
  const Estimate result = estimate(boundary_workload(package, 50, 4), package);
  // Every lane is there first after the encoder and one router; then 200 flits of 37 beats, the
  // last one counts.
  const int64_t first = crossing.ready(32 + 1 + 3);
  const int64_t arrival = crossing.arrival(first + 200 * 37);
  EXPECT_EQ(result.latency.value(), arrival + 3 + 1 + 4);
  EXPECT_EQ(result.busiest_name, "die-to-die link east of chip (0, 0)");
  EXPECT_EQ(result.busiest.value(), (200 * 37 * 10 + 33) / 34);
  EXPECT_GT(result.waiting.link.value(), result.busiest.value() / 2);
  EXPECT_EQ(result.waiting.coarse.value(), 0);
  EXPECT_FALSE(result.congested) << "the link is modelled flit by flit";
}

TEST(Estimate, IsFlaggedWhereATileWaitsForAConverterThatCannotSend) {
  auto package = package_of();
  package.converter.output_flits = 8;
  const CrossingModel crossing(package);
  Workload workload = boundary_workload(package, 100, 1);
  workload.tasks[0].service = core::Cycles(0);
  add_task(workload, at(package, 3, 0), 1000);
  // The encoder keeps its tile until 24 flits are left: sixteen before the serialiser, eight in it.
  const int64_t room = crossing.core_at(crossing.ready(1 + 3) + 75 * 37);
  const Estimate result = estimate(workload, package);
  EXPECT_EQ(result.latency.value(), room + 1000);
  EXPECT_EQ(result.waiting.tile.value(), room);
  EXPECT_EQ(result.waiting.coarse.value(), room);
  EXPECT_TRUE(result.congested);
  EXPECT_NE(result.reason.find("converters that cannot send"), std::string::npos);
}

TEST(Estimate, IsFlaggedWhereAMessageWaitsForLinkAfterLink) {
  const auto package = package_of(3);
  Workload workload;
  const auto source = add_task(workload, at(package, 3, 0), 0);
  workload.messages = {message_of(source, add_task(workload, at(package, 8, 0), 0), 100)};
  const Estimate result = estimate(workload, package);
  EXPECT_GT(result.waiting.link.value(), 0);
  EXPECT_EQ(result.waiting.coarse, result.waiting.link);
  EXPECT_TRUE(result.congested);
}

TEST(Estimate, AFullLaneHoldsBackWhatElseItsGatewaySends) {
  const auto package = package_of();
  const CrossingModel crossing(package);
  Workload workload = boundary_workload(package, 100, 1);
  const auto other = add_task(workload, at(package, 3, 0), 1);
  const auto neighbour = add_task(workload, at(package, 3, 1), 100'000);
  workload.messages.push_back(message_of(other, neighbour, 1));
  workload.tasks[0].service = core::Cycles(0);
  // Task 0, the encoder, runs first. Sixteen flits fit between the port and the serialiser; the
  // 84th grant makes room.
  const int64_t room = crossing.core_at(crossing.ready(1 + 3) + 83 * 37);
  EXPECT_EQ(estimate(workload, package).latency.value(), room + (3 * 2 + 2) + 100'000);
}

TEST(Estimate, APacketFromASlowLinkKeepsTheEjectionPort) {
  const auto package = package_of();
  const CrossingModel crossing(package);
  Workload workload = boundary_workload(package, 10, 1);
  workload.tasks[0].service = core::Cycles(0);
  workload.tasks[1].service = core::Cycles(0);
  // Two sources next to the far gateway: one message is there before the packet's head, one between
  // head and tail.
  const auto early = add_task(workload, at(package, 5, 0), 0);
  const auto late = add_task(workload, at(package, 4, 1), 60);
  const auto sink = add_task(workload, at(package, 4, 0), 100'000);
  workload.messages.push_back(message_of(early, sink, 1));
  workload.messages.push_back(message_of(late, sink, 1));
  const int64_t tail = crossing.arrival(crossing.ready(1 + 3) + 10 * 37);
  EXPECT_EQ(estimate(workload, package).latency.value(), tail + 1 + (3 + 1) + 100'000);
}

TEST(Ledger, CountsOneCrossingInClosedForm) {
  const auto package = package_of();
  Workload workload = boundary_workload(package, 5, 1);
  workload.tiles_used = 2;
  const Estimate result = estimate(workload, package);
  const core::Ledger& ledger = result.ledger;
  EXPECT_EQ(ledger[Event::kPackets], 1);
  EXPECT_EQ(ledger[Event::kRouterBitHops], 5 * 34 * 2);
  EXPECT_EQ(ledger[Event::kLinkBitHops], 0);
  EXPECT_EQ(ledger[Event::kNetworkInterfaceBits], 5 * 34 * 2);
  EXPECT_EQ(ledger[Event::kFlitHops], 10);
  EXPECT_EQ(ledger[Event::kEmioBits], 5 * 37);
  EXPECT_EQ(ledger[Event::kDieToDieBits], 5 * 37);
  EXPECT_EQ(ledger[Event::kFifoBits], 5 * 34 * 2);
  EXPECT_EQ(ledger[Event::kClpEncodeElements], 4 * 8);
  EXPECT_EQ(ledger[Event::kClpEncodeEvents], 3);
  EXPECT_EQ(ledger[Event::kClpDecodeElements], 4);
  EXPECT_EQ(ledger[Event::kClpDecodeEvents], 3);
  EXPECT_EQ(ledger[Event::kTileCycles], 2 * result.latency.value());
  EXPECT_EQ(ledger[Event::kDieToDieIdleBits], result.latency.value() * 34 / 10 - 5 * 37);
}

TEST(Ledger, PackingASpikingBlockExaminesNoElements) {
  const auto package = package_of();
  Workload workload = boundary_workload(package, 5, 1);
  workload.blocks[0].step = 2;
  const core::Ledger ledger = estimate(workload, package).ledger;
  EXPECT_EQ(ledger[Event::kClpEncodeElements], 0);
  EXPECT_EQ(ledger[Event::kClpDecodeElements], 0);
  EXPECT_EQ(ledger[Event::kClpEncodeEvents], 3);
}

TEST(Ledger, SumsOperationsAndOnChipHops) {
  const auto package = package_of(1, 4);
  Workload workload;
  const auto a = add_task(workload, at(package, 0, 0), 1);
  const auto b = add_task(workload, at(package, 3, 2), 1);
  workload.tasks[0].macs = 11;
  workload.tasks[1].macs = 6;
  workload.tasks[1].acs = 5;
  workload.tasks[1].lif_updates = 4;
  workload.tasks[0].weight_read_bits = 3;
  workload.tasks[0].state_read_bits = 2;
  workload.tasks[1].state_write_bits = 1;
  auto events = message_of(a, b, 1);
  events.packets = 4;
  events.bits_per_flit = 30;
  events.bits = 3 * 30 + 32;  // a wider header
  workload.messages = {events};
  const core::Ledger ledger = estimate(workload, package).ledger;
  EXPECT_EQ(ledger[Event::kMac], 17);
  EXPECT_EQ(ledger[Event::kAc], 5);
  EXPECT_EQ(ledger[Event::kLifUpdate], 4);
  EXPECT_EQ(ledger[Event::kWeightReadBits], 3);
  EXPECT_EQ(ledger[Event::kStateReadBits], 2);
  EXPECT_EQ(ledger[Event::kStateWriteBits], 1);
  EXPECT_EQ(ledger[Event::kPackets], 4);
  EXPECT_EQ(ledger[Event::kRouterBitHops], 122 * 6);
  EXPECT_EQ(ledger[Event::kLinkBitHops], 122 * 5);
  EXPECT_EQ(ledger[Event::kFlitHops], 4 * 6);
  EXPECT_EQ(ledger[Event::kDieToDieBits], 0);
  EXPECT_EQ(ledger[Event::kDieToDieIdleBits], 0);
}

RC_GTEST_PROP(Estimate, IsNeverBelowItsBoundsAndAlwaysTheSame, ()) {
  const auto package = package_of(2, 4);
  core::Rng rng(static_cast<uint64_t>(*rc::gen::inRange(0, 1'000'000)));
  Workload workload;
  const int tasks = *rc::gen::inRange(2, 40);
  for (int t = 0; t < tasks; ++t) {
    add_task(workload, core::TileId(static_cast<int32_t>(rng.below(32))),
             static_cast<int64_t>(rng.below(50)));
  }
  for (int t = 0; t + 1 < tasks; ++t) {
    for (auto m = rng.below(4); m > 0; --m) {
      const auto target = t + 1 + static_cast<int>(rng.below(static_cast<uint64_t>(tasks - t - 1)));
      workload.messages.push_back(message_of(t, target, 1 + static_cast<int>(rng.below(20))));
    }
  }
  const Estimate once = estimate(workload, package);
  RC_ASSERT(once.latency >= once.longest_path);
  RC_ASSERT(once.latency >= once.busiest);
  const Estimate again = estimate(workload, package);
  RC_ASSERT(once.latency == again.latency);
  RC_ASSERT(once.ledger == again.ledger);
}

}  // namespace
}  // namespace ranvier::analytic
