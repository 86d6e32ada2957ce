#pragma once
// Routings that only tests use.

#include "ranvier/sim/lowered.hpp"

namespace ranvier::sim::testing {

/// Clockwise round the four places of a 2 x 2 grid: the classic cycle of channel dependencies.
inline Port route_clockwise(Place here, Place target) {
  if (here == target) return kLocal;
  if (here.y == 0) return here.x == 0 ? kEast : kSouth;
  return here.x == 1 ? kWest : kNorth;
}

}  // namespace ranvier::sim::testing
