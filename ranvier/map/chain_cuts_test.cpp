#include "ranvier/map/chain_cuts.hpp"

#include "ranvier/core/rng.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

namespace ranvier::map {
namespace {

using Score = std::pair<double, int>;  // bits, chips
constexpr Score kNothing{std::numeric_limits<double>::infinity(), 0};

/// Of one choice of cuts, by bit mask; kNothing when it is not allowed or does not fit.
Score score_of(const Chain& chain, unsigned mask) {
  Score score{0, 1};
  int64_t cores = 0;
  for (size_t l = 0; l < chain.cores.size(); ++l) {
    cores += chain.cores[l];
    if (cores > chain.capacity) return kNothing;
    if ((mask >> l & 1) == 0) continue;
    if (!chain.may_cut[l]) return kNothing;
    score.first += chain.cut_bits[l];
    ++score.second;
    cores = 0;
  }
  return score.second <= chain.chips ? score : kNothing;
}

Chain any_chain(core::Rng& rng) {
  Chain chain;
  const size_t layers = 2 + rng.below(8);
  for (size_t l = 0; l < layers; ++l) {
    chain.cores.push_back(static_cast<int64_t>(rng.below(9)));
    chain.may_cut.push_back(l > 0 && l + 1 < layers && rng.below(4) > 0);
    chain.cut_bits.push_back(static_cast<double>(rng.below(20)));
  }
  chain.capacity = 8 + static_cast<int64_t>(rng.below(12));
  chain.chips = 1 + static_cast<int>(rng.below(5));
  return chain;
}

/// Of all choices of cuts, or of those with exactly so many chips.
Score least(const Chain& chain, int chips = 0) {
  Score best = kNothing;
  for (unsigned mask = 0; mask < 1U << (chain.cores.size() - 1); ++mask) {
    const Score score = score_of(chain, mask);
    if (chips == 0 || score.second == chips) best = std::min(best, score);
  }
  return best;
}

Score score_of(const Chain& chain, const std::optional<std::vector<int>>& cuts) {
  if (!cuts) return kNothing;
  unsigned mask = 0;
  for (const int cut : *cuts) mask |= 1U << cut;
  return score_of(chain, mask);
}

TEST(BestCuts, AgreeWithEveryChoiceOfCuts) {
  core::Rng rng(4);
  int fitting = 0;
  for (int round = 0; round < 300; ++round) {
    const Chain chain = any_chain(rng);
    const auto found = best_cuts(chain);
    EXPECT_EQ(score_of(chain, found), least(chain)) << round;
    fitting += found.has_value();
  }
  EXPECT_GT(fitting, 100);
}

TEST(CutsByChips, AgreeWithEveryChoiceOfSoManyCuts) {
  core::Rng rng(5);
  int fitting = 0;
  for (int round = 0; round < 200; ++round) {
    const Chain chain = any_chain(rng);
    const auto found = cuts_by_chips(chain);
    for (int chips = 1; chips <= chain.chips; ++chips) {
      const auto index = static_cast<size_t>(chips) - 1;
      if (index >= found.size()) {
        EXPECT_EQ(least(chain, chips), kNothing) << "fewer layers than chips";
        continue;
      }
      EXPECT_EQ(score_of(chain, found[index]), least(chain, chips)) << round;
      fitting += found[index].has_value();
    }
  }
  EXPECT_GT(fitting, 100);
}

TEST(ChainOf, AllowsCutsWhereOneTensorCrosses) {
  const auto network =
      testing::filled_network(ir::NetworkKind::kAnn, {codec::CodecKind::kDense, 8, 1, false});
  arch::PackageSpec package;
  package.chips_x = 4;
  package.chips_y = 2;
  package.chip.mesh = 3;
  package.chip.neurons_per_core = 32;
  const Mapping mapping = map_network(network, package);
  std::vector<ExpectedBits> bits(network.layers.size(), {.per_element = 2, .per_block = 0});
  const TileGraph graph = tile_graph(network, mapping, bits, package);
  const Chain chain = chain_of(network, mapping, graph, package);
  // The residual from layer 1 to 3 crosses a cut after layer 2; the last layer ends the network.
  EXPECT_EQ(chain.may_cut, (std::vector<bool>{false, true, false, true, true, false}));
  EXPECT_EQ(chain.cores, (std::vector<int64_t>{0, 16, 16, 16, 8, 1}));
  EXPECT_EQ(chain.cut_bits[3], 2.0 * 512) << "every element of layer 3 is read once per chip";
  EXPECT_EQ(chain.cut_bits[4], 2.0 * 256);
  EXPECT_EQ(chain.capacity, 9);
  EXPECT_FALSE(best_cuts(chain)) << "a layer of 16 cores fits no chip of 9";
}

}  // namespace
}  // namespace ranvier::map
