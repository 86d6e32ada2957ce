#include "ranvier/sim/lowered.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <limits>
#include <string>

namespace ranvier::sim {
namespace {

void require(int64_t value, int64_t low, int64_t high, const char* key) {
  if (value >= low && value <= high) return;
  throw core::UserError({.key = fmt::format("hardware.{}", key),
                         .given = std::to_string(value),
                         .allowed = fmt::format("{}..{}", low, high),
                         .place = "",
                         .hint = ""});
}

void check_ranges(const arch::PackageSpec& package) {
  constexpr int kMany = 4096;
  constexpr int kDeep = std::numeric_limits<int16_t>::max();
  require(package.width(), 1, kDeep, "mesh");
  require(package.height(), 1, kDeep, "mesh");
  require(package.router.virtual_channels, 1, kMaxVirtualChannels, "router.virtual_channels");
  require(package.router.buffer_flits, 1, kDeep, "router.buffer_flits");
  require(package.router.router_cycles, 1, kMany, "router.router_cycles");
  require(package.router.link_cycles, 0, kMany, "router.link_cycles");
  require(package.emio.merge_cycles, 0, kMany, "emio.merge_cycles");
  require(package.emio.split_cycles, 0, kMany, "emio.split_cycles");
  require(package.emio.fifo_source_cycles, 1, kMany, "emio.fifo_source_cycles");
  require(package.emio.fifo_sync_cycles, 1, kMany, "emio.fifo_sync_cycles");
  require(package.emio.fifo_depth, 1, kDeep, "emio.fifo_depth");
  require(package.emio.lane_buffer_flits, 1, kDeep, "emio.lane_buffer_flits");
  require(package.serdes.lanes, 1, kDeep, "serdes.lanes");
  require(package.serdes.phy_latency.value(), 0, int64_t{1} << 40, "serdes.phy_latency");
  require(package.serdes.flight.value(), 0, int64_t{1} << 40, "serdes.flight");
  require(package.converter.output_flits, 1, 1 << 20, "converter.output_flits");
  require(package.serdes.replay_flits, 1, 1 << 16, "serdes.replay_flits");
}

CrossingTiming lower_crossing(const arch::PackageSpec& package) {
  CrossingTiming crossing;
  crossing.clocks =
      ClockPair(package.core_clock, package.serdes.lane_rate,
                package.serdes.phy_latency + package.serdes.flight, package.serdes.clock_phase);
  crossing.merge = package.emio.merge_cycles;
  crossing.split = package.emio.split_cycles;
  crossing.fifo_source = package.emio.fifo_source_cycles;
  crossing.fifo_sync = package.emio.fifo_sync_cycles;
  crossing.fifo_depth = package.emio.fifo_depth;
  crossing.lane_buffer = package.emio.lane_buffer_flits;
  crossing.wires = package.serdes.lanes;
  crossing.overhead_bits = package.link_overhead_bits();
  crossing.bit_error_rate = package.serdes.bit_error_rate;
  crossing.checked = package.serdes.crc_bits > 0;
  if (package.serdes.retry == arch::RetryPolicy::kGoBackN) {
    crossing.replay_flits = package.serdes.replay_flits;
    crossing.answer = package.emio.fifo_source_cycles +
                      crossing.clocks.link_cycles_of_two_delays() + package.emio.fifo_sync_cycles;
  }
  crossing.fixed_priority = package.emio.merge_policy == arch::MergePolicy::kFixedPriority;
  return crossing;
}

/// Chips in ChipId order; sides of a chip in port order; lanes by row or column within the chip.
void add_sides(Lowered& lowered, const arch::PackageSpec& package, int chip) {
  const auto origin = arch::chip_origin(package, core::ChipId(chip));
  const int last = package.chip.mesh - 1;
  for (const Port port : {kEast, kWest, kNorth, kSouth}) {
    Side side{
        .near_chip = chip, .far_chip = -1, .port = port, .near_routers = {}, .far_routers = {}};
    for (int lane = 0; lane <= last; ++lane) {
      const int x = origin.x + (port == kEast ? last : port == kWest ? 0 : lane);
      const int y = origin.y + (port == kSouth ? last : port == kNorth ? 0 : lane);
      const int near = y * lowered.mesh.width + x;
      const int far = neighbour(lowered.mesh, near, port);
      if (far < 0) break;
      side.far_chip = lowered.chip_of[static_cast<size_t>(far)];
      lowered.lane_of[static_cast<size_t>(near * kDirections + port)] =
          static_cast<int32_t>(lowered.sides.size()) * lowered.lanes_per_side + lane;
      side.near_routers.push_back(near);
      side.far_routers.push_back(far);
    }
    if (side.far_chip >= 0) lowered.sides.push_back(std::move(side));
  }
}

void mark_chip(Lowered& lowered, const arch::PackageSpec& package, int chip) {
  const auto origin = arch::chip_origin(package, core::ChipId(chip));
  for (int y = 0; y < package.chip.mesh; ++y) {
    for (int x = 0; x < package.chip.mesh; ++x) {
      const int router = (origin.y + y) * lowered.mesh.width + origin.x + x;
      lowered.chip_of[static_cast<size_t>(router)] = chip;
    }
  }
}

}  // namespace

int neighbour(const MeshTiming& mesh, int router, Port port) {
  const int x = router % mesh.width;
  const int y = router / mesh.width;
  if (port == kEast) return x + 1 < mesh.width ? router + 1 : -1;
  if (port == kWest) return x > 0 ? router - 1 : -1;
  if (port == kSouth) return y + 1 < mesh.height ? router + mesh.width : -1;
  return y > 0 ? router - mesh.width : -1;
}

Lowered lower(const arch::PackageSpec& package) {
  check_ranges(package);
  Lowered lowered;
  lowered.mesh = {.width = package.width(),
                  .height = package.height(),
                  .virtual_channels = package.router.virtual_channels,
                  .buffer_flits = package.router.buffer_flits,
                  .router = package.router.router_cycles,
                  .link = package.router.link_cycles};
  lowered.crossing = lower_crossing(package);
  lowered.lanes_per_side = package.chip.mesh;
  lowered.output_flits = package.converter.output_flits;
  const auto routers = static_cast<size_t>(lowered.routers());
  lowered.chip_of.assign(routers, 0);
  lowered.lane_of.assign(routers * kDirections, -1);
  const int chips = package.chips_x * package.chips_y;
  for (int chip = 0; chip < chips; ++chip) mark_chip(lowered, package, chip);
  for (int chip = 0; chip < chips; ++chip) add_sides(lowered, package, chip);
  return lowered;
}

Route xy_route(const Lowered& lowered, int from, int to) {
  const Place a = lowered.place(from);
  const Place b = lowered.place(to);
  const int side = lowered.lanes_per_side;
  return {.routers = 1 + std::abs(a.x - b.x) + std::abs(a.y - b.y),
          .crossings = std::abs(a.x / side - b.x / side) + std::abs(a.y / side - b.y / side)};
}

}  // namespace ranvier::sim
