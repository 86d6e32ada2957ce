#include "ranvier/analytic/plan.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/analytic/test_workload.hpp"
#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <map>
#include <tuple>
#include <vector>

namespace ranvier::analytic {
namespace {

using core::Event;
using testing::add_task;
using testing::at;
using testing::message_of;
using testing::package_of;
using workload::Workload;

/// A way walked tile by tile: x first, then y.
struct Walk {
  std::vector<int32_t> channels;
  std::vector<std::tuple<int32_t, int32_t>> crossings;  // side, lane
};

Walk walk(const arch::PackageSpec& package, arch::Coordinates from, arch::Coordinates to) {
  const int mesh = package.chip.mesh;
  Walk walk;
  while (!(from == to)) {
    auto next = from;
    int direction = 0;
    if (from.x != to.x) {
      direction = to.x > from.x ? 0 : 1;
      next.x += to.x > from.x ? 1 : -1;
    } else {
      direction = to.y > from.y ? 2 : 3;
      next.y += to.y > from.y ? 1 : -1;
    }
    const int chip = from.y / mesh * package.chips_x + from.x / mesh;
    const int side = chip * 4 + direction;
    const int lane = direction < 2 ? from.y % mesh : from.x % mesh;
    const int inside = direction < 2 ? from.x % mesh : from.y % mesh;
    const int before = direction % 2 == 0 ? inside : mesh - 1 - inside;
    walk.channels.push_back((side * mesh + lane) * mesh + before);
    if (from.x / mesh != next.x / mesh || from.y / mesh != next.y / mesh) {
      walk.crossings.emplace_back(side, lane);
    }
    from = next;
  }
  return walk;
}

TEST(Route, EveryWayIsTheOneWalkedTileByTile) {
  auto package = package_of(3, 3);
  package.chips_y = 2;
  const int tiles = package.width() * package.height();
  for (int from = 0; from < tiles; ++from) {
    for (int to = 0; to < tiles; ++to) {
      std::vector<Leg> legs;
      append_way(package, core::TileId(from), core::TileId(to), legs);
      Walk found;
      for (const Leg& leg : legs) {
        for (int h = 0; h < leg.hops; ++h) found.channels.push_back(leg.channel + h);
        if (leg.side != kOnChip) found.crossings.emplace_back(leg.side, leg.lane);
      }
      const Walk expected = walk(package, arch::coordinates(package, core::TileId(from)),
                                 arch::coordinates(package, core::TileId(to)));
      ASSERT_EQ(found.channels, expected.channels) << from << " " << to;
      ASSERT_EQ(found.crossings, expected.crossings) << from << " " << to;
    }
  }
}

TEST(Plan, NumbersTheSidesAndCoresThatAreUsed) {
  const auto package = package_of(3, 4);
  Workload workload;
  const auto a = add_task(workload, at(package, 5, 1), 1);
  const auto b = add_task(workload, at(package, 9, 1), 1);
  const auto c = add_task(workload, at(package, 0, 0), 1);
  workload.messages = {message_of(a, b, 2), message_of(a, c, 3)};
  workload.messages[1].bits = 100;  // a first flit of 32 bits
  const Plan plan(workload, package);
  EXPECT_EQ(plan.cores, 3);
  EXPECT_EQ(plan.core, (std::vector<int32_t>{1, 2, 0}));
  EXPECT_EQ(plan.inputs, (std::vector<int32_t>{0, 1, 1}));
  ASSERT_EQ(plan.totals.sides.size(), 2u);
  const SideLoad& east = plan.totals.sides[0];
  EXPECT_EQ(std::tuple(east.chip, east.direction), std::tuple(1, Direction::kEast));
  ASSERT_EQ(east.flits.size(), 1u);
  EXPECT_EQ(east.flits[0].count, 2);
  const SideLoad& west = plan.totals.sides[1];
  EXPECT_EQ(std::tuple(west.chip, west.direction), std::tuple(1, Direction::kWest));
  ASSERT_EQ(west.flits.size(), 2u);
  EXPECT_EQ(std::tuple(west.flits[0].bits, west.flits[0].count), std::tuple(32, 1));
  EXPECT_EQ(std::tuple(west.flits[1].bits, west.flits[1].count), std::tuple(34, 2));
  EXPECT_EQ(plan.totals.crossing_bits, 68 + 100);
  EXPECT_EQ(plan.totals.crossing_flits, 5);
  EXPECT_EQ(plan.way(1).front().side, 1);
}

TEST(Plan, GivesOnAnyLinkWhatAFreshOneGives) {
  auto package = package_of(2, 4);
  Workload workload;
  const auto a = add_task(workload, at(package, 1, 1), 4);
  const auto b = add_task(workload, at(package, 6, 2), 3);
  const auto c = add_task(workload, at(package, 5, 2), 2);
  workload.messages = {message_of(a, b, 30), message_of(a, c, 20), message_of(b, c, 5)};
  const Plan plan(workload, package);
  for (const int lanes : {1, 3, 40}) {
    for (const int buffer : {2, 8}) {
      package.serdes.lanes = lanes;
      package.router.buffer_flits = buffer;
      const Estimate shared = estimate(plan, package);
      const Estimate fresh = estimate(workload, package);
      EXPECT_EQ(shared.latency, fresh.latency);
      EXPECT_EQ(shared.busiest_name, fresh.busiest_name);
      EXPECT_EQ(shared.ledger, fresh.ledger);
    }
  }
}

TEST(Plan, RefusesAnotherMesh) {
  const Workload workload;
  const Plan plan(workload, package_of(2, 4));
  EXPECT_THROW(estimate(plan, package_of(2, 5)), core::ContractViolation);
  EXPECT_THROW(estimate(plan, package_of(1, 4)), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::analytic
