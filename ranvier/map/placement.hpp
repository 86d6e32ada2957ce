#pragma once
// Which core of a chip comes when, and where boundaries cross from one chip to the next.

#include "ranvier/arch/package.hpp"
#include "ranvier/ir/network.hpp"

#include <optional>
#include <vector>

namespace ranvier::map {

enum class Side : uint8_t { kWest, kEast, kNorth, kSouth };

/// The side of `chip` that faces `other`. Errors: ContractViolation when they are no neighbours.
Side side_facing(const arch::PackageSpec& package, core::ChipId chip, core::ChipId other);

/// Sides through which the XY route from one chip to another leaves the first and enters the last.
Side leaving_side(const arch::PackageSpec& package, core::ChipId from, core::ChipId to);
Side arriving_side(const arch::PackageSpec& package, core::ChipId from, core::ChipId to);

/// Die edges on that route.
int die_edges(const arch::PackageSpec& package, core::ChipId from, core::ChipId to);

/// Rings of peripheral cores that keep to spikes and leave dense layers to the interior.
int margin_of(const ir::Network& network);

/// Cores of a chip inside its `margin` outer rings.
int64_t usable_cores(int mesh, int margin);

/// Core of one peripheral lane: `lane` counts rows on the west and east sides, columns on the
/// others.
core::TileId gateway(const arch::PackageSpec& package, core::ChipId chip, Side side, int lane);

/// Lane whose gateway on `side` is nearest to `tile`.
int nearest_lane(const arch::PackageSpec& package, core::TileId tile, Side side);

/// Cores of a chip in boustrophedon order: lines parallel to the entry side, from there towards the
/// far side, each walked in the direction opposite to the one before. `margin` outer rings are left
/// out. The first chip of a package starts opposite its exit; a lone chip starts in the west.
std::vector<core::TileId> core_order(const arch::PackageSpec& package, core::ChipId chip,
                                     int chips_used, int margin);

/// `count` tiles nearest to the north-west corner of a chip, nearest first.
std::vector<core::TileId> corner_tiles(const arch::PackageSpec& package, core::ChipId chip,
                                       int count);

/// Lanes for blocks of `sizes` neurons produced on `tiles`: each goes to the least loaded lane, of
/// those the nearest.
std::vector<int> balance_lanes(const arch::PackageSpec& package, Side side,
                               const std::vector<core::TileId>& tiles,
                               const std::vector<int64_t>& sizes);

}  // namespace ranvier::map
