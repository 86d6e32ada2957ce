#include "ranvier/analytic/branches.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/analytic/plan.hpp"
#include "ranvier/analytic/test_workload.hpp"
#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace ranvier::analytic {
namespace {

using core::Event;
using testing::add_task;
using testing::message_of;
using testing::package_of;
using workload::Workload;

std::vector<int32_t> channels_of(std::span<const Leg> legs) {
  std::vector<int32_t> channels;
  for (const Leg& leg : legs) {
    for (int32_t h = 0; h < leg.hops; ++h) channels.push_back(leg.channel + h);
  }
  return channels;
}

/// One message from a tile to several, at least two of them.
struct Cast {
  core::TileId from;
  std::vector<core::TileId> to;
};

Cast any_cast(core::Rng& rng, const arch::PackageSpec& package) {
  const auto tiles = static_cast<uint64_t>(package.width() * package.height());
  Cast cast{core::TileId(static_cast<int32_t>(rng.below(tiles))), {}};
  for (uint64_t n = 2 + rng.below(12); n > 0; --n) {
    cast.to.push_back(core::TileId(static_cast<int32_t>(rng.below(tiles))));
  }
  return cast;
}

/// The last target works for `service` cycles, all others for none.
Workload workload_of(const Cast& cast, size_t last, int64_t service, int flits, bool shared) {
  Workload workload;
  const int32_t source = add_task(workload, cast.from, 0);
  for (size_t i = 0; i < cast.to.size(); ++i) {
    if (!shared && i != last) continue;
    const int32_t target = add_task(workload, cast.to[i], i == last ? service : 0);
    workload.messages.push_back(message_of(source, target, flits));
    workload.messages.back().branch = workload.messages.size() > 1;
  }
  return workload;
}

TEST(Tree, IsTheUnionOfTheWays) {
  auto package = package_of(3, 3);
  package.chips_y = 2;
  core::Rng rng(1);
  for (int round = 0; round < 300; ++round) {
    const Cast cast = any_cast(rng, package);
    std::vector<Leg> tree;
    append_tree(package, cast.from, cast.to, tree);
    std::set<int32_t> walked;
    for (const core::TileId to : cast.to) {
      std::vector<Leg> way;
      append_way(package, cast.from, to, way);
      for (const int32_t channel : channels_of(way)) walked.insert(channel);
    }
    auto channels = channels_of(tree);
    std::ranges::sort(channels);
    ASSERT_EQ(channels, std::vector(walked.begin(), walked.end())) << "every link once";
  }
}

TEST(Branches, PartWhereTheWaysDo) {
  auto package = package_of(3, 3);
  package.chips_y = 2;
  core::Rng rng(2);
  for (int round = 0; round < 300; ++round) {
    const Cast cast = any_cast(rng, package);
    const Workload workload = workload_of(cast, 0, 0, 1, true);
    const Plan plan(workload, package);
    const auto n = static_cast<int32_t>(cast.to.size());
    const int32_t root = plan.branches.root(0);
    std::vector<int> parents(cast.to.size());
    std::set<int32_t> carried;  // links, by whoever carries the packets over them
    size_t links = 0;
    const auto own = [&](int32_t message, size_t first) {
      const auto way = channels_of(plan.way(static_cast<size_t>(message)));
      for (size_t h = first; h < way.size(); ++h) carried.insert(way[h]);
      links += way.size() - std::min(first, way.size());
    };
    own(root, 0);
    for (int32_t m = 0; m < n; ++m) {
      ASSERT_EQ(plan.branches.root(m), root);
      const auto way = channels_of(plan.way(static_cast<size_t>(m)));
      for (const Branches::Part& part : plan.branches.parts(m)) {
        ++parents[static_cast<size_t>(part.message)];
        const auto other = channels_of(plan.way(static_cast<size_t>(part.message)));
        const size_t common =
            part.hops == Branches::kAtTarget ? way.size() : static_cast<size_t>(part.hops);
        ASSERT_LE(common, std::min(way.size(), other.size()));
        ASSERT_TRUE(std::equal(way.begin(), way.begin() + static_cast<std::ptrdiff_t>(common),
                               other.begin()));
        own(part.message, common);
      }
    }
    for (int32_t m = 0; m < n; ++m) {
      ASSERT_EQ(parents[static_cast<size_t>(m)], m == root ? 0 : 1) << "one carrier each";
    }
    ASSERT_EQ(links, carried.size()) << "no link is carried twice";
  }
}

/// In a row of dies: with several rows, columns side by side would share the link south.
TEST(Branches, ReachEveryTargetWhenAMessageToItAloneWould) {
  const auto package = package_of(3, 3);
  core::Rng rng(3);
  for (int round = 0; round < 60; ++round) {
    const Cast cast = any_cast(rng, package);
    const int flits = 1 + static_cast<int>(rng.below(9));
    for (size_t i = 0; i < cast.to.size(); ++i) {
      // Twins take turns on their tile: the one that works long is the last.
      if (std::ranges::count(cast.to, cast.to[i]) > 1) continue;
      const auto shared = estimate(workload_of(cast, i, 100'000, flits, true), package);
      const auto alone = estimate(workload_of(cast, i, 100'000, flits, false), package);
      ASSERT_EQ(shared.latency, alone.latency) << round << " target " << i;
    }
  }
}

TEST(Branches, CountEveryLinkOfTheTreeOnce) {
  const auto package = package_of(3, 2);  // a row of three dies: 6 x 2 tiles
  const Cast cast{
      core::TileId(0),
      {core::TileId(2), core::TileId(4), core::TileId(5), core::TileId(11), core::TileId(11)}};
  const auto ledger = estimate(workload_of(cast, 0, 0, 3, true), package).ledger;
  // Row 0 to x = 5, then one south: 6 links, 2 of them over die edges; 4 tiles.
  EXPECT_EQ(ledger[Event::kFlitHops], 3 * (6 + 4));
  EXPECT_EQ(ledger[Event::kRouterBitHops], 3 * 34 * (6 + 4));
  EXPECT_EQ(ledger[Event::kLinkBitHops], 3 * 34 * 4);
  EXPECT_EQ(ledger[Event::kNetworkInterfaceBits], 3 * 34 * (1 + 4));
  EXPECT_EQ(ledger[Event::kDieToDieBits], 2 * 3 * (34 + package.link_overhead_bits()));
  EXPECT_EQ(ledger[Event::kPackets], 1);
}

}  // namespace
}  // namespace ranvier::analytic
