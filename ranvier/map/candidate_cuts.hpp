#pragma once
// Which of a network's cuts to keep: it was trained with codecs at all of them, under one price or
// budget of bits, and what each then sends decides.

#include "ranvier/map/mapper.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ranvier::map {

struct CutChoice {
  int chips = 1;
  std::vector<int> kept;   // of Network::boundaries
  double bits = 0;         // over the kept cuts
  int64_t most_cores = 0;  // of a chip
};

/// For every number of chips with which each chip fits: the cuts of least bits, exactly (by
/// cuts_by_chips). `bits` [boundary] of one inference; `mapping` of the network with all of its
/// cuts, whose tiles stay as they are (a core takes one: no turns).
/// Errors: ContractViolation for a filled network. Cost: O(layers^2 x chips).
std::vector<CutChoice> cut_choices(const ir::Network& network, const Mapping& mapping,
                                   std::span<const double> bits, const arch::PackageSpec& package);

}  // namespace ranvier::map
