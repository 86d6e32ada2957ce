#pragma once
// What leaves its chip: one block per producer tile and chip that needs some of it, on a lane.

#include "ranvier/map/mapper.hpp"

namespace ranvier::map {

/// Whether what a layer reads of `source` as `operand` are currents of a spiking network: values,
/// in every step, from tile to tile and past the codecs of boundaries. The membrane shortcut adds
/// them, and layers without neurons give nothing else.
bool is_current(const ir::Network& network, int source, Operand operand);

/// [boundary]. Errors: UserError (network.boundaries) when a layer's output leaves its chip and no
/// boundary codes it. Cost: O(tile pairs).
std::vector<std::vector<Crossing>> cross_boundaries(const ir::Network& network,
                                                    const Mapping& mapping,
                                                    const arch::PackageSpec& package);

}  // namespace ranvier::map
