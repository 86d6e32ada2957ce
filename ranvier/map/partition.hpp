#pragma once
// Tiles of a filled network onto chips so that few expected bits cross few die edges.

#include "ranvier/map/tile_graph.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace ranvier::map {

struct PartitionOptions {
  int64_t moves_per_tile = 300;  // half of them from METIS, half from the best start
  uint64_t seed = 1;
  /// Moves tried and their total. May throw to stop the search.
  std::function<void(int64_t done, int64_t total)> progress = {};
};

/// Bits x die edges of one inference, as expected. `chips` [tile].
double expected_die_bits(const TileGraph& graph, const arch::PackageSpec& package,
                         const std::vector<int>& chips);

/// Whether tiles may go to any chip: the network is filled and every layer that another one reads
/// has a boundary.
bool can_partition(const ir::Network& network);

/// [tile] chips 0..count-1, at most `capacity` tiles each; never worse than the best of `starts`
/// (at least one), which must keep to that. The same seed gives the same answer.
/// Method: the METIS k-way partition of the tile graph (Karypis and Kumar 1998) with its parts laid
/// on chips, and the best start; from both, single tiles move by simulated annealing on the true
/// cost, which counts a block once per reading chip. Cost: O(moves x readers x feeders of a tile).
std::vector<int> partition_tiles(const TileGraph& graph, const arch::PackageSpec& package,
                                 const std::vector<std::vector<int>>& starts, int count,
                                 int capacity, const PartitionOptions& options);

}  // namespace ranvier::map
