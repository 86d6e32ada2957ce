#pragma once
// Where to end chips between whole layers: exact, by dynamic programming over the chain of cuts.

#include "ranvier/map/tile_graph.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace ranvier::map {

/// Layers 0..n-1 in order (the first is the image).
struct Chain {
  std::vector<int64_t> cores;    // [layer]
  std::vector<bool> may_cut;     // [layer] a chip may end behind it: nothing else crosses there
  std::vector<double> cut_bits;  // [layer] expected bits over that cut
  int64_t capacity = 0;          // cores of a chip
  int chips = 1;                 // at most
};

/// `mapping` and `graph` of a filled network. A cut is allowed where the layer's tensor is the only
/// one that crosses (the image is on every chip) and has a boundary. Cost: O(layers x tile pairs).
Chain chain_of(const ir::Network& network, const Mapping& mapping, const TileGraph& graph,
               const arch::PackageSpec& package);

/// Layers behind which chips end, of all allowed choices that fit one of least bits, then of fewest
/// chips; nothing when none fits. Exact: where one tensor crosses, the bits of cuts add up.
/// Cost: O(layers^2 x chips).
std::optional<std::vector<int>> best_cuts(const Chain& chain);

/// [chips - 1] Of exactly so many chips: the cuts of least bits; nothing where none fit.
std::vector<std::optional<std::vector<int>>> cuts_by_chips(const Chain& chain);

/// [tile] chip number = cuts before its layer.
std::vector<int> chips_between(const TileGraph& graph, const std::vector<int>& cuts);

}  // namespace ranvier::map
