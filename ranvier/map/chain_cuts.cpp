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

/// [chips - 1], as long as there may be more chips and layers to fill them.
std::vector<Row> rows_of(const Chain& chain) {
  std::vector<Row> rows{extend(chain, nullptr)};
  while (static_cast<int>(rows.size()) < chain.chips && rows.size() < chain.cores.size()) {
    rows.push_back(extend(chain, &rows.back()));
  }
  return rows;
}

double bits_of(const Row& row) { return row.back().bits; }

/// The way back from the end of the last of `last` + 1 chips.
std::vector<int> cuts_of(const std::vector<Row>& rows, size_t last) {
  std::vector<int> cuts;
  for (size_t end = rows.front().size() - 1; last > 0; --last) {
    cuts.push_back(rows[last][end].before);
    end = static_cast<size_t>(cuts.back());
  }
  std::ranges::reverse(cuts);
  return cuts;
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
  const auto rows = rows_of(chain);
  const auto best = std::ranges::min_element(rows, {}, bits_of);  // the first: fewest chips
  if (bits_of(*best) == kNever) return std::nullopt;
  return cuts_of(rows, static_cast<size_t>(best - rows.begin()));
}

std::vector<std::optional<std::vector<int>>> cuts_by_chips(const Chain& chain) {
  const auto rows = rows_of(chain);
  std::vector<std::optional<std::vector<int>>> all(rows.size());
  for (size_t last = 0; last < rows.size(); ++last) {
    if (bits_of(rows[last]) < kNever) all[last] = cuts_of(rows, last);
  }
  return all;
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
