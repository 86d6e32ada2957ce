#include "ranvier/map/chip_trees.hpp"

#include "ranvier/map/xy_tree.hpp"

#include <algorithm>
#include <utility>

namespace ranvier::map {

int tree_edges(const arch::PackageSpec& package, int from, const std::vector<int>& chips) {
  XyTree tree(arch::chip_origin(package, core::ChipId(from)));
  for (const int chip : chips) tree.add(arch::chip_origin(package, core::ChipId(chip)));
  return static_cast<int>(tree.links()) / package.chip.mesh;
}

std::vector<ChipTree> share_blocks(const arch::PackageSpec& package, int from,
                                   const std::vector<ChipRead>& reads,
                                   const std::function<double(const Region&)>& bits) {
  const core::ChipId near(from);
  std::vector<ChipRead> order = reads;
  std::ranges::stable_sort(order, {}, [&](const ChipRead& read) {
    return std::pair(die_edges(package, near, core::ChipId(read.chip)), read.chip);
  });
  const auto cost = [&](const std::vector<int>& chips, const Region& hull) {
    return tree_edges(package, from, chips) * bits(hull);
  };
  std::vector<ChipTree> trees;
  for (const ChipRead& read : order) {
    const Side side = leaving_side(package, near, core::ChipId(read.chip));
    double least = cost({read.chip}, read.region);
    ChipTree* best = nullptr;
    for (ChipTree& tree : trees) {
      if (tree.side != side) continue;
      auto chips = tree.chips;
      chips.push_back(read.chip);
      const double more = cost(chips, hull(tree.hull, read.region)) - cost(tree.chips, tree.hull);
      if (more >= least) continue;
      least = more;
      best = &tree;
    }
    if (best == nullptr) {
      trees.push_back({side, {read.chip}, read.region});
    } else {
      best->chips.push_back(read.chip);
      best->hull = hull(best->hull, read.region);
    }
  }
  return trees;
}

}  // namespace ranvier::map
