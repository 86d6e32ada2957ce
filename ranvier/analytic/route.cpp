#include "ranvier/analytic/route.hpp"

#include <algorithm>
#include <cstdlib>

namespace ranvier::analytic {
namespace {

constexpr bool is_horizontal(Direction direction) {
  return direction == Direction::kEast || direction == Direction::kWest;
}

constexpr bool is_forward(Direction direction) {
  return direction == Direction::kEast || direction == Direction::kSouth;
}

/// Number of the die side through which a die is left, before the plan numbers those in use.
int32_t side_number(const arch::PackageSpec& package, arch::Coordinates tile, Direction direction) {
  const int mesh = package.chip.mesh;
  const int chip = tile.y / mesh * package.chips_x + tile.x / mesh;
  return chip * kDirections + static_cast<int32_t>(direction);
}

/// Appends the legs from `at` for `hops` hops in one direction; `at` moves along.
void append_line(const arch::PackageSpec& package, arch::Coordinates& at, Direction direction,
                 int hops, std::vector<Leg>& legs) {
  const int mesh = package.chip.mesh;
  int& along = is_horizontal(direction) ? at.x : at.y;
  const int lane = (is_horizontal(direction) ? at.y : at.x) % mesh;
  while (hops > 0) {
    const int inside = along % mesh;
    // The hop over the edge included.
    const int to_edge = is_forward(direction) ? mesh - inside : inside + 1;
    Leg leg{.channel = channel_number(package, at, direction), .hops = std::min(hops, to_edge)};
    if (hops >= to_edge) {
      leg.side = side_number(package, at, direction);
      leg.lane = lane;
    }
    legs.push_back(leg);
    along += is_forward(direction) ? leg.hops : -leg.hops;
    hops -= leg.hops;
  }
}

}  // namespace

int32_t channel_number(const arch::PackageSpec& package, arch::Coordinates tile,
                       Direction direction) {
  const int mesh = package.chip.mesh;
  const int along = (is_horizontal(direction) ? tile.x : tile.y) % mesh;
  const int lane = (is_horizontal(direction) ? tile.y : tile.x) % mesh;
  const int before = is_forward(direction) ? along : mesh - 1 - along;
  return (side_number(package, tile, direction) * mesh + lane) * mesh + before;
}

void append_way(const arch::PackageSpec& package, core::TileId from, core::TileId to,
                std::vector<Leg>& legs) {
  auto at = arch::coordinates(package, from);
  const auto end = arch::coordinates(package, to);
  append_line(package, at, end.x > at.x ? Direction::kEast : Direction::kWest,
              std::abs(end.x - at.x), legs);
  append_line(package, at, end.y > at.y ? Direction::kSouth : Direction::kNorth,
              std::abs(end.y - at.y), legs);
}

int64_t stream_cycles(const arch::RouterSpec& router, int64_t flits, std::span<const Leg> way) {
  const int64_t buffer = router.buffer_flits;
  if (flits <= buffer) return flits - 1;
  const auto loop = [&](int64_t link) { return router.router_cycles + 2 * link + 1; };
  if (buffer >= loop(router.link_cycles)) return flits - 1;
  const bool has_link = std::ranges::any_of(
      way, [](const Leg& leg) { return leg.hops > (leg.side == kOnChip ? 0 : 1); });
  const int64_t round = loop(has_link ? router.link_cycles : kPortCycles);
  if (buffer >= round) return flits - 1;
  return (flits - 1) / buffer * round + (flits - 1) % buffer;
}

}  // namespace ranvier::analytic
