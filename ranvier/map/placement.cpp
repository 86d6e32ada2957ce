#include "ranvier/map/placement.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace ranvier::map {
namespace {

using arch::Coordinates;

Side opposite(Side side) {
  switch (side) {
    case Side::kWest:
      return Side::kEast;
    case Side::kEast:
      return Side::kWest;
    case Side::kNorth:
      return Side::kSouth;
    case Side::kSouth:
      return Side::kNorth;
  }
  return Side::kWest;
}

Side entry_side(const arch::PackageSpec& package, core::ChipId chip, int chips_used) {
  if (chip.index() > 0) return side_facing(package, chip, core::ChipId(chip.index() - 1));
  if (chips_used < 2) return Side::kWest;
  return opposite(side_facing(package, chip, core::ChipId(chip.index() + 1)));
}

}  // namespace

Side side_facing(const arch::PackageSpec& package, core::ChipId chip, core::ChipId other) {
  const Coordinates here = arch::chip_origin(package, chip);
  const Coordinates there = arch::chip_origin(package, other);
  const int dx = there.x - here.x;
  const int dy = there.y - here.y;
  RANVIER_CONTRACT(std::abs(dx) + std::abs(dy) == package.chip.mesh, "chips share no edge");
  if (dx != 0) return dx > 0 ? Side::kEast : Side::kWest;
  return dy > 0 ? Side::kSouth : Side::kNorth;
}

Side leaving_side(const arch::PackageSpec& package, core::ChipId from, core::ChipId to) {
  const Coordinates here = arch::chip_origin(package, from);
  const Coordinates there = arch::chip_origin(package, to);
  RANVIER_CONTRACT(!(here == there), "a chip is left for another one");
  if (here.x != there.x) return here.x < there.x ? Side::kEast : Side::kWest;
  return here.y < there.y ? Side::kSouth : Side::kNorth;
}

Side arriving_side(const arch::PackageSpec& package, core::ChipId from, core::ChipId to) {
  const Coordinates here = arch::chip_origin(package, from);
  const Coordinates there = arch::chip_origin(package, to);
  RANVIER_CONTRACT(!(here == there), "a chip is entered from another one");
  if (here.y != there.y) return here.y < there.y ? Side::kNorth : Side::kSouth;
  return here.x < there.x ? Side::kWest : Side::kEast;
}

int die_edges(const arch::PackageSpec& package, core::ChipId from, core::ChipId to) {
  const Coordinates here = arch::chip_origin(package, from);
  const Coordinates there = arch::chip_origin(package, to);
  return (std::abs(here.x - there.x) + std::abs(here.y - there.y)) / package.chip.mesh;
}

int margin_of(const ir::Network& network) { return network.kind == ir::NetworkKind::kHnn ? 1 : 0; }

int64_t usable_cores(int mesh, int margin) {
  const int64_t side = std::max(0, mesh - 2 * margin);
  return side * side;
}

core::TileId gateway(const arch::PackageSpec& package, core::ChipId chip, Side side, int lane) {
  const Coordinates origin = arch::chip_origin(package, chip);
  const int last = package.chip.mesh - 1;
  switch (side) {
    case Side::kWest:
      return arch::tile_at(package, {origin.x, origin.y + lane});
    case Side::kEast:
      return arch::tile_at(package, {origin.x + last, origin.y + lane});
    case Side::kNorth:
      return arch::tile_at(package, {origin.x + lane, origin.y});
    case Side::kSouth:
      return arch::tile_at(package, {origin.x + lane, origin.y + last});
  }
  return {};
}

int nearest_lane(const arch::PackageSpec& package, core::TileId tile, Side side) {
  const Coordinates at = arch::coordinates(package, tile);
  const bool rows = side == Side::kWest || side == Side::kEast;
  return (rows ? at.y : at.x) % package.chip.mesh;
}

std::vector<core::TileId> core_order(const arch::PackageSpec& package, core::ChipId chip,
                                     int chips_used, int margin) {
  const Side entry = entry_side(package, chip, chips_used);
  const int first = margin;
  const int last = package.chip.mesh - 1 - margin;
  std::vector<core::TileId> order;
  for (int line = first; line <= last; ++line) {
    for (int step = first; step <= last; ++step) {
      const bool forward = (line - first) % 2 == 0;
      const int along = forward ? step : first + last - step;
      const bool reversed = entry == Side::kEast || entry == Side::kSouth;
      const int across = reversed ? first + last - line : line;
      const bool columns = entry == Side::kWest || entry == Side::kEast;
      const Coordinates origin = arch::chip_origin(package, chip);
      const Coordinates local = columns ? Coordinates{across, along} : Coordinates{along, across};
      order.push_back(arch::tile_at(package, {origin.x + local.x, origin.y + local.y}));
    }
  }
  return order;
}

std::vector<core::TileId> corner_tiles(const arch::PackageSpec& package, core::ChipId chip,
                                       int count) {
  const Coordinates origin = arch::chip_origin(package, chip);
  std::vector<Coordinates> all;
  for (int y = 0; y < package.chip.mesh; ++y) {
    for (int x = 0; x < package.chip.mesh; ++x) all.push_back({x, y});
  }
  std::sort(all.begin(), all.end(), [](Coordinates a, Coordinates b) {
    return std::tuple(a.x + a.y, a.y, a.x) < std::tuple(b.x + b.y, b.y, b.x);
  });
  std::vector<core::TileId> tiles;
  for (int i = 0; i < count; ++i) {
    const Coordinates at = all[static_cast<size_t>(i) % all.size()];
    tiles.push_back(arch::tile_at(package, {origin.x + at.x, origin.y + at.y}));
  }
  return tiles;
}

std::vector<int> balance_lanes(const arch::PackageSpec& package, Side side,
                               const std::vector<core::TileId>& tiles,
                               const std::vector<int64_t>& sizes) {
  std::vector<int64_t> load(static_cast<size_t>(package.chip.mesh));
  std::vector<int> lanes;
  lanes.reserve(tiles.size());
  for (size_t i = 0; i < tiles.size(); ++i) {
    const int near = nearest_lane(package, tiles[i], side);
    int chosen = 0;
    const auto rank = [&](int lane) {
      return std::tuple(load[static_cast<size_t>(lane)], std::abs(lane - near), lane);
    };
    for (int lane = 1; lane < package.chip.mesh; ++lane) {
      if (rank(lane) < rank(chosen)) chosen = lane;
    }
    load[static_cast<size_t>(chosen)] += sizes[i];
    lanes.push_back(chosen);
  }
  return lanes;
}

}  // namespace ranvier::map
