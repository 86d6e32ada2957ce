#pragma once
// Which chips share one block of a tile's outputs when delivery is multicast: it crosses every die
// edge of its tree once.

#include "ranvier/map/placement.hpp"
#include "ranvier/map/region.hpp"

#include <functional>
#include <vector>

namespace ranvier::map {

/// What one chip reads of one tile.
struct ChipRead {
  int chip = 0;
  Region region;
};

/// Chips that get one block, by one side of the sender's.
struct ChipTree {
  Side side = Side::kEast;  // through which it leaves
  std::vector<int> chips;   // nearest first
  Region hull;              // of what they read
};

/// Die edges of the union of the XY ways from one chip to others. Cost: O(chips log chips).
int tree_edges(const arch::PackageSpec& package, int from, const std::vector<int>& chips);

/// Chips together in one tree where that costs less than by themselves, taken one by one, nearest
/// first. A tree of die edges e with hull h costs e x bits(h). `reads`: of other chips, each once.
std::vector<ChipTree> share_blocks(const arch::PackageSpec& package, int from,
                                   const std::vector<ChipRead>& reads,
                                   const std::function<double(const Region&)>& bits);

}  // namespace ranvier::map
