#include "ranvier/analytic/route.hpp"

#include <cstdlib>

namespace ranvier::analytic {

Hop next_hop(const arch::PackageSpec& package, arch::Coordinates at, arch::Coordinates to) {
  const int mesh = package.chip.mesh;
  Hop hop;
  hop.next = at;
  if (at.x != to.x) {
    const bool east = to.x > at.x;
    hop.direction = east ? Direction::kEast : Direction::kWest;
    hop.next.x += east ? 1 : -1;
  } else {
    const bool south = to.y > at.y;
    hop.direction = south ? Direction::kSouth : Direction::kNorth;
    hop.next.y += south ? 1 : -1;
  }
  hop.crosses = at.x / mesh != hop.next.x / mesh || at.y / mesh != hop.next.y / mesh;
  if (hop.crosses) hop.lane = at.x != to.x ? at.y % mesh : at.x % mesh;
  return hop;
}

int64_t channel_index(const arch::PackageSpec& package, arch::Coordinates at, Direction direction) {
  const int64_t tile = int64_t{1} * at.y * package.width() + at.x;
  return tile * kDirections + static_cast<int64_t>(direction);
}

int64_t side_index(const arch::PackageSpec& package, arch::Coordinates at, Direction direction) {
  const int mesh = package.chip.mesh;
  const int64_t chip = int64_t{1} * (at.y / mesh) * package.chips_x + at.x / mesh;
  return chip * kDirections + static_cast<int64_t>(direction);
}

Distance distance(const arch::PackageSpec& package, arch::Coordinates from, arch::Coordinates to) {
  const int mesh = package.chip.mesh;
  Distance result;
  result.routers = 1 + std::abs(to.x - from.x) + std::abs(to.y - from.y);
  result.crossings = std::abs(to.x / mesh - from.x / mesh) + std::abs(to.y / mesh - from.y / mesh);
  return result;
}

}  // namespace ranvier::analytic
