#pragma once
// The way of a message: X then Y over the global mesh, router by router.

#include "ranvier/arch/package.hpp"

#include <cstdint>

namespace ranvier::analytic {

enum class Direction : uint8_t { kEast, kWest, kSouth, kNorth };
inline constexpr int kDirections = 4;

/// One step from a router to the next.
struct Hop {
  Direction direction = Direction::kEast;
  arch::Coordinates next;
  bool crosses = false;  // leaves the die
  int lane = 0;          // of the die side it leaves through; 0 on chip
};

/// Next step from `at` to `to`, which differ. Dimension order: X first (Dally & Towles,
/// section 8.4.2).
Hop next_hop(const arch::PackageSpec& package, arch::Coordinates at, arch::Coordinates to);

/// Index of the mesh channel that leaves `at` in `direction`: 0..tiles x 4 - 1.
int64_t channel_index(const arch::PackageSpec& package, arch::Coordinates at, Direction direction);

/// Index of the die side through which a crossing hop leaves: 0..chips x 4 - 1.
int64_t side_index(const arch::PackageSpec& package, arch::Coordinates at, Direction direction);

/// Length of a way. A message within one tile passes one router.
struct Distance {
  int64_t routers = 1;    // source and destination included
  int64_t crossings = 0;  // die edges; the other routers - 1 - crossings hops are on-chip links
  int64_t links() const { return routers - 1 - crossings; }
};
Distance distance(const arch::PackageSpec& package, arch::Coordinates from, arch::Coordinates to);

}  // namespace ranvier::analytic
