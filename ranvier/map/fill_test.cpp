// Networks that fill chips by capacity: nothing lost between a layer's tiles and their readers,
// wherever the chips end.

#include "ranvier/map/fill.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/statistics.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

namespace ranvier::map {
namespace {

using codec::CodecKind;
using codec::WireKind;
using testing::filled_network;
using testing::kDense8;
using testing::kGraded;
using testing::refusal_of;
using workload::MessageKind;
using workload::Task;
using workload::TaskKind;

constexpr int kMesh = 3;

arch::PackageSpec grid_of_chips(int chips_x, int chips_y) {
  arch::PackageSpec package;
  package.chips_x = chips_x;
  package.chips_y = chips_y;
  package.chip.mesh = kMesh;
  package.chip.neurons_per_core = 32;
  return package;
}

TEST(FillChips, FillsEveryChipButTheLast) {
  // 3 x 512 + 256 + 10 neurons on cores of 32: 16 + 16 + 16 + 8 + 1 = 57 cores, 9 on a chip.
  const auto network = filled_network(ir::NetworkKind::kAnn, kDense8);
  const Mapping mapping = map_network(network, grid_of_chips(4, 2));
  EXPECT_EQ(mapping.chips_used, 7);
  std::map<int, std::set<core::TileId>> on_chip;
  for (size_t l = 1; l < network.layers.size(); ++l) {
    std::vector<int> covered(static_cast<size_t>(network.layers[l].out.size()));
    for (const LayerTile& tile : mapping.layers[l]) {
      EXPECT_TRUE(on_chip[tile.chip].insert(tile.tile).second) << "a core holds two tiles";
      const auto origin = arch::chip_origin(grid_of_chips(4, 2), core::ChipId(tile.chip));
      const auto at = arch::coordinates(grid_of_chips(4, 2), tile.tile);
      EXPECT_EQ((std::pair(at.x / kMesh, at.y / kMesh)),
                (std::pair(origin.x / kMesh, origin.y / kMesh)));
      for (const uint32_t e : elements_of(tile.region, network.layers[l].out)) ++covered[e];
    }
    EXPECT_EQ(covered, std::vector<int>(covered.size(), 1));
  }
  for (int chip = 0; chip < 6; ++chip) EXPECT_EQ(on_chip[chip].size(), 9u) << chip;
  EXPECT_EQ(on_chip[6].size(), 3u);
  EXPECT_EQ(mapping.first_chip(1), 0);
  EXPECT_EQ(mapping.last_chip(1), 1) << "a layer of 16 cores does not fit a chip of 9";
}

TEST(FillChips, SpreadsALayerOverSpareCores) {
  const auto network = filled_network(ir::NetworkKind::kAnn, kDense8);
  const std::vector<int> spreads = {1, 1, 2, 1, 4, 1};
  const Mapping naive = map_network(network, grid_of_chips(6, 2));
  const Mapping spread = map_network(network, grid_of_chips(6, 2), spreads);
  // 16 + 32 + 16 + 32 + 1 = 97 cores.
  EXPECT_EQ(spread.chips_used, 11);
  for (size_t l = 1; l < network.layers.size(); ++l) {
    EXPECT_EQ(spread.layers[l].size(), spreads[l] * naive.layers[l].size());
    std::vector<int> covered(static_cast<size_t>(network.layers[l].out.size()));
    for (const LayerTile& tile : spread.layers[l]) {
      EXPECT_LE(tile.region.neurons(), 32 / spreads[l]);
      for (const uint32_t e : elements_of(tile.region, network.layers[l].out)) ++covered[e];
    }
    EXPECT_EQ(covered, std::vector<int>(covered.size(), 1));
  }
  EXPECT_TRUE(can_spread(network, grid_of_chips(11, 1), spreads));
  EXPECT_FALSE(can_spread(network, grid_of_chips(5, 2), spreads)) << "90 cores";
  EXPECT_EQ(refusal_of(network, grid_of_chips(3, 2)).key, "hardware.chips_x");
}

/// Elements of the layer's inputs that any output of a region reads, one by one.
std::set<uint32_t> elements_read(const ir::Layer& layer, const ir::Shape& in,
                                 const Region& region) {
  std::set<uint32_t> read;
  for (int y = region.rows.begin; y < region.rows.end; ++y) {
    for (int x = region.columns.begin; x < region.columns.end; ++x) {
      for (uint32_t e = 0; e < in.size(); ++e) {
        const int iy = static_cast<int>(e) / in.width % in.height;
        const int ix = static_cast<int>(e) % in.width;
        const int ky = iy - y * layer.stride + layer.padding;
        const int kx = ix - x * layer.stride + layer.padding;
        const bool inside = ky >= 0 && kx >= 0 && ky < layer.kernel && kx < layer.kernel;
        if (layer.op != ir::Op::kConv2d || inside) read.insert(e);
      }
    }
  }
  return read;
}

/// Smallest box around the elements of `region` that are in the set.
Region box_around(const std::set<uint32_t>& elements, const Region& region,
                  const ir::Shape& shape) {
  Region box;
  for (const uint32_t e : elements_of(region, shape)) {
    if (!elements.contains(e)) continue;
    const int at = static_cast<int>(e);
    const int y = at / shape.width % shape.height, x = at % shape.width;
    const int c = at / shape.width / shape.height;
    box = hull(box, {{c, c + 1}, {y, y + 1}, {x, x + 1}});
  }
  return box;
}

TEST(FillChips, TheBoxThatAnotherChipReadsOfATileCrossesOnce) {
  for (const auto kind : {ir::NetworkKind::kAnn, ir::NetworkKind::kHnn}) {
    const auto network = filled_network(kind, kind == ir::NetworkKind::kAnn ? kDense8 : kGraded);
    auto package = grid_of_chips(4, 2);
    if (kind == ir::NetworkKind::kHnn) package.chip.mesh = 5;
    const Mapping mapping = map_network(network, package);
    for (size_t b = 0; b < network.boundaries.size(); ++b) {
      const int source = network.boundaries[b].layer;
      const ir::Shape& shape = network.layers[static_cast<size_t>(source)].out;
      std::map<int, std::set<uint32_t>> needed;  // by chip
      for (size_t l = 1; l < network.layers.size(); ++l) {
        const ir::Layer& layer = network.layers[l];
        for (const LayerTile& tile : mapping.layers[l]) {
          if (layer.input == source)
            needed[tile.chip].merge(elements_read(layer, shape, tile.region));
          if (layer.residual != source) continue;
          for (const uint32_t e : elements_of(tile.region, shape)) needed[tile.chip].insert(e);
        }
      }
      const auto& producers = mapping.layers[static_cast<size_t>(source)];
      std::map<std::pair<int, int>, Region> crossed;  // by producer and far chip
      for (const Crossing& crossing : mapping.crossings[b]) {
        const bool once =
            crossed.insert({{crossing.producer, crossing.far_chip}, crossing.region}).second;
        EXPECT_TRUE(once) << "crosses twice";
      }
      size_t expected = 0;
      for (const auto& [chip, elements] : needed) {
        for (size_t p = 0; p < producers.size(); ++p) {
          if (producers[p].chip == chip) continue;
          const auto box = box_around(elements, producers[p].region, shape);
          if (box.neurons() == 0) continue;
          ++expected;
          EXPECT_EQ((crossed[{static_cast<int>(p), chip}]), box) << network.boundaries[b].name;
        }
      }
      EXPECT_EQ(crossed.size(), expected);
    }
  }
}

TEST(FillChips, CrossingsLeaveAndArriveAtGatewaysOnTheRoute) {
  const auto network = filled_network(ir::NetworkKind::kAnn, kDense8);
  const auto package = grid_of_chips(4, 2);
  const Mapping mapping = map_network(network, package);
  int diagonal = 0;
  for (size_t b = 0; b < network.boundaries.size(); ++b) {
    const auto& producers = mapping.layers[static_cast<size_t>(network.boundaries[b].layer)];
    for (const Crossing& crossing : mapping.crossings[b]) {
      const int near = producers[static_cast<size_t>(crossing.producer)].chip;
      const auto from = arch::coordinates(package, crossing.near_gateway);
      const auto to = arch::coordinates(package, crossing.far_gateway);
      const auto home = arch::chip_origin(package, core::ChipId(near));
      const auto away = arch::chip_origin(package, core::ChipId(crossing.far_chip));
      EXPECT_EQ((std::pair(from.x / kMesh, from.y / kMesh)),
                (std::pair(home.x / kMesh, home.y / kMesh)));
      EXPECT_EQ((std::pair(to.x / kMesh, to.y / kMesh)),
                (std::pair(away.x / kMesh, away.y / kMesh)));
      // The first step of the XY route leaves the chip, the last one enters the other.
      const int dx = (to.x > from.x) - (to.x < from.x);
      const int dy = (to.y > from.y) - (to.y < from.y);
      const int next_x = from.x + dx, next_y = dx != 0 ? from.y : from.y + dy;
      EXPECT_TRUE(next_x / kMesh != from.x / kMesh || next_y / kMesh != from.y / kMesh);
      const int last_y = dy != 0 ? to.y - dy : to.y, last_x = dy != 0 ? to.x : to.x - dx;
      EXPECT_TRUE(last_x / kMesh != to.x / kMesh || last_y / kMesh != to.y / kMesh);
      EXPECT_EQ(crossing.die_edges,
                std::abs(home.x - away.x) / kMesh + std::abs(home.y - away.y) / kMesh);
      diagonal += dx != 0 && dy != 0;
    }
  }
  EXPECT_GT(diagonal, 0);
}

TEST(FillChips, EveryTileReceivesWhatItReads) {
  const auto network = filled_network(ir::NetworkKind::kHnn, kGraded);
  auto package = grid_of_chips(4, 2);
  package.chip.mesh = 5;
  constexpr int kWidth = 16;  // of every element, from tiles and from decoders
  package.packet.payload_bits = package.packet.current_bits = kWidth;
  const auto activity = testing::random_activity(network, 1, 0.3, 3);
  const Mapping mapping = map_network(network, package);
  const auto workload = build_workload(network, mapping, activity, 0, WireKind::kAuto, package);
  EXPECT_NO_THROW(workload::check(workload, package));
  std::map<std::pair<int, core::TileId>, std::pair<int64_t, int64_t>> received;  // flits, messages
  for (const auto& message : workload.messages) {
    const Task& to = workload.tasks[static_cast<size_t>(message.target)];
    if (to.kind != TaskKind::kCompute) continue;
    auto& [flits, messages] = received[{to.layer, to.tile}];
    flits += message.flits() - 1;
    ++messages;
  }
  for (size_t l = 1; l < network.layers.size(); ++l) {
    const ir::Layer& layer = network.layers[l];
    const ir::Shape& in = network.layers[static_cast<size_t>(layer.input)].out;
    for (const LayerTile& tile : mapping.layers[l]) {
      int64_t elements = static_cast<int64_t>(elements_read(layer, in, tile.region).size());
      if (layer.residual) elements += tile.region.neurons();
      const auto [flits, messages] = received[{static_cast<int>(l), tile.tile}];
      const int64_t flit = package.packet.flit_bits();
      EXPECT_GE(flits * flit, elements * kWidth) << layer.name;
      EXPECT_LT((flits - messages) * flit, elements * kWidth) << "padded to whole flits only";
    }
  }
}

TEST(FillChips, AccumulatesOfASplitSpikingNetworkAreThoseOfTheWholeOne) {
  constexpr codec::CodecSpec kFourSteps{CodecKind::kRate, 1, 4, false};
  const auto network = filled_network(ir::NetworkKind::kSnn, kFourSteps, 4);
  const auto activity = testing::random_activity(network, 1, 0.3, 3);
  const auto count = [&](const arch::PackageSpec& package) {
    const Mapping mapping = map_network(network, package);
    const auto workload = build_workload(network, mapping, activity, 0, WireKind::kAuto, package);
    EXPECT_NO_THROW(workload::check(workload, package));
    std::vector<int64_t> acs(network.layers.size());
    for (const Task& task : workload.tasks) acs[static_cast<size_t>(task.layer)] += task.acs;
    return acs;
  };
  auto whole = grid_of_chips(1, 1);
  whole.chip.mesh = 8;
  EXPECT_EQ(count(whole), count(grid_of_chips(4, 2)));
}

TEST(FillChips, BitsPerActivationCountEveryDieEdge) {
  // One crossing of one chip edge and one of two cost the same per activation and edge.
  const auto network = filled_network(ir::NetworkKind::kAnn, kDense8);
  const auto activity = testing::random_activity(network, 1, 0.3, 3);
  const auto package = grid_of_chips(7, 1);
  const Mapping mapping = map_network(network, package);
  const auto statistics =
      boundary_statistics(network, mapping, activity, WireKind::kPacket, package);
  int64_t bits = 0, activations = 0;
  for (const auto& boundary : mapping.crossings) {
    for (const Crossing& crossing : boundary) {
      const int64_t flits = 1 + crossing.region.neurons();  // header packet, then one per element
      bits += crossing.die_edges * flits;
      activations += crossing.die_edges * crossing.region.neurons();
    }
  }
  EXPECT_GT(statistics.total.bits_per_activation, 0);
  // Between the bits of a flit of an element (34 + tag + framing) and those with headers.
  const double flit = package.packet.flit_bits() + package.tag_bits() + 1;
  EXPECT_GT(statistics.total.bits_per_activation, flit);
  EXPECT_LE(statistics.total.bits_per_activation,
            flit * static_cast<double>(bits) / static_cast<double>(activations));
}

TEST(FillChipsRefuses, APackageThatIsTooSmallAndNamesWhatFits) {
  const auto network = filled_network(ir::NetworkKind::kAnn, kDense8);
  const auto refusal = refusal_of(network, grid_of_chips(3, 2));
  EXPECT_EQ(refusal.key, "hardware.chips_x");
  EXPECT_EQ(refusal.allowed, "at least 4 (with chips_y 2)");
  EXPECT_NE(refusal.hint.find("57 cores and so fills 7 chips"), std::string::npos) << refusal.hint;
  EXPECT_NE(refusal.hint.find("neurons_per_core 64"), std::string::npos) << refusal.hint;
  EXPECT_NO_THROW(map_network(network, grid_of_chips(4, 2)));
}

TEST(FillChipsRefuses, AHybridChipWithoutInterior) {
  auto package = grid_of_chips(4, 2);
  package.chip.mesh = 2;
  EXPECT_EQ(refusal_of(filled_network(ir::NetworkKind::kHnn, kGraded), package).key,
            "hardware.mesh");
}

TEST(FillChipsRefuses, ALayerThatLeavesItsChipWithoutABoundary) {
  auto network = filled_network(ir::NetworkKind::kAnn, kDense8);
  network.boundaries.erase(network.boundaries.begin() + 1);
  EXPECT_EQ(refusal_of(network, grid_of_chips(4, 2)).key, "network.boundaries");
  auto one_chip = grid_of_chips(1, 1);
  one_chip.chip.mesh = 8;
  EXPECT_NO_THROW(map_network(network, one_chip));
}

}  // namespace
}  // namespace ranvier::map
