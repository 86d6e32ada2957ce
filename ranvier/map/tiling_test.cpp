#include "ranvier/map/tiling.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ranvier::map {
namespace {

constexpr CoreLimits kRoomy{256, 65536 * 8, 8};

ir::Network one_conv(ir::Shape in, int channels, int kernel, int stride, int padding) {
  ir::Network network;
  network.layers.push_back(testing::input_layer(in));
  testing::add_conv(network, 0, channels, kernel, stride, padding);
  return network;
}

/// Input elements received by all tiles, tile by tile.
int64_t traffic_of(const ir::Network& network, const std::vector<Region>& regions) {
  int64_t traffic = 0;
  for (const Region& region : regions) {
    traffic += need_of(network, network.layers[1], region, Operand::kInput)
                   .elements(whole(network.layers[0].out));
  }
  return traffic;
}

RC_GTEST_PROP(Tiling, CoversEveryNeuronOnceWithinTheLimits, ()) {
  const auto network =
      one_conv({*rc::gen::inRange(1, 5), *rc::gen::inRange(4, 12), *rc::gen::inRange(4, 12)},
               *rc::gen::inRange(1, 20), *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 3), 1);
  const ir::Layer& layer = network.layers[1];
  const CoreLimits limits{*rc::gen::inRange(1, 64), *rc::gen::inRange(400, 4000), 8};
  const auto goal = *rc::gen::element(TilingGoal::kLeastTraffic, TilingGoal::kFewestTiles);
  const Tiling tiling = best_tiling(network, layer, limits, goal);
  const auto regions = regions_of(tiling, layer.out);
  RC_ASSERT(static_cast<int64_t>(regions.size()) == tiling.tiles());
  std::vector<int> covered(static_cast<size_t>(layer.out.size()));
  for (const Region& region : regions) {
    RC_ASSERT(region.neurons() > 0 && region.neurons() <= limits.neurons);
    RC_ASSERT(layer.weights / layer.out.channels * region.channels.size() * 8 <=
              limits.weight_bits);
    for (const uint32_t element : elements_of(region, layer.out)) ++covered[element];
  }
  for (const int times : covered) RC_ASSERT(times == 1);
  RC_ASSERT(tiling.traffic == traffic_of(network, regions));
}

TEST(Tiling, PrefersSquarePatchesOfAllChannels) {
  const auto network = one_conv({16, 32, 32}, 16, 3, 1, 1);
  const Tiling tiling = best_tiling(network, network.layers[1], kRoomy, TilingGoal::kLeastTraffic);
  EXPECT_EQ(tiling.channel_groups, 1);
  EXPECT_EQ(tiling.row_parts, 8);
  EXPECT_EQ(tiling.column_parts, 8);
  // 8 x 8 tiles of 4 x 4; a border tile needs 5 rows instead of 6.
  EXPECT_EQ(tiling.traffic, 16 * (6 * 6 + 2 * 5) * (6 * 6 + 2 * 5));
}

TEST(Tiling, CutsChannelsWhenTheWeightsDoNotFit) {
  const auto network = one_conv({64, 8, 8}, 64, 3, 1, 1);
  CoreLimits limits = kRoomy;
  limits.weight_bits = 64 * 9 * 16 * 8;  // sixteen output channels
  const Tiling tiling = best_tiling(network, network.layers[1], limits, TilingGoal::kLeastTraffic);
  EXPECT_EQ(tiling.channel_groups, 4);
}

TEST(Tiling, FewestTilesNeverNeedsMoreThanLeastTraffic) {
  for (const int channels : {5, 16, 40}) {
    const auto network = one_conv({8, 9, 11}, channels, 3, 1, 1);
    const auto& layer = network.layers[1];
    const Tiling lean = best_tiling(network, layer, kRoomy, TilingGoal::kLeastTraffic);
    const Tiling few = best_tiling(network, layer, kRoomy, TilingGoal::kFewestTiles);
    EXPECT_LE(few.tiles(), lean.tiles());
    EXPECT_GE(few.traffic, lean.traffic);
  }
}

TEST(Tiling, RefusesAChannelWhoseWeightsFitNoCore) {
  const auto network = one_conv({64, 8, 8}, 64, 3, 1, 1);
  CoreLimits limits = kRoomy;
  limits.weight_bits = 64 * 9 * 8 - 8;
  try {
    best_tiling(network, network.layers[1], limits, TilingGoal::kLeastTraffic);
    FAIL();
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "hardware.weight_sram_bytes");
    EXPECT_EQ(error.refusal().allowed, "at least 576");
    EXPECT_NE(error.refusal().hint.find("conv1"), std::string::npos);
  }
}

}  // namespace
}  // namespace ranvier::map
