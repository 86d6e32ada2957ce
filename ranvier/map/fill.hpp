#pragma once
// Filling chips by capacity: layers in order onto the cores of one chip after the other, a layer
// over as many chips as it needs.

#include "ranvier/map/mapper.hpp"

namespace ranvier::map {

/// Tiles every layer for the fewest tiles, with at most 1 / spreads[layer] of a core's neurons each
/// (empty: 1), and places them; sets `mapping.layers` but the image, and
/// `chips_used`. Errors: UserError: hardware.mesh (no core for dense layers), hardware.chips_x (too
/// few chips; says how many would do, and which neurons_per_core), hardware.weight_sram_bytes.
void fill_chips(const ir::Network& network, const arch::PackageSpec& package,
                const std::vector<int>& spreads, Mapping& mapping);

/// Whether the package has chips enough for these spreads.
bool can_fill(const ir::Network& network, const arch::PackageSpec& package,
              const std::vector<int>& spreads);

}  // namespace ranvier::map
