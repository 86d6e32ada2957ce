#include "ranvier/map/anneal.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/map/placement.hpp"
#include "ranvier/map/placement_state.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

namespace ranvier::map {
namespace {

using ir::NetworkKind;

/// A mapped network with its workload.
struct Mapped {
  ir::Network network;
  arch::PackageSpec package;
  Mapping mapping;
  workload::Workload workload;
  PlacementProblem problem;
};

Mapped mapped(ir::Network network, arch::PackageSpec package, int steps) {
  auto activity = testing::random_activity(network, 1, 0.3, 5);
  activity.steps = steps;
  Mapped all{std::move(network), package, {}, {}, {}};
  all.mapping = map_network(all.network, package);
  all.workload =
      build_workload(all.network, all.mapping, activity, 0, codec::WireKind::kAuto, package);
  all.problem = placement_problem(all.network, all.mapping, all.workload);
  return all;
}

arch::PackageSpec package(int chips, int mesh, int neurons) {
  arch::PackageSpec spec;
  spec.chips_x = chips;
  spec.chip.mesh = mesh;
  spec.chip.neurons_per_core = neurons;
  return spec;
}

Mapped two_chips(NetworkKind kind, const char* codec, int steps) {
  return mapped(testing::two_chip_network(kind, codec::parse_codec(codec, "t"), steps),
                package(2, 6, 64), steps);
}

/// image -> conv -> conv -> head on one chip: five tiles.
Mapped one_chip() {
  ir::Network network;
  network.name = "one_chip";
  network.layers.push_back(testing::input_layer({1, 4, 4}));
  const int first = testing::add_conv(network, 0, 2, 3, 1, 1);
  const int second = testing::add_conv(network, first, 2, 3, 1, 1);
  testing::add_head(network, second, 3, ir::Op::kLinear);
  return mapped(std::move(network), package(1, 3, 16), 1);
}

void expect_legal(const Mapped& all, const Mapping& mapping) {
  const int margin = margin_of(all.network);
  std::set<core::TileId> taken;
  for (size_t l = 1; l < mapping.layers.size(); ++l) {
    for (size_t t = 0; t < mapping.layers[l].size(); ++t) {
      const LayerTile& tile = mapping.layers[l][t];
      EXPECT_TRUE(taken.insert(tile.tile).second) << "one tile per core";
      EXPECT_EQ(tile.region, all.mapping.layers[l][t].region);
      const auto usable = core_order(all.package, core::ChipId(tile.chip), 2, margin);
      EXPECT_TRUE(std::ranges::count(usable, tile.tile)) << "a usable core of its own chip";
    }
  }
  for (size_t b = 0; b < mapping.crossings.size(); ++b) {
    for (const Crossing& crossing : mapping.crossings[b]) {
      const core::ChipId near(static_cast<int>(b)), far(crossing.far_chip);
      EXPECT_EQ(crossing.near_gateway,
                gateway(all.package, near, leaving_side(all.package, near, far), crossing.lane));
      EXPECT_EQ(crossing.far_gateway,
                gateway(all.package, far, arriving_side(all.package, near, far), crossing.lane));
    }
  }
}

TEST(PlacementProblemTest, FlowsCarryWhatTheAnalyticModelCounts) {
  for (const auto& all :
       {two_chips(NetworkKind::kHnn, "graded(2)", 1), two_chips(NetworkKind::kAnn, "dense(8)", 1),
        two_chips(NetworkKind::kSnn, "rate(3)", 3)}) {
    const auto ledger = analytic::estimate(all.workload, all.package).ledger;
    int64_t bits = 0;
    for (const auto& message : all.workload.messages) bits += message.bits;
    // Every message passes one router more than it has hops.
    EXPECT_EQ(placement_cost(all.problem, all.mapping, all.package).wire_bit_hops,
              ledger[core::Event::kRouterBitHops] - bits);
  }
}

TEST(PlacementProblemTest, ContentionIsTheSquareOfWhatOneResourceServes) {
  // One flow of 3 flits over 2 channels east and 1 south: injection, 3 channels, ejection.
  PlacementProblem problem;
  problem.phases = 1;
  problem.items.resize(2);
  problem.items[0].indices = {0};
  problem.items[1].indices = {1};
  problem.flows.push_back({{0, 0}, std::vector<FlowEnd>{{1, 0}}, 0, 30, 3});
  const auto spec = package(1, 4, 16);
  Mapping mapping;
  mapping.layers = {{{{}, arch::tile_at(spec, {0, 0}), 0}, {{}, arch::tile_at(spec, {2, 1}), 0}}};
  EXPECT_EQ(placement_cost(problem, mapping, spec).contention, 5 * 9);
  EXPECT_EQ(placement_cost(problem, mapping, spec).wire_bit_hops, 90);
  // The same flow again shares all five: (3 + 3)^2 each; in another phase it shares none.
  problem.flows.push_back(problem.flows.front());
  EXPECT_EQ(placement_cost(problem, mapping, spec).contention, 5 * 36);
  problem.phases = 2;
  problem.flows.back().phase = 1;
  EXPECT_EQ(placement_cost(problem, mapping, spec).contention, 5 * 18);
}

TEST(PlacementStateTest, TheCostOfMovesIsThatOfTheNewPlacement) {
  const auto all = two_chips(NetworkKind::kHnn, "graded(2)", 1);
  PlacementState state(all.problem, all.mapping, all.package, true);
  Mapping mapping = all.mapping;
  core::Rng rng(11);
  std::vector<int> tiles;
  for (size_t i = 0; i < all.problem.items.size(); ++i) {
    if (all.problem.items[i].kind == PlacedItem::Kind::kTile) tiles.push_back(static_cast<int>(i));
  }
  const auto tile_of = [&](int item) -> core::TileId& {
    const auto& of = all.problem.items[static_cast<size_t>(item)];
    return mapping.layers[static_cast<size_t>(of.group)][static_cast<size_t>(of.indices.front())]
        .tile;
  };
  for (int round = 0; round < 300; ++round) {
    const int a = tiles[rng.below(tiles.size())];
    const int b = tiles[rng.below(tiles.size())];
    if (round % 2 == 0 && a != b) {
      state.swap(a, b);
      std::swap(tile_of(a), tile_of(b));
    } else {
      const arch::Coordinates to{static_cast<int>(rng.below(12)), static_cast<int>(rng.below(6))};
      state.move(a, to);
      tile_of(a) = arch::tile_at(all.package, to);
    }
    const PlacementCost fresh = placement_cost(all.problem, mapping, all.package);
    ASSERT_EQ(state.cost().wire_bit_hops, fresh.wire_bit_hops) << round;
    ASSERT_EQ(state.cost().contention, fresh.contention) << round;
  }
}

TEST(AnnealTest, FindsTheShortestWiresOfASmallChip) {
  const auto all = one_chip();
  std::vector<core::TileId*> places;
  Mapping trial = all.mapping;
  for (size_t l = 1; l < trial.layers.size(); ++l) {
    for (LayerTile& tile : trial.layers[l]) places.push_back(&tile.tile);
  }
  ASSERT_EQ(places.size(), 5u);
  int64_t best = std::numeric_limits<int64_t>::max();
  std::vector<int> cores{0, 1, 2, 3, 4, 5, 6, 7, 8};
  do {  // every choice of 5 of 9 cores, each several times
    for (size_t i = 0; i < places.size(); ++i) *places[i] = core::TileId(cores[i]);
    best = std::min(best, placement_cost(all.problem, trial, all.package).wire_bit_hops);
    std::reverse(cores.begin() + 5, cores.end());
  } while (std::next_permutation(cores.begin(), cores.end()));
  ASSERT_LT(best, placement_cost(all.problem, all.mapping, all.package).wire_bit_hops);
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const Mapping found = anneal_placement(all.network, all.problem, all.mapping, all.package,
                                           {.moves_per_item = 4000, .seed = seed});
    EXPECT_EQ(placement_cost(all.problem, found, all.package).wire_bit_hops, best) << seed;
  }
}

TEST(AnnealTest, IsLegalBetterAndTheSameForTheSameSeed) {
  for (const auto& all :
       {two_chips(NetworkKind::kHnn, "graded(2)", 1), two_chips(NetworkKind::kSnn, "rate(3)", 3)}) {
    const auto cost = [&](const Mapping& m) { return placement_cost(all.problem, m, all.package); };
    const auto anneal = [&](double weight, uint64_t seed) {
      return anneal_placement(all.network, all.problem, all.mapping, all.package,
                              {.contention_weight = weight, .seed = seed});
    };
    const Mapping wires = anneal(0, 1);
    const Mapping spread = anneal(100, 1);
    expect_legal(all, wires);
    expect_legal(all, spread);
    EXPECT_LT(cost(wires).wire_bit_hops, cost(all.mapping).wire_bit_hops);
    EXPECT_LT(cost(spread).contention, cost(all.mapping).contention);
    const auto places = [](const Mapping& m) {
      std::vector<int> tiles;
      for (const auto& layer : m.layers) {
        for (const LayerTile& tile : layer) tiles.push_back(tile.tile.index());
      }
      for (const auto& boundary : m.crossings) {
        for (const Crossing& crossing : boundary) tiles.push_back(crossing.lane);
      }
      return tiles;
    };
    EXPECT_EQ(places(anneal(100, 1)), places(spread));
    EXPECT_NE(places(anneal(100, 2)), places(spread));
  }
}

TEST(AnnealTest, TilesThatTakeTurnsMoveTogether) {
  auto spec = package(2, 4, 128);
  spec.chip.passes = 2;
  const auto all =
      mapped(testing::two_chip_network(NetworkKind::kHnn, codec::parse_codec("graded(2)", "t"), 1),
             spec, 1);
  const Mapping found =
      anneal_placement(all.network, all.problem, all.mapping, all.package, {.seed = 2});
  EXPECT_LT(placement_cost(all.problem, found, all.package).wire_bit_hops,
            placement_cost(all.problem, all.mapping, all.package).wire_bit_hops);
  for (const auto& layer : {1, 2, 3, 4}) {
    const auto& before = all.mapping.layers[static_cast<size_t>(layer)];
    const auto& after = found.layers[static_cast<size_t>(layer)];
    for (size_t a = 0; a < before.size(); ++a) {
      for (size_t b = 0; b < before.size(); ++b) {
        EXPECT_EQ(before[a].tile == before[b].tile, after[a].tile == after[b].tile);
      }
    }
  }
}

TEST(AnnealTest, WithoutMovesNothingChanges) {
  const auto all = two_chips(NetworkKind::kHnn, "graded(2)", 1);
  const Mapping found = anneal_placement(all.network, all.problem, all.mapping, all.package,
                                         {.contention_weight = 1, .moves_per_item = 0});
  EXPECT_EQ(placement_cost(all.problem, found, all.package).contention,
            placement_cost(all.problem, all.mapping, all.package).contention);
}

}  // namespace
}  // namespace ranvier::map
