#include "ranvier/map/chip_assignment.hpp"

#include "ranvier/map/chip_trees.hpp"
#include "ranvier/map/placement.hpp"

#include <algorithm>

namespace ranvier::map {

ChipAssignment::ChipAssignment(const TileGraph& graph, const arch::PackageSpec& package,
                               std::vector<int> chips, int count)
    : graph_(graph),
      package_(package),
      count_(count),
      edges_(static_cast<size_t>(count) * static_cast<size_t>(count)),
      chips_(std::move(chips)),
      sizes_(static_cast<size_t>(count)) {
  for (int a = 0; a < count; ++a) {
    for (int b = 0; b < count; ++b) {
      edges_[static_cast<size_t>(a * count + b)] =
          die_edges(package, core::ChipId(a), core::ChipId(b));
    }
  }
  for (const int chip : chips_) ++sizes_[static_cast<size_t>(chip)];
  for (size_t t = 0; t < graph.tiles.size(); ++t) {
    tile_cost_.push_back(cost_of(static_cast<int>(t)));
    cost_ += tile_cost_.back();
  }
}

void ChipAssignment::collect(int tile) const {
  bundles_.clear();
  const int home = chip_of(tile);
  for (const auto& reader : graph_.tiles[static_cast<size_t>(tile)].readers) {
    const int chip = chip_of(reader.tile);
    if (chip == home) continue;
    auto bundle = std::ranges::find(bundles_, chip, &Bundle::chip);
    if (bundle == bundles_.end()) bundle = bundles_.insert(bundles_.end(), {chip, {}, 0});
    if (reader.current_bits > 0) {
      bundle->current_bits += reader.current_bits;
    } else {
      bundle->hull = hull(bundle->hull, reader.box);
    }
  }
}

double ChipAssignment::bits_of(const Bundle& bundle, int layer) const {
  const int64_t elements = bundle.hull.neurons();
  if (elements == 0) return bundle.current_bits;
  const ExpectedBits& bits = graph_.bits[static_cast<size_t>(layer)];
  return bundle.current_bits + bits.per_block + bits.per_element * static_cast<double>(elements);
}

double ChipAssignment::cost_of(int tile) const {
  collect(tile);
  if (graph_.delivery == DeliveryMode::kMulticast && bundles_.size() > 1) {
    return cost_of_trees(tile);
  }
  const int home = chip_of(tile);
  double cost = 0;
  for (const Bundle& bundle : bundles_) {
    cost += bits_of(bundle, graph_.tiles[static_cast<size_t>(tile)].layer) *
            edges_[static_cast<size_t>(home * count_ + bundle.chip)];
  }
  return cost;
}

/// The blocks in bundles_ along trees, currents to each reader.
double ChipAssignment::cost_of_trees(int tile) const {
  const int home = chip_of(tile);
  std::vector<ChipRead> reads;
  double cost = 0;
  for (const Bundle& bundle : bundles_) {
    if (bundle.hull.neurons() > 0) reads.push_back({bundle.chip, bundle.hull});
    cost += bundle.current_bits * edges_[static_cast<size_t>(home * count_ + bundle.chip)];
  }
  const auto bits = [&](const Region& hull) {
    return bits_of({.chip = 0, .hull = hull, .current_bits = 0},
                   graph_.tiles[static_cast<size_t>(tile)].layer);
  };
  for (const ChipTree& tree : share_blocks(package_, home, reads, bits)) {
    cost += tree_edges(package_, home, tree.chips) * bits(tree.hull);
  }
  return cost;
}

void ChipAssignment::move(int tile, int chip) {
  --sizes_[static_cast<size_t>(chip_of(tile))];
  ++sizes_[static_cast<size_t>(chip)];
  chips_[static_cast<size_t>(tile)] = chip;
  const auto renew = [&](int changed) {
    double& cost = tile_cost_[static_cast<size_t>(changed)];
    cost_ -= cost;
    cost = cost_of(changed);
    cost_ += cost;
  };
  renew(tile);
  for (const int feeder : graph_.tiles[static_cast<size_t>(tile)].feeders) renew(feeder);
}

std::vector<double> ChipAssignment::traffic() const {
  std::vector<double> bits(edges_.size());
  for (size_t t = 0; t < graph_.tiles.size(); ++t) {
    collect(static_cast<int>(t));
    for (const Bundle& bundle : bundles_) {
      bits[static_cast<size_t>(chips_[t] * count_ + bundle.chip)] +=
          bits_of(bundle, graph_.tiles[t].layer);
    }
  }
  return bits;
}

}  // namespace ranvier::map
