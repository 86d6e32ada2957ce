#pragma once
// What leaves its chip: one block per producer tile and chip that needs some of it, on a lane.

#include "ranvier/map/mapper.hpp"

namespace ranvier::map {

/// Whether `operand` of `network` travels through a boundary's codec. The membrane shortcut of a
/// spiking network does not: it adds currents, which go from tile to tile.
bool is_coded(const ir::Network& network, Operand operand);

/// [boundary]. Errors: UserError (network.boundaries) when a layer's output leaves its chip and no
/// boundary codes it. Cost: O(tile pairs).
std::vector<std::vector<Crossing>> cross_boundaries(const ir::Network& network,
                                                    const Mapping& mapping,
                                                    const arch::PackageSpec& package);

}  // namespace ranvier::map
