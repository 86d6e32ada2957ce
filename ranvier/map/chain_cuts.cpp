#include "ranvier/map/chain_cuts.hpp"

#include "ranvier/map/partition.hpp"
#include "ranvier/map/placement.hpp"

#include <algorithm>
#include <limits>

namespace ranvier::map {
namespace {

bool only_its_tensor_crosses(const ir::Network& network, int cut) {
  if (network.boundary_after(cut) < 0) return false;
  for (int l = cut + 1; l < static_cast<int>(network.layers.size()); ++l) {
    for (const Operand operand : {Operand::kInput, Operand::kResidual, Operand::kGate}) {
      const int source = source_of(network.layers[static_cast<size_t>(l)], operand);
      if (source > 0 && source < cut) return false;
    }
  }
  return true;
}

constexpr double kNever = std::numeric_limits<double>::infinity();

/// The cheapest way to end a chip behind a layer.
struct Choice {
  double bits = kNever;
  int before = -1;  // the cut before that chip; -1: it starts with layer 0
};
using Row = std::vector<Choice>;  // [layer behind which the last chip ends]

/// Chips 0..k from those of 0..k-1; `shorter` is null for the first chip.
Row extend(const Chain& chain, const Row* shorter) {
  const auto layers = static_cast<int>(chain.cores.size());
  Row row(chain.cores.size());
  for (int end = 0; end < layers; ++end) {
    if (end + 1 < layers && !chain.may_cut[static_cast<size_t>(end)]) continue;
    Choice& choice = row[static_cast<size_t>(end)];
    int64_t cores = 0;
    for (int start = end; start >= 0; --start) {
      cores += chain.cores[static_cast<size_t>(start)];
      if (cores > chain.capacity) break;
      if (shorter == nullptr && start == 0) choice = {0, -1};
      if (shorter == nullptr || start == 0) continue;
      const auto cut = static_cast<size_t>(start - 1);
      const double bits = (*shorter)[cut].bits + chain.cut_bits[cut];
      if (bits < choice.bits) choice = {bits, start - 1};
    }
  }
  return row;
}

}  // namespace

Chain chain_of(const ir::Network& network, const Mapping& mapping, const TileGraph& graph,
               const arch::PackageSpec& package) {
  const auto layers = static_cast<int>(network.layers.size());
  Chain chain;
  chain.capacity = usable_cores(package.chip.mesh, margin_of(network));
  chain.chips = package.chips_x * package.chips_y;
  for (int l = 0; l < layers; ++l) {
    const auto tiles = static_cast<int64_t>(mapping.layers[static_cast<size_t>(l)].size());
    chain.cores.push_back(l == 0 ? 0 : tiles);
    const bool inside = l > 0 && l + 1 < layers && chain.chips > 1;
    chain.may_cut.push_back(inside && only_its_tensor_crosses(network, l));
    chain.cut_bits.push_back(
        chain.may_cut.back() ? expected_die_bits(graph, package, chips_between(graph, {l})) : 0);
  }
  return chain;
}

std::optional<std::vector<int>> best_cuts(const Chain& chain) {
  std::vector<Row> best{extend(chain, nullptr)};  // [chips - 1]
  size_t last = 0;
  while (static_cast<int>(best.size()) < chain.chips && best.size() < chain.cores.size()) {
    best.push_back(extend(chain, &best.back()));
    if (best.back().back().bits < best[last].back().bits) last = best.size() - 1;
  }
  if (best[last].back().bits == kNever) return std::nullopt;
  std::vector<int> cuts;
  for (size_t end = chain.cores.size() - 1; last > 0; --last) {
    cuts.push_back(best[last][end].before);
    end = static_cast<size_t>(cuts.back());
  }
  std::ranges::reverse(cuts);
  return cuts;
}

std::vector<int> chips_between(const TileGraph& graph, const std::vector<int>& cuts) {
  std::vector<int> chips;
  for (const auto& tile : graph.tiles) {
    const auto before = [&](int cut) { return cut < tile.layer; };
    chips.push_back(static_cast<int>(std::ranges::count_if(cuts, before)));
  }
  return chips;
}

}  // namespace ranvier::map
