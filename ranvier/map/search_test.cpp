#include "ranvier/map/search.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ranvier::map {
namespace {

class SearchTest : public ::testing::Test {
 protected:
  SearchTest()
      : network_(testing::two_chip_network(ir::NetworkKind::kHnn,
                                           codec::parse_codec("graded(2)", "t"), 1)),
        activity_(testing::random_activity(network_, 1, 0.3, 5)) {
    package_.chips_x = 2;
    package_.chip.mesh = 8;
    package_.chip.neurons_per_core = 128;
    package_.core_clock = core::Hertz(1e9);
    package_.serdes.lanes = 16;
    package_.serdes.lane_rate = core::Hertz(16e9);
  }

  SearchResult search(Objective objective) const {
    SearchOptions options{.objective = objective, .moves_per_item = 100};
    options.energy_pj = [](const analytic::Estimate& estimate) {
      return static_cast<double>(estimate.ledger[core::Event::kLinkBitHops]);
    };
    return search_mapping({network_, activity_, codec::WireKind::kAuto, package_}, options);
  }

  ir::Network network_;
  ir::Activity activity_;
  arch::PackageSpec package_;
};

TEST_F(SearchTest, KeepsTheBestCandidateAndItsMapping) {
  using enum Objective;
  for (const Objective objective : {kBits, kLatency, kEnergy, kEdp}) {
    const SearchResult result = search(objective);
    EXPECT_EQ(result.candidates.front().name, "naive");
    const Merit& best = result.candidates[result.chosen].merit;
    for (const Candidate& candidate : result.candidates) {
      EXPECT_FALSE(is_better(candidate.merit, best, objective)) << candidate.name;
    }
    const auto workload =
        build_workload(network_, result.mapping, activity_, 0, codec::WireKind::kAuto, package_);
    const auto estimate = analytic::estimate(workload, package_);
    EXPECT_EQ(estimate.latency.value(), best.latency_cycles);
    EXPECT_EQ(estimate.ledger[core::Event::kLinkBitHops], best.mesh_bit_hops);
    EXPECT_EQ(estimate.ledger[core::Event::kDieToDieBits], best.die_bits);
  }
}

TEST_F(SearchTest, BeatsTheNaiveMappingByTheTarget) {
  const SearchResult result = search(Objective::kLatency);
  const auto naive = static_cast<double>(result.candidates.front().merit.latency_cycles);
  const auto found = static_cast<double>(result.candidates[result.chosen].merit.latency_cycles);
  EXPECT_GE(naive / found, 1.3);
}

TEST_F(SearchTest, SpreadsOnlyAsFarAsTheCoresReach) {
  EXPECT_TRUE(can_spread(network_, package_, {2, 1}));
  package_.chip.mesh = 6;  // 16 cores inside; the first chip has 8 tiles
  EXPECT_TRUE(can_spread(network_, package_, {2, 1}));
  EXPECT_FALSE(can_spread(network_, package_, {4, 1}));
  const Mapping spread = map_network(network_, package_, {2, 1});
  const Mapping naive = map_network(network_, package_);
  EXPECT_EQ(spread.layers[1].size(), 2 * naive.layers[1].size());
  EXPECT_EQ(spread.layers[3].size(), naive.layers[3].size());
  for (const LayerTile& tile : spread.layers[1]) EXPECT_LE(tile.region.neurons(), 64);
}

TEST(FilledSearchTest, SpreadsTheSlowestLayersWhereThereAreSpareChips) {
  const auto network = testing::filled_network(ir::NetworkKind::kAnn, testing::kDense8);
  const auto activity = testing::random_activity(network, 1, 0.3, 5);
  const auto search = [&](int chips_x, Objective objective) {
    auto package = testing::package_of(chips_x, 1, 3, 32);
    package.serdes.lanes = 64;
    package.compute.macs_per_cycle = 1;
    return search_mapping({network, activity, codec::WireKind::kBurst, package},
                          {.objective = objective, .moves_per_item = 20});
  };
  const auto spreads = [](const SearchResult& result) {
    return std::ranges::count_if(result.candidates, [](const Candidate& candidate) {
      return candidate.name.starts_with("spread conv");
    });
  };
  const SearchResult full = search(7, Objective::kLatency);  // 57 cores on 63
  const SearchResult spare = search(28, Objective::kLatency);
  EXPECT_EQ(spreads(full), 0);
  EXPECT_GE(spreads(spare), 3);
  EXPECT_LT(1.5 * static_cast<double>(spare.candidates[spare.chosen].merit.latency_cycles),
            static_cast<double>(full.candidates[full.chosen].merit.latency_cycles));
  EXPECT_GT(spare.mapping.chips_used, full.mapping.chips_used);
  EXPECT_EQ(spreads(search(28, Objective::kBits)), 0) << "more tiles are more bits";
}

TEST_F(SearchTest, AnEnergyObjectiveNeedsPrices) {
  EXPECT_THROW(search_mapping({network_, activity_, codec::WireKind::kAuto, package_},
                              {.objective = Objective::kEnergy}),
               core::ContractViolation);
}

TEST(ObjectiveTest, ComparesBitsBeforeBitHops) {
  const Merit few{.die_bits = 1, .mesh_bit_hops = 9, .latency_cycles = 4, .energy_pj = 2};
  const Merit many{.die_bits = 2, .mesh_bit_hops = 3, .latency_cycles = 3, .energy_pj = 3};
  EXPECT_TRUE(is_better(few, many, Objective::kBits));
  EXPECT_FALSE(is_better(few, many, Objective::kLatency));
  EXPECT_TRUE(is_better(few, many, Objective::kEnergy));
  EXPECT_TRUE(is_better(few, many, Objective::kEdp));
  EXPECT_FALSE(is_better(few, few, Objective::kBits)) << "equal is not better";
}

}  // namespace
}  // namespace ranvier::map
