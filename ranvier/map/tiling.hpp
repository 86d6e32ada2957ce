#pragma once
// Cutting one layer into tiles: a channel group times a spatial patch, within what a core can hold.

#include "ranvier/arch/package.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/map/region.hpp"

#include <vector>

namespace ranvier::map {

/// What a core can hold.
struct CoreLimits {
  int64_t neurons = 0;
  int64_t weight_bits = 0;  // SRAM
  int bits_per_weight = 0;
};
CoreLimits limits_of(const arch::ChipSpec& chip);
/// The same with 1 / spread of the neurons.
CoreLimits spread_limits(CoreLimits limits, int spread);

/// Which tiling of all that fit: least input traffic (then fewest tiles), or fewest tiles (then
/// least traffic).
enum class TilingGoal : uint8_t { kLeastTraffic, kFewestTiles };

/// How a layer is cut: nearly equal parts along each axis.
struct Tiling {
  int channel_groups = 1;
  int row_parts = 1;
  int column_parts = 1;
  int64_t traffic =
      0;  // input elements received, summed over all tiles (the residual adds a constant)
  int64_t tiles() const { return int64_t{1} * channel_groups * row_parts * column_parts; }
};

/// Errors: UserError (hardware.weight_sram_bytes) when not even one output channel's weights fit a
/// core. Cost: O(channels x height x width) with O(1) per candidate.
Tiling best_tiling(const ir::Network& network, const ir::Layer& layer, const CoreLimits& limits,
                   TilingGoal goal);

/// Every neuron in exactly one region; patch by patch, channel groups innermost.
std::vector<Region> regions_of(const Tiling& tiling, const ir::Shape& shape);

}  // namespace ranvier::map
