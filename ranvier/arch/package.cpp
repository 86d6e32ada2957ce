#include "ranvier/arch/package.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>

namespace ranvier::arch {
namespace {

int whole(const config::Values& values, std::string_view key) {
  return static_cast<int>(values.integer(key));
}

core::Hertz hertz(const config::Values& values, std::string_view key, std::string_view unit) {
  const double rate = values.real(key);
  if (rate != std::floor(rate)) {
    values.refuse(key, fmt::format("a whole number of {}", unit),
                  "Clock ratios are kept exact, so a rate has no fraction.");
  }
  return core::Hertz(rate);
}

core::Picoseconds picoseconds(const config::Values& values, std::string_view key) {
  const double time = values.real(key) * 1e12;
  const double nearest = std::round(time);
  if (std::abs(time - nearest) > 1e-6 * std::max(1.0, nearest)) {
    values.refuse(key, "a whole number of ps");
  }
  return core::Picoseconds(static_cast<int64_t>(nearest));
}

ChipSpec chip_from(const config::Values& values) {
  ChipSpec chip;
  chip.mesh = whole(values, "hardware.mesh");
  chip.neurons_per_core = whole(values, "hardware.neurons_per_core");
  chip.passes = whole(values, "hardware.passes");
  const double bytes = values.real("hardware.weight_sram");
  if (bytes != std::floor(bytes)) values.refuse("hardware.weight_sram", "a whole number of bytes");
  chip.weight_sram_bytes = static_cast<int64_t>(bytes);
  chip.weight_bits = whole(values, "hardware.weight_bits");
  chip.accumulator_bits = whole(values, "hardware.accumulator_bits");
  return chip;
}

RouterSpec router_from(const config::Values& values) {
  return {.router_cycles = whole(values, "hardware.router.router_cycles"),
          .link_cycles = whole(values, "hardware.router.link_cycles"),
          .buffer_flits = whole(values, "hardware.router.buffer_flits"),
          .virtual_channels = whole(values, "hardware.router.virtual_channels"),
          .fork_flits = whole(values, "hardware.router.fork_flits")};
}

PacketSpec packet_from(const config::Values& values, const ChipSpec& chip) {
  const int axons = core::bits_to_name(chip.neurons_per_core);
  PacketSpec packet{.dx_bits = whole(values, "hardware.packet.dx_bits"),
                    .dy_bits = whole(values, "hardware.packet.dy_bits"),
                    .axon_bits = axons,
                    .tick_bits = whole(values, "hardware.packet.tick_bits"),
                    .payload_bits = whole(values, "hardware.packet.payload_bits"),
                    .current_bits = whole(values, "hardware.packet.current_bits"),
                    .framing_bits = whole(values, "hardware.packet.framing_bits")};
  if (values.has("hardware.packet.axon_bits")) {
    packet.axon_bits = whole(values, "hardware.packet.axon_bits");
    if (packet.axon_bits < axons) {
      values.refuse("hardware.packet.axon_bits", fmt::format("at least {}", axons),
                    fmt::format("A core holds {} neurons.", chip.neurons_per_core));
    }
  }
  if (packet.tick_bits > packet.payload_bits) {
    values.refuse("hardware.packet.tick_bits", fmt::format("at most {}", packet.payload_bits),
                  "A spike travels in one flit, its tick in the place of the payload.");
  }
  return packet;
}

MergePolicy merge_policy_from(const config::Values& values) {
  return values.text("hardware.emio.merge_policy") == "fixed_priority" ? MergePolicy::kFixedPriority
                                                                       : MergePolicy::kRoundRobin;
}

EmioSpec emio_from(const config::Values& values) {
  const EmioSpec emio{.merge_cycles = whole(values, "hardware.emio.merge_cycles"),
                      .split_cycles = whole(values, "hardware.emio.split_cycles"),
                      .fifo_source_cycles = whole(values, "hardware.emio.fifo_source_cycles"),
                      .fifo_sync_cycles = whole(values, "hardware.emio.fifo_sync_cycles"),
                      .fifo_depth = whole(values, "hardware.emio.fifo_depth"),
                      .lane_buffer_flits = whole(values, "hardware.emio.lane_buffer_flits"),
                      .merge_policy = merge_policy_from(values)};
  if (!std::has_single_bit(static_cast<unsigned>(emio.fifo_depth))) {
    values.refuse("hardware.emio.fifo_depth", "a power of two",
                  "Its pointers cross the clocks in Gray code.");
  }
  return emio;
}

RetryPolicy retry_from(const config::Values& values) {
  if (values.text("hardware.serdes.retry") == "none") return RetryPolicy::kNone;
  if (values.integer("hardware.serdes.crc_bits") == 0) {
    values.refuse("hardware.serdes.retry", "none, or hardware.serdes.crc_bits of at least 1",
                  "Only a checksum tells the far end that a flit is damaged.");
  }
  return RetryPolicy::kGoBackN;
}

SerdesSpec serdes_from(const config::Values& values) {
  const SerdesSpec serdes{.lanes = whole(values, "hardware.serdes.lanes"),
                          .lane_rate = hertz(values, "hardware.serdes.lane_rate", "bit/s"),
                          .phy_latency = picoseconds(values, "hardware.serdes.phy_latency"),
                          .flight = picoseconds(values, "hardware.serdes.flight"),
                          .clock_phase = picoseconds(values, "hardware.serdes.clock_phase"),
                          .bit_error_rate = values.real("hardware.serdes.bit_error_rate"),
                          .crc_bits = whole(values, "hardware.serdes.crc_bits"),
                          .retry = retry_from(values),
                          .replay_flits = whole(values, "hardware.serdes.replay_flits")};
  const double periods =
      static_cast<double>(serdes.clock_phase.value()) * 1e-12 * serdes.lane_rate.value();
  if (periods >= 1) {
    values.refuse("hardware.serdes.clock_phase",
                  "less than one period of hardware.serdes.lane_rate",
                  "A phase of one period is a phase of 0.");
  }
  return serdes;
}

ConverterSpec converter_from(const config::Values& values) {
  const auto rate = [&](std::string_view name) {
    return whole(values, fmt::format("hardware.converter.{}", name));
  };
  return {.encode_elements_per_cycle = rate("encode_elements_per_cycle"),
          .encode_events_per_cycle = rate("encode_events_per_cycle"),
          .decode_events_per_cycle = rate("decode_events_per_cycle"),
          .decode_elements_per_cycle = rate("decode_elements_per_cycle"),
          .rans_symbols_per_cycle = rate("rans_symbols_per_cycle"),
          .output_flits = rate("output_flits")};
}

/// A signed field of `bits` reaches 2^(bits-1) - 1 tiles; the package must not be longer.
void check_reach(const config::Values& values, std::string_view chips_key, int chips, int mesh,
                 std::string_view bits_key, int bits) {
  const int64_t reach = (int64_t{1} << (bits - 1)) - 1;
  const int64_t longest = int64_t{chips} * mesh - 1;
  if (longest <= reach) return;
  const std::string_view key = chips == 1 ? "hardware.mesh" : chips_key;
  values.refuse(key, fmt::format("at most {}", (reach + 1) / (chips == 1 ? 1 : mesh)),
                fmt::format("{} chips of {} cores are up to {} hops long, and {} = {} reaches {}.",
                            chips, mesh, longest, bits_key, bits, reach));
}

}  // namespace

PackageSpec package_from(const config::Values& values) {
  PackageSpec package;
  package.chips_x = whole(values, "hardware.chips_x");
  package.chips_y = whole(values, "hardware.chips_y");
  package.chip = chip_from(values);
  package.core_clock = hertz(values, "hardware.core_clock", "Hz");
  package.router = router_from(values);
  package.packet = packet_from(values, package.chip);
  package.emio = emio_from(values);
  package.serdes = serdes_from(values);
  package.converter = converter_from(values);
  package.compute = {
      .macs_per_cycle = whole(values, "hardware.compute.macs_per_cycle"),
      .acs_per_cycle = whole(values, "hardware.compute.acs_per_cycle"),
      .lif_updates_per_cycle = whole(values, "hardware.compute.lif_updates_per_cycle")};
  check_reach(values, "hardware.chips_x", package.chips_x, package.chip.mesh,
              "hardware.packet.dx_bits", package.packet.dx_bits);
  check_reach(values, "hardware.chips_y", package.chips_y, package.chip.mesh,
              "hardware.packet.dy_bits", package.packet.dy_bits);
  return package;
}

Coordinates coordinates(const PackageSpec& package, core::TileId tile) {
  RANVIER_CONTRACT(tile.index() >= 0 && tile.index() < package.width() * package.height(),
                   "the tile is in the package");
  return {tile.index() % package.width(), tile.index() / package.width()};
}

core::TileId tile_at(const PackageSpec& package, Coordinates at) {
  RANVIER_CONTRACT(at.x >= 0 && at.x < package.width() && at.y >= 0 && at.y < package.height(),
                   "the coordinates are in the package");
  return core::TileId(at.y * package.width() + at.x);
}

namespace {

/// Serpentine order within a row of chips: its own inverse.
int serpentine(const PackageSpec& package, int row, int along) {
  return row % 2 == 0 ? along : package.chips_x - 1 - along;
}

}  // namespace

Coordinates chip_origin(const PackageSpec& package, core::ChipId chip) {
  RANVIER_CONTRACT(chip.index() >= 0 && chip.index() < package.chips_x * package.chips_y,
                   "the chip is in the package");
  const int row = chip.index() / package.chips_x;
  const int column = serpentine(package, row, chip.index() % package.chips_x);
  return {column * package.chip.mesh, row * package.chip.mesh};
}

core::ChipId chip_at(const PackageSpec& package, Coordinates at) {
  RANVIER_CONTRACT(at.x >= 0 && at.x < package.width() && at.y >= 0 && at.y < package.height(),
                   "the coordinates are in the package");
  const int row = at.y / package.chip.mesh;
  return core::ChipId(row * package.chips_x + serpentine(package, row, at.x / package.chip.mesh));
}

codec::WireLayout wire_layout(const PackageSpec& package) {
  return {.route_bits = package.packet.dx_bits + package.packet.dy_bits,
          .address_bits = package.packet.axon_bits,
          .tick_bits = package.packet.tick_bits,
          .flit_bits = package.packet.flit_bits(),
          .tag_bits = package.tag_bits(),
          .framing_bits = package.packet.framing_bits + package.serdes.crc_bits};
}

}  // namespace ranvier::arch
