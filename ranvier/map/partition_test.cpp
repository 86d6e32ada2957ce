#include "ranvier/map/partition.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/map/chip_assignment.hpp"
#include "ranvier/map/metis.hpp"
#include "ranvier/map/search.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace ranvier::map {
namespace {

using ir::NetworkKind;
using testing::kDense8;
using testing::package_of;

constexpr codec::CodecSpec kRate3{codec::CodecKind::kRate, 1, 3, false};

struct Filled {
  ir::Network network;
  ir::Activity activity;
  arch::PackageSpec package;
  Mapping mapping;
  TileGraph graph;
  std::vector<int> start;
};

Filled filled(ir::Network network, const arch::PackageSpec& package, codec::WireKind wire) {
  Filled all{std::move(network), {}, package, {}, {}, {}};
  all.activity = testing::random_activity(all.network, 1, 0.3, 5);
  all.activity.steps = all.network.steps;
  all.mapping = map_network(all.network, package);
  all.graph =
      tile_graph(all.network, all.mapping,
                 expected_bits(all.network, all.mapping, all.activity, 0, wire, package), package);
  for (const auto& tile : all.graph.tiles) {
    all.start.push_back(
        all.mapping.layers[static_cast<size_t>(tile.layer)][static_cast<size_t>(tile.index)].chip);
  }
  return all;
}

/// Two convolutions of 6 tiles each, on two chips of 9 cores (12 tiles, 18 cores).
Filled small() {
  ir::Network network;
  network.chip_rule = ir::ChipRule::kFilled;
  network.layers.push_back(testing::input_layer({1, 6, 8}));
  const int first = testing::add_conv(network, 0, 2, 3, 1, 1);
  const int second = testing::add_conv(network, first, 2, 3, 1, 1);
  for (const int layer : {first, second}) {
    network.boundaries.push_back(
        {"after" + std::to_string(layer), layer, testing::params_for(kDense8, 2)});
  }
  return filled(std::move(network), package_of(2, 1, 3, 16), codec::WireKind::kBurst);
}

TEST(Partition, FindsTheBestOfAllAssignmentsOfASmallNetwork) {
  const Filled all = small();
  const auto tiles = static_cast<int>(all.graph.tiles.size());
  ASSERT_EQ(tiles, 12);
  constexpr int kCapacity = 7;
  double best = std::numeric_limits<double>::infinity();
  for (unsigned mask = 0; mask < 1U << tiles; ++mask) {
    const int on_second = std::popcount(mask);
    if (on_second > kCapacity || tiles - on_second > kCapacity) continue;
    std::vector<int> chips;
    for (int t = 0; t < tiles; ++t) chips.push_back(mask >> t & 1);
    const ChipAssignment state(all.graph, all.package, chips, 2);
    best = std::min(best, state.cost());
  }
  std::vector<int> start;
  for (int t = 0; t < tiles; ++t) start.push_back((t / 2 + t / 5) % 2);
  ASSERT_LT(best, expected_die_bits(all.graph, all.package, start));
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const auto chips = partition_tiles(all.graph, all.package, {start}, 2, kCapacity,
                                       {.moves_per_tile = 1000, .seed = seed});
    EXPECT_NEAR(expected_die_bits(all.graph, all.package, chips), best, 1e-6) << seed;
  }
}

TEST(Partition, KeepsToTheCapacityBeatsTheFillingAndRepeatsItself) {
  for (const auto& [kind, spec, steps] :
       {std::tuple(NetworkKind::kAnn, kDense8, 1), std::tuple(NetworkKind::kSnn, kRate3, 3)}) {
    const Filled all =
        filled(testing::filled_network(kind, spec, steps), package_of(4, 2, 3, 32),
               kind == NetworkKind::kAnn ? codec::WireKind::kBurst : codec::WireKind::kAuto);
    const auto partition = [&](uint64_t seed) {
      return partition_tiles(all.graph, all.package, {all.start}, all.mapping.chips_used, 9,
                             {.seed = seed});
    };
    const auto chips = partition(1);
    for (int chip = 0; chip < all.mapping.chips_used; ++chip) {
      EXPECT_LE(std::ranges::count(chips, chip), 9);
    }
    EXPECT_LT(1.5 * expected_die_bits(all.graph, all.package, chips),
              expected_die_bits(all.graph, all.package, all.start));
    EXPECT_EQ(partition(1), chips);
    EXPECT_NE(partition(2), chips);
  }
}

TEST(Partition, NeverEndsWorseThanItStarts) {
  const Filled all = small();
  const auto once = partition_tiles(all.graph, all.package, {all.start}, 2, 9, {});
  const auto again =
      partition_tiles(all.graph, all.package, {once}, 2, 9, {.moves_per_tile = 0, .seed = 7});
  EXPECT_LE(expected_die_bits(all.graph, all.package, again),
            expected_die_bits(all.graph, all.package, once));
}

TEST(Partition, ExpectedBitsAreThoseOfTheWorkload) {
  for (const auto& [kind, spec, steps] :
       {std::tuple(NetworkKind::kAnn, kDense8, 1), std::tuple(NetworkKind::kSnn, kRate3, 3)}) {
    const auto wire =
        kind == NetworkKind::kAnn ? codec::WireKind::kBurst : codec::WireKind::kBitmap;
    const Filled all =
        filled(testing::filled_network(kind, spec, steps), package_of(4, 2, 3, 32), wire);
    for (const auto& chips :
         {all.start, partition_tiles(all.graph, all.package, {all.start}, all.mapping.chips_used, 9,
                                     {.moves_per_tile = 20})}) {
      const Mapping mapping = on_chips(all.network, all.package, all.graph, all.mapping, chips);
      const auto workload =
          build_workload(all.network, mapping, all.activity, 0, wire, all.package);
      const auto ledger = analytic::estimate(workload, all.package).ledger;
      const auto counted = static_cast<double>(ledger[core::Event::kDieToDieBits]);
      EXPECT_NEAR(expected_die_bits(all.graph, all.package, chips) / counted, 1, 0.1);
    }
  }
}

TEST(ChipAssignmentTest, TheCostOfMovesIsThatOfTheNewAssignment) {
  Filled all = filled(testing::filled_network(NetworkKind::kSnn, kRate3, 3),
                      package_of(4, 2, 3, 32), codec::WireKind::kAuto);
  for (const auto delivery : {DeliveryMode::kUnicast, DeliveryMode::kMulticast}) {
    all.graph.delivery = delivery;
    ChipAssignment state(all.graph, all.package, all.start, 8);
    core::Rng rng(2);
    for (int round = 0; round < 300; ++round) {
      state.move(static_cast<int>(rng.below(all.graph.tiles.size())),
                 static_cast<int>(rng.below(8)));
      const ChipAssignment fresh(all.graph, all.package, state.chips(), 8);
      ASSERT_NEAR(state.cost(), fresh.cost(), 1e-9 * fresh.cost());
    }
  }
}

/// Tiles that two chips read cross the way they have in common once.
TEST(ChipAssignmentTest, MulticastCostsAtMostWhatCopiesDo) {
  Filled all = filled(testing::filled_network(NetworkKind::kAnn, kDense8), package_of(4, 2, 3, 32),
                      codec::WireKind::kBurst);
  core::Rng rng(4);
  int less = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<int> chips;
    for (size_t t = 0; t < all.graph.tiles.size(); ++t) {
      chips.push_back(static_cast<int>(rng.below(8)));
    }
    all.graph.delivery = DeliveryMode::kUnicast;
    const double copies = ChipAssignment(all.graph, all.package, chips, 8).cost();
    all.graph.delivery = DeliveryMode::kMulticast;
    const double forked = ChipAssignment(all.graph, all.package, chips, 8).cost();
    EXPECT_LE(forked, copies * (1 + 1e-12));
    less += forked < 0.95 * copies;
  }
  EXPECT_GT(less, 40);
}

TEST(MetisParts, AreNearlyEqual) {
  const Filled all = filled(testing::filled_network(NetworkKind::kAnn, kDense8),
                            package_of(4, 2, 3, 32), codec::WireKind::kBurst);
  const auto parts = metis_parts(all.graph, 4, 1);
  for (int part = 0; part < 4; ++part) {
    EXPECT_NEAR(static_cast<double>(std::ranges::count(parts, part)), 57 / 4.0, 3);
  }
}

TEST(CanPartition, NeedsAFilledNetworkWithABoundaryBehindEveryReadLayer) {
  auto network = testing::filled_network(NetworkKind::kAnn, kDense8);
  EXPECT_TRUE(can_partition(network));
  network.boundaries.pop_back();
  EXPECT_FALSE(can_partition(network));
  EXPECT_FALSE(can_partition(testing::two_chip_network(NetworkKind::kAnn, kDense8)));
}

TEST(Partition, TheSearchTakesItForFewestBits) {
  const Filled all = filled(testing::filled_network(NetworkKind::kAnn, kDense8),
                            package_of(4, 2, 3, 32), codec::WireKind::kBurst);
  const auto result =
      search_mapping({all.network, all.activity, codec::WireKind::kBurst, all.package},
                     {.objective = Objective::kBits});
  const auto bits = [&](size_t candidate) {
    return static_cast<double>(result.candidates[candidate].merit.die_bits);
  };
  EXPECT_GE(bits(0) / bits(result.chosen), 1.5);
  EXPECT_EQ(result.mapping.chips_used, all.mapping.chips_used);
}

}  // namespace
}  // namespace ranvier::map
