#pragma once
// Filling chips by capacity: layers in order onto the cores of one chip after the other, a layer
// over as many chips as it needs.

#include "ranvier/map/mapper.hpp"

namespace ranvier::map {

/// Tiles every layer for the fewest tiles and places them; sets `mapping.layers` but the image, and
/// `chips_used`. Errors: UserError: hardware.mesh (no core for dense layers), hardware.chips_x (too
/// few chips; says how many would do, and which neurons_per_core), hardware.weight_sram_bytes.
void fill_chips(const ir::Network& network, const arch::PackageSpec& package, Mapping& mapping);

}  // namespace ranvier::map
