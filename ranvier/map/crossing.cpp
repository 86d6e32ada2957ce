#include "ranvier/map/crossing.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/chip_trees.hpp"
#include "ranvier/map/placement.hpp"

#include <fmt/format.h>

#include <map>

namespace ranvier::map {
namespace {

using ByChip = std::map<int, Region>;  // what each other chip needs of one producer tile

void add_reader(const ir::Network& network, const Mapping& mapping, size_t reader, Operand operand,
                std::vector<ByChip>& needed) {
  const ir::Layer& layer = network.layers[reader];
  const auto& producers = mapping.layers[static_cast<size_t>(source_of(layer, operand))];
  for (const LayerTile& consumer : mapping.layers[reader]) {
    const Need need = need_of(network, layer, consumer.region, operand);
    for (size_t p = 0; p < producers.size(); ++p) {
      if (producers[p].chip == consumer.chip) continue;
      const Region box = box_of(need, producers[p].region);
      if (box.neurons() == 0) continue;
      Region& all = needed[p][consumer.chip];
      all = hull(all, box);
    }
  }
}

/// [producer tile] of `layer`
std::vector<ByChip> needed_elsewhere(const ir::Network& network, const Mapping& mapping,
                                     size_t layer) {
  std::vector<ByChip> needed(mapping.layers[layer].size());
  for (size_t reader = layer + 1; reader < network.layers.size(); ++reader) {
    for (const Operand operand : {Operand::kInput, Operand::kResidual, Operand::kGate}) {
      const int source = source_of(network.layers[reader], operand);
      if (source != static_cast<int>(layer) || is_current(network, source, operand)) continue;
      add_reader(network, mapping, reader, operand, needed);
    }
  }
  return needed;
}

void require_nothing(const ir::Network& network, const Mapping& mapping, size_t layer) {
  for (const ByChip& of_tile : needed_elsewhere(network, mapping, layer)) {
    if (of_tile.empty()) continue;
    throw core::UserError({"network.boundaries",
                           fmt::format("none after '{}'", network.layers[layer].name),
                           "a boundary after every layer that another chip reads", "",
                           "The layer's output leaves its chip when chips are filled."});
  }
}

/// Appends the crossings of one producer tile: by far chip, or by block and nearest first.
void add_crossings(const Mapping& mapping, const arch::PackageSpec& package, size_t layer,
                   size_t producer, const ByChip& needed, std::vector<Crossing>& crossings) {
  std::vector<ChipRead> reads;
  for (const auto& [chip, region] : needed) reads.push_back({chip, region});
  const int near = mapping.layers[layer][producer].chip;
  std::vector<ChipTree> trees;
  if (mapping.delivery == DeliveryMode::kMulticast) {
    trees = share_blocks(package, near, reads, [](const Region& region) {
      return static_cast<double>(region.neurons());
    });
  } else {
    for (const ChipRead& read : reads) trees.push_back({{}, {read.chip}, read.region});
  }
  for (const ChipTree& tree : trees) {
    const auto first = static_cast<int>(crossings.size());
    std::vector<int> reached;
    for (const int chip : tree.chips) {
      Crossing crossing;
      crossing.producer = static_cast<int>(producer);
      crossing.far_chip = chip;
      crossing.region = tree.hull;
      crossing.shares = reached.empty() ? -1 : first;
      crossing.die_edges = -tree_edges(package, near, reached);
      reached.push_back(chip);
      crossing.die_edges += tree_edges(package, near, reached);
      crossings.push_back(crossing);
    }
  }
}

/// Lanes of the crossings of one boundary, balanced for every chip side by itself.
void assign_lanes(const Mapping& mapping, size_t layer, const arch::PackageSpec& package,
                  std::vector<Crossing>& crossings) {
  std::map<std::pair<int, Side>, std::vector<size_t>> by_side;
  const auto near_chip = [&](const Crossing& crossing) {
    return mapping.layers[layer][static_cast<size_t>(crossing.producer)].chip;
  };
  for (size_t i = 0; i < crossings.size(); ++i) {
    if (crossings[i].shares >= 0) continue;
    const core::ChipId near(near_chip(crossings[i])), far(crossings[i].far_chip);
    by_side[{near.index(), leaving_side(package, near, far)}].push_back(i);
  }
  for (const auto& [at, indices] : by_side) {
    std::vector<core::TileId> tiles;
    std::vector<int64_t> sizes;
    for (const size_t i : indices) {
      tiles.push_back(mapping.layers[layer][static_cast<size_t>(crossings[i].producer)].tile);
      sizes.push_back(crossings[i].region.neurons());
    }
    const std::vector<int> lanes = balance_lanes(package, at.second, tiles, sizes);
    for (size_t k = 0; k < indices.size(); ++k) crossings[indices[k]].lane = lanes[k];
  }
  for (Crossing& crossing : crossings) {
    if (crossing.shares >= 0) crossing.lane = crossings[static_cast<size_t>(crossing.shares)].lane;
    const core::ChipId near(near_chip(crossing)), far(crossing.far_chip);
    crossing.near_gateway = gateway(package, near, leaving_side(package, near, far), crossing.lane);
    crossing.far_gateway = gateway(package, far, arriving_side(package, near, far), crossing.lane);
  }
}

}  // namespace

bool is_current(const ir::Network& network, int source, Operand operand) {
  if (network.kind != ir::NetworkKind::kSnn) return false;
  const ir::Layer& from = network.layers[static_cast<size_t>(source)];
  return operand == Operand::kResidual || from.gives_currents;
}

std::vector<std::vector<Crossing>> cross_boundaries(const ir::Network& network,
                                                    const Mapping& mapping,
                                                    const arch::PackageSpec& package) {
  std::vector<std::vector<Crossing>> all(network.boundaries.size());
  for (size_t l = 1; l < network.layers.size(); ++l) {
    const int boundary = network.boundary_after(static_cast<int>(l));
    if (boundary < 0) {
      require_nothing(network, mapping, l);
      continue;
    }
    auto& crossings = all[static_cast<size_t>(boundary)];
    const auto needed = needed_elsewhere(network, mapping, l);
    for (size_t p = 0; p < needed.size(); ++p) {
      add_crossings(mapping, package, l, p, needed[p], crossings);
    }
    assign_lanes(mapping, l, package, crossings);
  }
  return all;
}

}  // namespace ranvier::map
