#pragma once
// Tiles on chips, move by move, with the expected bits over die edges kept up to date. Private to
// the searches of map/.

#include "ranvier/map/tile_graph.hpp"

#include <vector>

namespace ranvier::map {

class ChipAssignment {
 public:
  /// `chips` [tile] 0..count-1, of at most `capacity` tiles each. The references must outlive it.
  ChipAssignment(const TileGraph& graph, const arch::PackageSpec& package, std::vector<int> chips,
                 int count);

  /// Bits x die edges of one inference: per tile and chip that reads it, one block of the hull of
  /// what is read there; with multicast one for the chips of a tree (share_blocks). And currents,
  /// reader by reader.
  double cost() const { return cost_; }

  void move(int tile, int chip);

  const std::vector<int>& chips() const { return chips_; }
  int chip_of(int tile) const { return chips_[static_cast<size_t>(tile)]; }
  int size_of(int chip) const { return sizes_[static_cast<size_t>(chip)]; }
  /// Expected bits of one inference from the tiles of one chip to those of another, die edges not
  /// counted: [from x count + to].
  std::vector<double> traffic() const;

 private:
  struct Bundle {  // what one chip reads of one tile
    int chip = 0;
    Region hull;
    double current_bits = 0;
  };
  void collect(int tile) const;  // fills bundles_
  double bits_of(const Bundle& bundle, int layer) const;
  double cost_of_trees(int tile) const;
  double cost_of(int tile) const;

  const TileGraph& graph_;
  const arch::PackageSpec& package_;
  int count_;
  std::vector<int> edges_;  // [from x count + to]
  std::vector<int> chips_;
  std::vector<int> sizes_;         // [chip]
  std::vector<double> tile_cost_;  // [tile]
  double cost_ = 0;
  mutable std::vector<Bundle> bundles_;
};

}  // namespace ranvier::map
