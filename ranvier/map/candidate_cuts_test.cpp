#include "ranvier/map/candidate_cuts.hpp"

#include "ranvier/map/placement.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <vector>

namespace ranvier::map {
namespace {

using testing::kGraded;

/// Six convolutions, the later ones smaller, with a cut behind each of the first five.
ir::Network network_of_six() {
  ir::Network network;
  network.name = "six";
  network.kind = ir::NetworkKind::kHnn;
  network.layers.push_back(testing::input_layer({3, 8, 8}));
  int at = 0;
  for (int i = 0; i < 6; ++i) {
    at = testing::add_conv(network, at, 8, 3, i == 2 ? 2 : 1, 1);
    if (i == 5) break;
    network.boundaries.push_back(
        {"after" + std::to_string(i), at, testing::params_for(kGraded, 8)});
  }
  return network;
}

arch::PackageSpec package_of_six() {
  arch::PackageSpec package;
  package.chips_x = 6;
  package.chip.mesh = 5;  // 3 x 3 inner cores
  package.chip.neurons_per_core = 128;
  return package;
}

/// Of the kept cuts, by bit mask: bits, or below 0 when a chip does not fit; and the fullest chip.
std::pair<double, int64_t> tried(const ir::Network& network, const Mapping& mapping,
                                 const std::vector<double>& bits, unsigned mask, int64_t capacity) {
  double sum = 0;
  int64_t cores = 0, most = 0;
  for (size_t l = 1; l < network.layers.size(); ++l) {
    cores += static_cast<int64_t>(mapping.layers[l].size());
    most = std::max(most, cores);
    const int boundary = network.boundary_after(static_cast<int>(l));
    if (boundary < 0 || (mask >> boundary & 1) == 0) continue;
    sum += bits[static_cast<size_t>(boundary)];
    cores = 0;
  }
  return {most > capacity ? -1 : sum, most};
}

TEST(CutChoices, KeepTheCheapestOfEverySoManyThatFit) {
  const ir::Network network = network_of_six();
  const auto package = package_of_six();
  const Mapping mapping = map_network(network, package);
  const int64_t capacity = usable_cores(package.chip.mesh, margin_of(network));
  const std::vector<double> bits{900, 300, 50, 70, 60};
  const auto choices = cut_choices(network, mapping, bits, package);
  ASSERT_FALSE(choices.empty());
  EXPECT_GT(choices.front().chips, 1) << "the whole network does not fit one chip";
  EXPECT_EQ(choices.back().chips, 6);
  for (const CutChoice& choice : choices) {
    double least = -1;
    for (unsigned mask = 0; mask < 32; ++mask) {
      if (std::popcount(mask) + 1 != choice.chips) continue;
      const double here = tried(network, mapping, bits, mask, capacity).first;
      if (here >= 0 && (least < 0 || here < least)) least = here;
    }
    EXPECT_EQ(choice.bits, least) << choice.chips;
    unsigned mask = 0;
    for (const int boundary : choice.kept) mask |= 1U << boundary;
    EXPECT_EQ(std::popcount(mask) + 1, choice.chips);
    EXPECT_EQ(tried(network, mapping, bits, mask, capacity),
              std::pair(choice.bits, choice.most_cores));
    EXPECT_LE(choice.most_cores, capacity);
  }
}

}  // namespace
}  // namespace ranvier::map
