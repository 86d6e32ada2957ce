#include "ranvier/map/candidate_cuts.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/chain_cuts.hpp"
#include "ranvier/map/placement.hpp"

#include <algorithm>

namespace ranvier::map {
namespace {

Chain chain_of_cuts(const ir::Network& network, const Mapping& mapping,
                    std::span<const double> bits, const arch::PackageSpec& package) {
  Chain chain;
  chain.capacity = usable_cores(package.chip.mesh, margin_of(network));
  chain.chips = static_cast<int>(network.boundaries.size()) + 1;
  for (size_t l = 0; l < network.layers.size(); ++l) {
    const int boundary = network.boundary_after(static_cast<int>(l));
    const auto tiles = static_cast<int64_t>(mapping.layers[l].size());
    chain.cores.push_back(l == 0 ? 0 : tiles);  // the image takes no core
    chain.may_cut.push_back(boundary >= 0);
    chain.cut_bits.push_back(boundary >= 0 ? bits[static_cast<size_t>(boundary)] : 0.0);
  }
  return chain;
}

CutChoice choice_of(const ir::Network& network, const Chain& chain, const std::vector<int>& cuts) {
  CutChoice choice;
  choice.chips = static_cast<int>(cuts.size()) + 1;
  int64_t cores = 0;
  for (size_t l = 0; l < chain.cores.size(); ++l) {
    cores += chain.cores[l];
    choice.most_cores = std::max(choice.most_cores, cores);
    if (!std::ranges::binary_search(cuts, static_cast<int>(l))) continue;
    choice.kept.push_back(network.boundary_after(static_cast<int>(l)));
    choice.bits += chain.cut_bits[l];
    cores = 0;
  }
  return choice;
}

}  // namespace

std::vector<CutChoice> cut_choices(const ir::Network& network, const Mapping& mapping,
                                   std::span<const double> bits, const arch::PackageSpec& package) {
  RANVIER_CONTRACT(network.chip_rule == ir::ChipRule::kCut, "candidates are the cuts of a network");
  RANVIER_CONTRACT(bits.size() == network.boundaries.size(), "one number for each cut");
  const Chain chain = chain_of_cuts(network, mapping, bits, package);
  std::vector<CutChoice> choices;
  for (const auto& cuts : cuts_by_chips(chain)) {
    if (cuts) choices.push_back(choice_of(network, chain, *cuts));
  }
  return choices;
}

}  // namespace ranvier::map
