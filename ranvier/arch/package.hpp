#pragma once
// Chips and packages: what is on a die, how dies are joined, what runs how fast. Built from
// validated configuration, in quantities; simulators lower it to integers of their own.

#include "ranvier/codec/wire.hpp"
#include "ranvier/config/values.hpp"
#include "ranvier/core/quantity.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace ranvier::arch {

struct RouterSpec {
  int router_cycles = 2;  // router stage P [core cycles]
  int link_cycles = 1;    // link L [core cycles]
  int buffer_flits = 4;   // per input port and VC
  int virtual_channels = 1;
  int fork_flits = 128;  // fork buffer per input port and VC: the longest packet of a multicast
};

struct PacketSpec {
  int dx_bits = 9;
  int dy_bits = 9;
  int axon_bits = 8;
  int tick_bits = 4;
  int payload_bits = 8;   // dense activation on chip
  int current_bits = 16;  // activation on its way to an encoder, value on its way from a decoder
  int framing_bits = 1;   // per flit on a die-to-die link
  int event_bits() const { return dx_bits + dy_bits + axon_bits + tick_bits; }
  int flit_bits() const { return dx_bits + dy_bits + axon_bits + payload_bits; }
};

/// Which of the lanes that could send goes first in the merge of a chip side.
enum class MergePolicy : uint8_t { kRoundRobin, kFixedPriority };

struct EmioSpec {
  int merge_cycles = 2;  // core cycles through the merge, queueing excluded
  int split_cycles = 1;
  int fifo_source_cycles = 1;  // write side of an asynchronous FIFO [source cycles]
  int fifo_sync_cycles = 3;    // pointer synchroniser and registered read [destination cycles]
  int fifo_depth = 8;          // flits
  int lane_buffer_flits = 8;   // receive buffer per lane; its credits return across the link
  MergePolicy merge_policy = MergePolicy::kRoundRobin;
};

/// What follows a flit that arrives damaged.
enum class RetryPolicy : uint8_t { kNone, kGoBackN };

struct SerdesSpec {
  int lanes = 1;
  core::Hertz lane_rate{0.68e9};        // bits per second per lane; one beat moves `lanes` bits
  core::Picoseconds phy_latency{5000};  // TX + RX, fixed
  core::Picoseconds flight{0};          // wire, about 7 ps/mm
  core::Picoseconds clock_phase{0};  // first link edge after the core edge at time 0, < one period
  double bit_error_rate = 0;         // a bit arrives flipped, each by itself
  int crc_bits = 0;                  // per flit; 0: damage goes unseen
  RetryPolicy retry = RetryPolicy::kNone;
  int replay_flits = 256;  // sent and not yet acknowledged
};

struct ConverterSpec {
  int encode_elements_per_cycle = 1;
  int encode_events_per_cycle = 1;
  int decode_events_per_cycle = 1;
  int decode_elements_per_cycle = 1;
  int rans_symbols_per_cycle = 1;
  int output_flits = 512;  // output buffer
};

struct ComputeSpec {
  int macs_per_cycle = 256;  // of one ANN core
  int acs_per_cycle = 256;   // spike accumulates of one SNN core
  int lif_updates_per_cycle = 16;
};

struct ChipSpec {
  int mesh = 8;  // K x K cores
  int neurons_per_core = 256;
  int64_t weight_sram_bytes = 65536;  // per core
  int passes = 1;  // tiles of one dense layer that a core may compute one after the other
  int weight_bits = 8;
  int accumulator_bits = 32;
};

struct PackageSpec {
  int chips_x = 1;
  int chips_y = 1;
  ChipSpec chip;
  core::Hertz core_clock{200e6};
  RouterSpec router;
  PacketSpec packet;
  EmioSpec emio;
  SerdesSpec serdes;
  ConverterSpec converter;
  ComputeSpec compute;

  int tag_bits() const { return core::bits_to_name(chip.mesh); }
  /// What a die-to-die link adds to a flit: tag, framing, checksum.
  int link_overhead_bits() const { return tag_bits() + packet.framing_bits + serdes.crc_bits; }
  int width() const { return chips_x * chip.mesh; }  // of the global mesh, in tiles
  int height() const { return chips_y * chip.mesh; }
};

/// Global tile coordinates; x grows east, y grows south. TileId = y * width + x.
struct Coordinates {
  int x = 0;
  int y = 0;
  bool operator==(const Coordinates&) const = default;
};
Coordinates coordinates(const PackageSpec& package, core::TileId tile);
core::TileId tile_at(const PackageSpec& package, Coordinates at);
/// Global coordinates of the north-west tile of a chip. Chips are numbered in serpentine order
/// (rows alternate direction), so that consecutive chips share an edge.
Coordinates chip_origin(const PackageSpec& package, core::ChipId chip);
/// The chip that holds a tile; the inverse of chip_origin at north-west tiles. Errors:
/// ContractViolation outside the package.
core::ChipId chip_at(const PackageSpec& package, Coordinates at);

/// Field widths on the wire, all derived from the package.
codec::WireLayout wire_layout(const PackageSpec& package);

/// One component of the hardware for `ranvier describe`: "serdes", a title, its keys.
struct Section {
  std::string_view name;
  std::string_view title;
  std::span<const config::Field> fields;
};
std::span<const Section> hardware_sections();

/// Every hardware key ("hardware.mesh", "hardware.router.buffer_flits", ...) with range, unit, doc
/// and source.
std::span<const config::Field> hardware_schema();

/// Errors: UserError for combinations that cannot be built (mesh beyond the dx field, FIFO depth
/// that is no power of two, an event wider than a flit, clocks that are no whole number of hertz).
PackageSpec package_from(const config::Values& values);

/// Text of a shipped preset (configs/presets/NAME.yaml is compiled in). Errors: UserError listing
/// the names.
std::string_view preset_yaml(std::string_view name);
std::span<const std::string_view> preset_names();

}  // namespace ranvier::arch
