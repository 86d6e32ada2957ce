#pragma once
// The way of a message: X then Y over the global mesh, as straight pieces.

#include "ranvier/arch/package.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ranvier::analytic {

enum class Direction : uint8_t { kEast, kWest, kSouth, kNorth };
inline constexpr int kDirections = 4;

inline constexpr int32_t kOnChip = -1;

/// Channels are numbered along the lines that they form, of `mesh` each, one for every lane of
/// every die side: ((chip x 4 + direction) x mesh + lane) x mesh + channels before it in its
/// direction.
int32_t channel_number(const arch::PackageSpec& package, arch::Coordinates tile,
                       Direction direction);

/// Hops in one direction, up to a turn, a die edge or the end of the way.
struct Leg {
  int32_t channel = 0;  // of the first hop; those of the others follow it
  int32_t hops = 0;
  int32_t side = kOnChip;  // die side through which the last hop leaves: chip x 4 + direction
  int32_t lane = 0;        // of that side
  bool operator==(const Leg&) const = default;
};

/// Appends the legs of the way between two tiles; none within one tile. Dimension order: X first
/// (Dally & Towles, section 8.4.2). Cost: O(legs).
void append_way(const arch::PackageSpec& package, core::TileId from, core::TileId to,
                std::vector<Leg>& legs);

/// Injection and ejection channel [core cycles].
inline constexpr int64_t kPortCycles = 1;

/// Cycles from the first to the last of `flits` flits of one message through the idle channels of
/// its way: flits - 1, unless the buffers are shorter than the credit loop P + 2 L + 1. L is that
/// of the ports where the way has no link inside a die.
int64_t stream_cycles(const arch::RouterSpec& router, int64_t flits, std::span<const Leg> way);

}  // namespace ranvier::analytic
