#include "ranvier/map/tile_graph.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/block.hpp"
#include "ranvier/map/crossing.hpp"
#include "ranvier/map/placement.hpp"

#include <algorithm>

namespace ranvier::map {
namespace {

int64_t flit_on_link(const arch::PackageSpec& package) {
  return package.packet.flit_bits() + package.tag_bits() + package.packet.framing_bits;
}

/// A burst of currents at every step.
double current_bits(const ir::Network& network, int64_t elements,
                    const arch::PackageSpec& package) {
  const int64_t flits =
      1 + core::ceil_div(elements * package.packet.current_bits, package.packet.flit_bits());
  return static_cast<double>(flits * flit_on_link(package) * network.steps);
}

/// What encoding some blocks took.
struct Encoded {
  double blocks = 0;
  double elements = 0;
  double bits = 0;
};

Encoded encoded(const BoundarySource& source, const std::vector<Region>& regions, int sample,
                codec::WireKind wire, const arch::PackageSpec& package) {
  const auto layout = arch::wire_layout(package);
  const auto format = codec::make_wire_format(wire, source.params(), layout);
  Encoded sum;
  for (const Region& region : regions) {
    for (int step = 0; step < source.steps(); ++step) {
      const workload::Block block = source.block(region, sample, step);
      const codec::WireSize size = format->size(source.frame(block), block.elements);
      sum.bits += static_cast<double>(codec::link_bits(size, layout));
    }
    sum.elements += static_cast<double>(region.neurons());
    ++sum.blocks;
  }
  return sum;
}

/// The edge of a tile, as a neighbour reads it: its first row, or column.
Region first_line(Region region) {
  Interval& axis = region.rows.size() > 1 ? region.rows : region.columns;
  axis.end = std::min(axis.end, axis.begin + 1);
  return region;
}

/// Bits of a block as a line in its elements, from whole tiles and from edges; through the origin
/// where a tile is its own edge.
ExpectedBits line_through(const Encoded& tiles, const Encoded& edges) {
  const double more = tiles.elements / tiles.blocks - edges.elements / edges.blocks;
  if (more <= 0) return {.per_element = tiles.bits / tiles.elements, .per_block = 0};
  const double slope = std::clamp((tiles.bits / tiles.blocks - edges.bits / edges.blocks) / more,
                                  0.0, tiles.bits / tiles.elements);
  return {.per_element = slope, .per_block = (tiles.bits - slope * tiles.elements) / tiles.blocks};
}

/// Adds readers of one operand of one layer. `first` is the graph's first tile of each layer.
void add_readers(const ir::Network& network, const Mapping& mapping, size_t layer, Operand operand,
                 const std::vector<int>& first, const arch::PackageSpec& package,
                 TileGraph& graph) {
  const auto source = static_cast<size_t>(source_of(network.layers[layer], operand));
  for (size_t c = 0; c < mapping.layers[layer].size(); ++c) {
    const Need need =
        need_of(network, network.layers[layer], mapping.layers[layer][c].region, operand);
    const int reader = first[layer] + static_cast<int>(c);
    for (size_t p = 0; p < mapping.layers[source].size(); ++p) {
      const Region box = box_of(need, mapping.layers[source][p].region);
      if (box.neurons() == 0) continue;
      const int producer = first[source] + static_cast<int>(p);
      const double currents = is_current(network, static_cast<int>(source), operand)
                                  ? current_bits(network, box.neurons(), package)
                                  : 0;
      graph.tiles[static_cast<size_t>(producer)].readers.push_back({reader, box, currents});
      auto& feeders = graph.tiles[static_cast<size_t>(reader)].feeders;
      if (std::ranges::find(feeders, producer) == feeders.end()) feeders.push_back(producer);
    }
  }
}

}  // namespace

std::vector<ExpectedBits> expected_bits(const ir::Network& network, const Mapping& mapping,
                                        const ir::Activity& activity, int sample,
                                        codec::WireKind wire, const arch::PackageSpec& package) {
  std::vector<ExpectedBits> bits(network.layers.size());
  for (size_t b = 0; b < network.boundaries.size(); ++b) {
    const auto layer = static_cast<size_t>(network.boundaries[b].layer);
    const BoundarySource source(network, static_cast<int>(b), activity);
    std::vector<Region> tiles;
    std::vector<Region> edges;
    for (const LayerTile& tile : mapping.layers[layer]) {
      tiles.push_back(tile.region);
      edges.push_back(first_line(tile.region));
    }
    bits[layer] = line_through(encoded(source, tiles, sample, wire, package),
                               encoded(source, edges, sample, wire, package));
  }
  return bits;
}

TileGraph tile_graph(const ir::Network& network, const Mapping& mapping,
                     std::vector<ExpectedBits> bits, const arch::PackageSpec& package) {
  TileGraph graph;
  graph.bits = std::move(bits);
  graph.delivery = mapping.delivery;
  std::vector<int> first(network.layers.size(), 0);
  for (size_t l = 1; l < network.layers.size(); ++l) {
    first[l] = static_cast<int>(graph.tiles.size());
    for (size_t t = 0; t < mapping.layers[l].size(); ++t) {
      graph.tiles.push_back({static_cast<int>(l), static_cast<int>(t), {}, {}});
    }
  }
  for (size_t l = 1; l < network.layers.size(); ++l) {
    for (const Operand operand : {Operand::kInput, Operand::kResidual, Operand::kGate}) {
      if (source_of(network.layers[l], operand) < 1) continue;  // none, or the image
      add_readers(network, mapping, l, operand, first, package, graph);
    }
  }
  return graph;
}

Mapping on_chips(const ir::Network& network, const arch::PackageSpec& package,
                 const TileGraph& graph, const Mapping& mapping, const std::vector<int>& chips) {
  Mapping placed;
  placed.layers = mapping.layers;
  placed.delivery = mapping.delivery;
  placed.layers[0].clear();
  placed.chips_used = *std::ranges::max_element(chips) + 1;
  std::vector<std::vector<core::TileId>> cores;
  for (int chip = 0; chip < placed.chips_used; ++chip) {
    cores.push_back(core_order(package, core::ChipId(chip), placed.chips_used, margin_of(network)));
  }
  std::vector<size_t> taken(cores.size(), 0);
  for (size_t t = 0; t < graph.tiles.size(); ++t) {
    const TileGraph::Tile& tile = graph.tiles[t];
    const auto chip = static_cast<size_t>(chips[t]);
    RANVIER_CONTRACT(taken[chip] < cores[chip].size(), "a chip has a core for every tile");
    LayerTile& at = placed.layers[static_cast<size_t>(tile.layer)][static_cast<size_t>(tile.index)];
    at.chip = chips[t];
    at.tile = cores[chip][taken[chip]++];
  }
  complete(network, package, placed);
  return placed;
}

}  // namespace ranvier::map
