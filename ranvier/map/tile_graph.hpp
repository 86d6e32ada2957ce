#pragma once
// Who reads what of whom, tile by tile, and how many bits that is when it leaves a chip: the input
// of every search for chips. Equations: docs/models/mapping-search.md.

#include "ranvier/map/mapper.hpp"

#include <vector>

namespace ranvier::map {

/// Bits that a layer's outputs are expected to cost on a die-to-die link: per element, and per
/// block whatever its size.
struct ExpectedBits {
  double per_element = 0;
  double per_block = 0;
};

/// [layer], the line through what whole tiles of `mapping` and their edges take when the recorded
/// `sample` is encoded, so that headers and padding are in it; layers without a boundary: zero.
/// Cost: O(elements x steps).
std::vector<ExpectedBits> expected_bits(const ir::Network& network, const Mapping& mapping,
                                        const ir::Activity& activity, int sample,
                                        codec::WireKind wire, const arch::PackageSpec& package);

struct TileGraph {
  /// Another tile needs `box` of this one's outputs; one block serves all readers of one chip.
  /// Currents of a spiking network are not coded: each reader gets `current_bits` of its own.
  struct Reader {
    int tile = 0;
    Region box;
    double current_bits = 0;
  };
  struct Tile {
    int layer = 0;
    int index = 0;  // into Mapping::layers[layer]
    std::vector<Reader> readers;
    std::vector<int> feeders;  // tiles whose readers name this one, each once
  };
  std::vector<Tile> tiles;  // layer by layer; no image
  std::vector<ExpectedBits> bits;
  DeliveryMode delivery = DeliveryMode::kUnicast;
};

/// Regions are those of `mapping`; where its tiles lie does not matter. Cost: O(tile pairs).
TileGraph tile_graph(const ir::Network& network, const Mapping& mapping,
                     std::vector<ExpectedBits> bits, const arch::PackageSpec& package);

/// `mapping` with tile t of the graph on chip `chips[t]`: tiles of a chip on its cores in order,
/// then image and crossings. Errors: those of complete().
Mapping on_chips(const ir::Network& network, const arch::PackageSpec& package,
                 const TileGraph& graph, const Mapping& mapping, const std::vector<int>& chips);

}  // namespace ranvier::map
