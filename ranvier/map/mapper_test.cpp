#include "ranvier/map/mapper.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/placement.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

namespace ranvier::map {
namespace {

using testing::kGraded;
using testing::package_of;
using testing::refusal_of;
using testing::two_chip_network;

TEST(Placement, EveryOrderVisitsEveryCoreOnceAndStepsToANeighbour) {
  arch::PackageSpec package = package_of(2, 1, 4, 128);
  package.chips_y = 2;
  for (int chip = 0; chip < 4; ++chip) {
    const auto order = core_order(package, core::ChipId(chip), 4, 0);
    EXPECT_EQ(std::set(order.begin(), order.end()).size(), 16u);
    for (size_t i = 1; i < order.size(); ++i) {
      const auto a = arch::coordinates(package, order[i - 1]);
      const auto b = arch::coordinates(package, order[i]);
      EXPECT_EQ(std::abs(a.x - b.x) + std::abs(a.y - b.y), 1);
    }
  }
}

TEST(Placement, OrderStartsAtTheSideFacingThePreviousChip) {
  arch::PackageSpec package = package_of(2, 1, 4, 128);
  package.chips_y = 2;
  // Serpentine: 0 (west), 1 (east), 2 below 1, 3 below 0. Chip 2 is entered from the north, chip 3
  // from the east.
  EXPECT_EQ(arch::coordinates(package, core_order(package, core::ChipId(2), 4, 0).front()).y, 4);
  EXPECT_EQ(arch::coordinates(package, core_order(package, core::ChipId(3), 4, 0).front()).x, 3);
  EXPECT_EQ(arch::coordinates(package, core_order(package, core::ChipId(0), 1, 0).front()).x, 0);
}

TEST(Placement, GatewaysFaceEachOtherAcrossOneEdge) {
  arch::PackageSpec package = package_of(2, 1, 4, 128);
  package.chips_y = 2;
  for (int chip = 0; chip < 3; ++chip) {
    const core::ChipId near(chip), far(chip + 1);
    for (int lane = 0; lane < 4; ++lane) {
      const auto a =
          arch::coordinates(package, gateway(package, near, side_facing(package, near, far), lane));
      const auto b =
          arch::coordinates(package, gateway(package, far, side_facing(package, far, near), lane));
      EXPECT_EQ(std::abs(a.x - b.x) + std::abs(a.y - b.y), 1) << "chip " << chip;
    }
  }
}

TEST(Placement, RefusesASideBetweenChipsThatDoNotTouch) {
  const arch::PackageSpec package = package_of(3, 1, 4, 128);
  EXPECT_THROW(side_facing(package, core::ChipId(0), core::ChipId(2)), core::ContractViolation);
}

TEST(Placement, LanesAreBalancedFirstAndNearSecond) {
  const arch::PackageSpec package = package_of(2, 1, 4, 128);
  std::vector<core::TileId> tiles;
  for (int y = 0; y < 4; ++y) tiles.push_back(arch::tile_at(package, {1, y}));
  EXPECT_EQ(balance_lanes(package, Side::kEast, tiles, {10, 10, 10, 10}),
            (std::vector<int>{0, 1, 2, 3}));
  const std::vector<core::TileId> same(5, arch::tile_at(package, {1, 2}));
  EXPECT_EQ(balance_lanes(package, Side::kEast, same, {9, 1, 1, 1, 1}),
            (std::vector<int>{2, 1, 3, 0, 1}));
}

TEST(Mapper, EveryTensorIsTiledOnceAndNoCoreHoldsTwoTiles) {
  const auto network = two_chip_network(ir::NetworkKind::kAnn, {codec::CodecKind::kDense, 8, 1});
  const auto package = package_of(2, 1, 4, 128);
  const Mapping mapping = map_network(network, package);
  std::set<core::TileId> used;
  for (size_t l = 0; l < network.layers.size(); ++l) {
    std::vector<int> covered(static_cast<size_t>(network.layers[l].out.size()));
    for (const LayerTile& tile : mapping.layers[l]) {
      EXPECT_LE(tile.region.neurons(), package.chip.neurons_per_core);
      if (l > 0) {
        EXPECT_TRUE(used.insert(tile.tile).second);
      }
      const int chip = arch::coordinates(package, tile.tile).x / 4;
      EXPECT_EQ(chip, network.chip_of(static_cast<int>(l)));
      for (const uint32_t e : elements_of(tile.region, network.layers[l].out)) ++covered[e];
    }
    for (const int times : covered) EXPECT_EQ(times, 1);
  }
}

TEST(Mapper, AHybridChipKeepsDenseLayersInTheInterior) {
  const auto network = two_chip_network(ir::NetworkKind::kHnn, kGraded);
  const auto package = package_of(2, 1, 6, 128);
  const Mapping mapping = map_network(network, package);
  for (size_t l = 1; l < network.layers.size(); ++l) {
    for (const LayerTile& tile : mapping.layers[l]) {
      const auto at = arch::coordinates(package, tile.tile);
      EXPECT_TRUE(at.x % 6 >= 1 && at.x % 6 <= 4 && at.y >= 1 && at.y <= 4);
    }
  }
}

TEST(Mapper, BlocksOfABoundaryAreItsProducerTilesOnFacingGateways) {
  const auto network = two_chip_network(ir::NetworkKind::kHnn, kGraded);
  const auto package = package_of(2, 1, 6, 128);
  const Mapping mapping = map_network(network, package);
  ASSERT_EQ(mapping.crossings.size(), 1u);
  ASSERT_EQ(mapping.crossings[0].size(), mapping.layers[2].size());
  for (const Crossing& crossing : mapping.crossings[0]) {
    EXPECT_EQ(arch::coordinates(package, crossing.near_gateway).x, 5);
    EXPECT_EQ(arch::coordinates(package, crossing.far_gateway).x, 6);
    EXPECT_EQ(arch::coordinates(package, crossing.far_gateway).y, crossing.lane);
  }
  EXPECT_EQ(mapping.chips_used, 2);
}

TEST(Mapper, DenseLayersLeaveTheGatewaysFreeWhileThereIsRoom) {
  const auto network = two_chip_network(ir::NetworkKind::kAnn, {codec::CodecKind::kDense, 8, 1});
  const auto on_gateways = [&](const Mapping& mapping, const arch::PackageSpec& package) {
    int tiles = 0;
    for (size_t l = 1; l < network.layers.size(); ++l) {
      for (const LayerTile& tile : mapping.layers[l]) {
        const int x = arch::coordinates(package, tile.tile).x;
        tiles += x == package.chip.mesh - 1 || x == package.chip.mesh;
      }
    }
    return tiles;
  };
  // Chip 0 has eight tiles: twelve of sixteen cores are no gateways; of nine cores six.
  EXPECT_EQ(on_gateways(map_network(network, package_of(2, 1, 4, 128)), package_of(2, 1, 4, 128)),
            0);
  EXPECT_EQ(on_gateways(map_network(network, package_of(2, 1, 3, 128)), package_of(2, 1, 3, 128)),
            2);
}

TEST(Passes, PatchesOfOneChannelGroupTakeTurnsOnACore) {
  // Chip 0 needs eight cores of 128 neurons; the interior of a 4 x 4 hybrid chip has four.
  const auto network = two_chip_network(ir::NetworkKind::kHnn, kGraded);
  auto package = package_of(2, 1, 4, 128);
  package.chip.passes = 3;
  const Mapping mapping = map_network(network, package);
  std::map<core::TileId, std::vector<std::pair<size_t, Region>>> cores;
  for (size_t l = 1; l < network.layers.size(); ++l) {
    for (const LayerTile& tile : mapping.layers[l]) cores[tile.tile].push_back({l, tile.region});
  }
  size_t most = 0;
  for (const auto& [core, tiles] : cores) {
    most = std::max(most, tiles.size());
    for (const auto& [layer, region] : tiles) {
      EXPECT_EQ(layer, tiles.front().first) << "one layer per core";
      EXPECT_EQ(region.channels, tiles.front().second.channels) << "the same weights";
    }
  }
  EXPECT_EQ(most, 2u) << "no more turns than needed";
  package.chip.mesh = 5;
  const Mapping roomy = map_network(network, package);
  EXPECT_EQ(roomy.layers[1].size(), mapping.layers[1].size());
  EXPECT_NE(roomy.layers[1][0].tile, roomy.layers[1][1].tile) << "cores enough: no turns";
}

TEST(Passes, AreNamedWhereTheyWouldDoAndNeverForSpikingNetworks) {
  const auto hint =
      refusal_of(two_chip_network(ir::NetworkKind::kHnn, kGraded), package_of(2, 1, 4, 128));
  EXPECT_NE(hint.hint.find("hardware.passes 2 would do too"), std::string::npos) << hint.hint;
  auto package = package_of(2, 1, 2, 128);
  package.chip.passes = 8;
  constexpr codec::CodecSpec kRate{codec::CodecKind::kRate, 1, 2, false};
  const auto spiking = refusal_of(two_chip_network(ir::NetworkKind::kSnn, kRate, 2), package);
  EXPECT_EQ(spiking.key, "hardware.mesh");
  EXPECT_EQ(spiking.hint.find("passes"), std::string::npos) << spiking.hint;
}

TEST(MapperRefuses, MoreChipsThanThePackageHas) {
  const auto network = two_chip_network(ir::NetworkKind::kHnn, kGraded);
  const auto refusal = refusal_of(network, package_of(1, 1, 6, 128));
  EXPECT_EQ(refusal.key, "hardware.chips_x");
  EXPECT_EQ(refusal.given, "1");
  EXPECT_EQ(refusal.allowed, "at least 2 (with chips_y 1)");
}

TEST(MapperRefuses, AChipThatIsTooSmallAndNamesWhatFits) {
  // Chip 0 holds 1024 neurons: eight cores of 128. A 4 x 4 hybrid chip has four in its interior.
  const auto network = two_chip_network(ir::NetworkKind::kHnn, kGraded);
  const auto refusal = refusal_of(network, package_of(2, 1, 4, 128));
  EXPECT_EQ(refusal.key, "hardware.mesh");
  EXPECT_EQ(refusal.given, "4");
  EXPECT_EQ(refusal.allowed, "at least 5");
  EXPECT_NE(refusal.hint.find("Chip 0 (layers conv1 to conv2) needs 8 cores and has 4"),
            std::string::npos)
      << refusal.hint;
  EXPECT_NE(refusal.hint.find("neurons_per_core 256"), std::string::npos) << refusal.hint;
  auto wider = package_of(2, 1, 4, 128);
  wider.chip.neurons_per_core = 256;
  EXPECT_NO_THROW(map_network(network, wider));
  EXPECT_NO_THROW(map_network(network, package_of(2, 1, 5, 128)));
}

TEST(MapperRefuses, AHybridChipWithoutInterior) {
  const auto network = two_chip_network(ir::NetworkKind::kHnn, kGraded);
  EXPECT_EQ(refusal_of(network, package_of(2, 1, 2, 128)).key, "hardware.mesh");
}

TEST(MapperRefuses, WeightsThatFitNoCore) {
  const auto network = two_chip_network(ir::NetworkKind::kHnn, kGraded);
  auto package = package_of(2, 1, 6, 128);
  package.chip.weight_sram_bytes = 64;
  EXPECT_EQ(refusal_of(network, package).key, "hardware.weight_sram_bytes");
}

}  // namespace
}  // namespace ranvier::map
