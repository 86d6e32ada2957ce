#include "ranvier/analytic/route.hpp"

#include <algorithm>
#include <cstdlib>

namespace ranvier::analytic {
namespace {

/// One dimension of a way, from `at` to `to` along a line of dies of `mesh` tiles.
struct Line {
  int at;
  int to;
  Direction forward;
  Direction back;
  int tile_step;  // between the tile numbers of neighbours
};

/// Appends the line's legs; `tile` moves along. `lane` is that of every die side on the line,
/// `side_of` numbers the side that leaves the die of a tile.
template <class SideOf>
void append_line(Line line, int mesh, int lane, int32_t& tile, std::vector<Leg>& legs,
                 SideOf side_of) {
  const int sign = line.to > line.at ? 1 : -1;
  const Direction direction = sign > 0 ? line.forward : line.back;
  while (line.at != line.to) {
    const int inside = line.at % mesh;
    const int to_edge = sign > 0 ? mesh - inside : inside + 1;  // the hop over the edge included
    const int left = std::abs(line.to - line.at);
    const int32_t step = sign * line.tile_step;
    Leg leg{.channel = tile * kDirections + static_cast<int32_t>(direction),
            .stride = step * kDirections,
            .hops = std::min(left, to_edge)};
    if (left >= to_edge) {
      leg.side = side_of(line.at, direction);
      leg.lane = lane;
    }
    legs.push_back(leg);
    line.at += sign * leg.hops;
    tile += step * leg.hops;
  }
}

}  // namespace

void append_way(const arch::PackageSpec& package, core::TileId from, core::TileId to,
                std::vector<Leg>& legs) {
  const int mesh = package.chip.mesh;
  const auto start = arch::coordinates(package, from);
  const auto end = arch::coordinates(package, to);
  int32_t tile = from.index();
  const auto side = [&](int x, int y, Direction direction) {
    return (y / mesh * package.chips_x + x / mesh) * kDirections + static_cast<int32_t>(direction);
  };
  append_line({start.x, end.x, Direction::kEast, Direction::kWest, 1}, mesh, start.y % mesh, tile,
              legs, [&](int x, Direction direction) { return side(x, start.y, direction); });
  append_line({start.y, end.y, Direction::kSouth, Direction::kNorth, package.width()}, mesh,
              end.x % mesh, tile, legs,
              [&](int y, Direction direction) { return side(end.x, y, direction); });
}

int64_t stream_cycles(const arch::RouterSpec& router, int64_t flits, std::span<const Leg> way) {
  const int64_t buffer = router.buffer_flits;
  const auto loop = [&](int64_t link) { return router.router_cycles + 2 * link + 1; };
  if (buffer >= loop(router.link_cycles)) return flits - 1;
  const bool has_link = std::ranges::any_of(
      way, [](const Leg& leg) { return leg.hops > (leg.side == kOnChip ? 0 : 1); });
  const int64_t round = loop(has_link ? router.link_cycles : kPortCycles);
  if (buffer >= round) return flits - 1;
  return (flits - 1) / buffer * round + (flits - 1) % buffer;
}

}  // namespace ranvier::analytic
