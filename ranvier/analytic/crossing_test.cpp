#include "ranvier/analytic/crossing.hpp"

#include "ranvier/analytic/clock_ratio.hpp"
#include "ranvier/analytic/die_link.hpp"
#include "ranvier/analytic/route.hpp"
#include "ranvier/analytic/test_workload.hpp"
#include "ranvier/analytic/zero_load.hpp"
#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ranvier::analytic {
namespace {

using testing::at;
using testing::message_of;
using testing::package_of;

TEST(Crossing, IsExactForClocksThatDoNotDivideEachOther) {
  // Core 200 MHz (5 ns), link 680 MHz: 2 merge + 1 write = 15 ns = 10.2 link cycles, so edge 11,
  // and 3 to synchronise.
  const CrossingModel crossing(package_of());
  EXPECT_EQ(crossing.ready(0), 14);
  EXPECT_EQ(crossing.ready(17), 20 * 68 / 20 + 3) << "on an edge of both clocks";
  // 34 bits + 2 of tag + 1 of framing on one lane; 4 x 4 chips have four lanes to tell apart.
  EXPECT_EQ(crossing.beats(34), 37);
  EXPECT_EQ(crossing.interval(34), 37);
  // Beat 51 ends; 1 link cycle to write: 52 / 0.68 = 76.47 ns, + 5 ns PHY = 81.47 ns = 16.3 core
  // cycles, so edge 17.
  EXPECT_EQ(crossing.arrival(51), 17 + 3 + 1);
  EXPECT_EQ(crossing.core_at(34), 10);
  EXPECT_EQ(crossing.core_at(35), 11);
}

TEST(Crossing, APhaseMovesTheLinkEdgesAndNothingElse) {
  auto package = package_of();
  package.core_clock = core::Hertz(200e6);        // 5 ns
  package.serdes.lane_rate = core::Hertz(500e6);  // 2 ns: edges at 0.5, 2.5, .. ns
  package.serdes.clock_phase = core::Picoseconds(500);
  const CrossingModel crossing(package);
  EXPECT_EQ(crossing.ready(0), 8 + 3) << "15 ns, edge 8 at 16.5 ns";
  EXPECT_EQ(crossing.ready(-3), 0 + 3) << "0 ns, edge 0 at 0.5 ns";
  EXPECT_EQ(crossing.core_at(2), 1) << "4.5 ns";
  EXPECT_EQ(crossing.core_at(5), 3) << "10.5 ns";
  EXPECT_EQ(crossing.lasting(5), 2) << "10 ns";
  EXPECT_EQ(crossing.arrival(9), 6 + 3 + 1) << "edge 10 at 20.5 ns, + 5 ns PHY = 25.5 ns";
  package.serdes.flight = core::Picoseconds(400);
  EXPECT_EQ(CrossingModel(package).credit_return(1), 5 + 3) << "10.4 ns, edge 5 at 10.5 ns";
}

TEST(Crossing, MergeLimitsAFastLinkToOneFlitPerCoreCycle) {
  auto package = package_of();
  package.core_clock = core::Hertz(1e9);
  package.serdes.lane_rate = core::Hertz(16e9);
  package.serdes.lanes = 16;
  const CrossingModel crossing(package);
  EXPECT_EQ(crossing.beats(34), 3);
  EXPECT_EQ(crossing.interval(34), 16);
}

TEST(Crossing, MergeFollowsTheCoreClockWhereItIsNoMultipleOfTheLinks) {
  auto package = package_of();
  package.core_clock = core::Hertz(1e9);
  package.serdes.lane_rate = core::Hertz(2.5e9);  // edges at 0, 0.4, 0.8, 1.2, .. ns
  package.serdes.lanes = 64;
  const CrossingModel crossing(package);
  EXPECT_EQ(crossing.beats(34), 1);
  EXPECT_EQ(crossing.interval(34), 2.5);
  std::vector<int64_t> starts = {0};
  while (starts.size() < 6) starts.push_back(crossing.next_start(starts.back(), 1));
  EXPECT_EQ(starts, (std::vector<int64_t>{0, 3, 5, 8, 10, 13}));
  EXPECT_EQ(crossing.next_start(3, 4), 7) << "the beats last longer";
}

TEST(Crossing, CapacityIsWhatALinkCarriesRoundedDown) {
  const CrossingModel crossing(package_of());
  EXPECT_EQ(crossing.capacity(0), 0);
  EXPECT_EQ(crossing.capacity(1), 3);
  EXPECT_EQ(crossing.capacity(1'000'000'000), 3'400'000'000);
}

TEST(Crossing, RefusesAClockThatStandsStill) {
  auto package = package_of();
  package.serdes.lane_rate = core::Hertz(0);
  EXPECT_THROW(CrossingModel{package}, core::ContractViolation);
}

RC_GTEST_PROP(Crossing, StaysWithinTheRoundingOfItsRealValuedFormula, ()) {
  auto package = package_of();
  package.core_clock = core::Hertz(*rc::gen::inRange(100'000'000, 2'000'000'000));
  package.serdes.lane_rate = core::Hertz(*rc::gen::inRange(100'000'000, 2'000'000'000));
  package.serdes.lanes = *rc::gen::inRange(1, 20);
  package.serdes.phy_latency = core::Picoseconds(*rc::gen::inRange(0, 60'000));
  const int64_t left = *rc::gen::inRange(0, 100'000);
  const CrossingModel crossing(package);
  const double core = 1 / package.core_clock.value();
  const double link = 1 / package.serdes.lane_rate.value();
  const auto beats = static_cast<double>(crossing.beats(34));
  const double real = 2 * core + 1 * core + 3 * link + beats * link +
                      static_cast<double>(package.serdes.phy_latency.value()) * 1e-12 + link +
                      3 * core + core;
  const int64_t arrival = crossing.arrival(crossing.ready(left) + crossing.beats(34));
  const double cycles = static_cast<double>(arrival - left) - real / core;
  RC_ASSERT(cycles > -1e-6);
  RC_ASSERT(cycles < 1 + link / core + 1e-6);
}

/// A message alone between two tiles.
int64_t deliver(const workload::Message& message, core::TileId from, core::TileId to,
                int64_t injected, const arch::PackageSpec& package) {
  std::vector<Leg> way;
  append_way(package, from, to, way);
  const int64_t last = injected + stream_cycles(package.router, message.flits(), way);
  return ZeroLoad(package).delivery(message, way, injected, last);
}

TEST(ZeroLoad, FollowsTheClosedFormForAllPairsOfAMesh) {
  auto package = package_of(1, 5);
  package.router.router_cycles = 3;
  package.router.link_cycles = 2;
  for (int from = 0; from < 25; ++from) {
    for (int to = 0; to < 25; ++to) {
      const int routers = 1 + std::abs(from % 5 - to % 5) + std::abs(from / 5 - to / 5);
      for (const int flits : {1, 7}) {
        EXPECT_EQ(
            deliver(message_of(0, 1, flits), core::TileId(from), core::TileId(to), 100, package),
            100 + (3 + 2) * routers + 1 + 1 + flits - 1);
      }
    }
  }
}

TEST(ZeroLoad, AddsTheCrossingBetweenTheEdgeRouters) {
  const auto package = package_of();
  const CrossingModel crossing(package);
  // Injected at 0: through two routers to the edge of the die, over, through two more.
  const int64_t leaves = 1 + 2 * 3;
  const int64_t enters = crossing.arrival(crossing.ready(leaves) + 37);
  EXPECT_EQ(deliver(message_of(0, 1, 1), at(package, 2, 1), at(package, 5, 1), 0, package),
            enters + 2 * 3 + 1);
}

TEST(ZeroLoad, ASlowLinkSetsThePaceOfAPacket) {
  const auto package = package_of();
  const auto packet = [&](int flits) {
    return deliver(message_of(0, 1, flits), at(package, 3, 0), at(package, 4, 0), 0, package);
  };
  // 68 more flits of 37 beats at 3.4 link cycles per core cycle, exactly.
  EXPECT_EQ(packet(69) - packet(1), 68 * 37 * 10 / 34);
}

TEST(ZeroLoad, BuffersShorterThanTheCreditLoopThrottle) {
  const std::vector<Leg> on_chip = {{.hops = 2}};
  const std::vector<Leg> over_the_edge = {{.hops = 1, .side = 0}};
  arch::RouterSpec router;
  router.buffer_flits = 5;  // P + 2 L + 1
  EXPECT_EQ(stream_cycles(router, 101, on_chip), 100);
  router.buffer_flits = 4;
  EXPECT_EQ(stream_cycles(router, 4, on_chip), 3);
  EXPECT_EQ(stream_cycles(router, 5, on_chip), 5);
  EXPECT_EQ(stream_cycles(router, 101, on_chip), 125);
  router.link_cycles = 2;
  EXPECT_EQ(stream_cycles(router, 101, on_chip), 25 * 7);
  EXPECT_EQ(stream_cycles(router, 101, over_the_edge), 125) << "ports are one cycle long";
}

/// `flits` flits that are all at the edge of the die at core cycle 0.
LinkTrain train_of(int32_t message, int64_t flits) {
  return {.message = message, .flits = flits, .first_bits = 34, .bits = 34};
}

TEST(DieLink, ServesLanesInTurn) {
  const auto package = package_of();
  const CrossingModel crossing(package);
  DieLink link(crossing, package, 4);
  EXPECT_EQ(link.next_grant(), kNever);
  for (int32_t lane = 0; lane < 3; ++lane) link.push(lane, train_of(lane, 2));
  std::vector<int32_t> served;
  for (int i = 0; i < 6; ++i) {
    const Grant grant = link.grant();
    served.push_back(grant.message);
    EXPECT_EQ(grant.start, crossing.ready(0) + 37 * i);
    EXPECT_EQ(grant.index, i / 3);
    EXPECT_EQ(grant.last, i >= 3);
    EXPECT_EQ(link.waiting(grant.lane), 1 - i / 3);
  }
  EXPECT_EQ(served, (std::vector<int32_t>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(link.next_grant(), kNever);
}

TEST(DieLink, FixedPriorityServesTheLowestLaneThatCanSend) {
  auto package = package_of();
  package.emio.merge_policy = arch::MergePolicy::kFixedPriority;
  const CrossingModel crossing(package);
  DieLink link(crossing, package, 4);
  for (int32_t lane = 2; lane >= 0; --lane) link.push(lane, train_of(lane, 2));
  std::vector<int32_t> served;
  for (int i = 0; i < 6; ++i) served.push_back(link.grant().message);
  EXPECT_EQ(served, (std::vector<int32_t>{0, 0, 1, 1, 2, 2}));
}

TEST(DieLink, TrainsOfALaneKeepTheirOrderAndTheirOwnTimes) {
  const auto package = package_of();
  const CrossingModel crossing(package);
  DieLink link(crossing, package, 4);
  LinkTrain first = train_of(0, 3);
  first.tail = 200;  // flits at cycles 0, 100, 200
  LinkTrain second = train_of(1, 1);
  second.head = second.tail = 1000;
  link.push(0, first);
  link.push(0, second);
  for (const int64_t cycle : {0, 100, 200, 1000}) {
    const Grant grant = link.grant();
    EXPECT_EQ(grant.message, cycle == 1000 ? 1 : 0);
    EXPECT_EQ(grant.ready, crossing.ready(cycle));
    EXPECT_EQ(grant.start, grant.ready);
  }
}

TEST(DieLink, ALaneWithoutCreditsDoesNotBlockAnother) {
  auto package = package_of();
  package.emio.lane_buffer_flits = 1;
  package.serdes.phy_latency = core::Picoseconds(500000);  // far longer than a flit
  const CrossingModel crossing(package);
  DieLink link(crossing, package, 4);
  link.push(0, train_of(0, 2));
  link.push(1, train_of(1, 1));
  const int64_t back = crossing.credit_return(link.grant().arrival);
  EXPECT_EQ(link.grant().message, 1);
  const Grant second = link.grant();
  EXPECT_EQ(second.message, 0);
  EXPECT_EQ(second.start, back);
}

/// Against whole numbers of any size, on clocks whose products need 128 bits and on others.
RC_GTEST_PROP(ClockRatio, IsTheCeilingOfTheExactQuotient, ()) {
  const Wide scale = Wide(*rc::gen::inRange<int64_t>(1, 2'000'000'000)) *
                     *rc::gen::element<int64_t>(1, 1'000'000, 1'000'000'000'000);
  const Wide divisor = Wide(*rc::gen::inRange<int64_t>(1, 2'000'000'000)) *
                       *rc::gen::element<int64_t>(1, 1'000'000, 1'000'000'000'000);
  const Wide offset = Wide(*rc::gen::inRange<int64_t>(0, 2'000'000'000)) * 1'000'003;
  const int64_t x = *rc::gen::inRange<int64_t>(0, 1'000'000);
  const Wide exact = scale * x + offset;
  RC_PRE(exact / divisor < Wide(1) << 62);
  const Wide result = ClockRatio(scale, offset, divisor)(x);
  RC_ASSERT(result * divisor >= exact);
  RC_ASSERT((result - 1) * divisor < exact);
}

}  // namespace
}  // namespace ranvier::analytic
