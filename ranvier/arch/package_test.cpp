#include "ranvier/arch/package.hpp"

#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace ranvier::arch {
namespace {

PackageSpec package_of(const std::string& yaml) {
  const config::Source source{"chip.yaml", yaml};
  return package_from(config::load(std::span(&source, 1), {}, hardware_schema()));
}

TEST(Package, DefaultsAreThoseOfTheSystem) {
  const PackageSpec package = package_of("");
  EXPECT_EQ(package.chip.mesh, 8);
  EXPECT_EQ(package.chip.neurons_per_core, 256);
  EXPECT_EQ(package.chip.weight_sram_bytes, 65536);
  EXPECT_EQ(package.core_clock.value(), 200e6);
  EXPECT_EQ(package.router.buffer_flits, 4);
  EXPECT_EQ(package.serdes.lane_rate.value(), 0.68e9);
  EXPECT_EQ(package.serdes.phy_latency.value(), 5000);
}

TEST(Package, SchemaDefaultsEqualTheMembers) {
  const PackageSpec read = package_of("");
  const PackageSpec built;
  EXPECT_EQ(read.router.router_cycles, built.router.router_cycles);
  EXPECT_EQ(read.router.link_cycles, built.router.link_cycles);
  EXPECT_EQ(read.router.buffer_flits, built.router.buffer_flits);
  EXPECT_EQ(read.router.virtual_channels, built.router.virtual_channels);
  EXPECT_EQ(read.packet.event_bits(), built.packet.event_bits());
  EXPECT_EQ(read.packet.flit_bits(), built.packet.flit_bits());
  EXPECT_EQ(read.packet.current_bits, built.packet.current_bits);
  EXPECT_EQ(read.packet.framing_bits, built.packet.framing_bits);
  EXPECT_EQ(read.emio.merge_cycles, built.emio.merge_cycles);
  EXPECT_EQ(read.emio.split_cycles, built.emio.split_cycles);
  EXPECT_EQ(read.emio.fifo_source_cycles, built.emio.fifo_source_cycles);
  EXPECT_EQ(read.emio.fifo_sync_cycles, built.emio.fifo_sync_cycles);
  EXPECT_EQ(read.emio.fifo_depth, built.emio.fifo_depth);
  EXPECT_EQ(read.emio.lane_buffer_flits, built.emio.lane_buffer_flits);
  EXPECT_EQ(read.emio.merge_policy, built.emio.merge_policy);
  EXPECT_EQ(read.serdes.lanes, built.serdes.lanes);
  EXPECT_EQ(read.serdes.lane_rate, built.serdes.lane_rate);
  EXPECT_EQ(read.serdes.clock_phase, built.serdes.clock_phase);
  EXPECT_EQ(read.serdes.flight, built.serdes.flight);
  EXPECT_EQ(read.serdes.bit_error_rate, built.serdes.bit_error_rate);
  EXPECT_EQ(read.serdes.crc_bits, built.serdes.crc_bits);
  EXPECT_EQ(read.serdes.retry, built.serdes.retry);
  EXPECT_EQ(read.serdes.replay_flits, built.serdes.replay_flits);
  EXPECT_EQ(read.converter.encode_elements_per_cycle, built.converter.encode_elements_per_cycle);
  EXPECT_EQ(read.converter.output_flits, built.converter.output_flits);
  EXPECT_EQ(read.compute.macs_per_cycle, built.compute.macs_per_cycle);
  EXPECT_EQ(read.compute.acs_per_cycle, built.compute.acs_per_cycle);
  EXPECT_EQ(read.compute.lif_updates_per_cycle, built.compute.lif_updates_per_cycle);
}

TEST(Package, EveryKeyReachesItsMember) {
  const PackageSpec package = package_of(R"(
hardware:
  chips_x: 2
  chips_y: 3
  mesh: 4
  neurons_per_core: 100
  weight_sram: 128 KiB
  weight_bits: 4
  accumulator_bits: 24
  core_clock: 1 GHz
  router: {router_cycles: 3, link_cycles: 2, buffer_flits: 5, virtual_channels: 2}
  packet: {dx_bits: 6, dy_bits: 7, tick_bits: 3, payload_bits: 5, framing_bits: 2}
  emio: {merge_cycles: 4, split_cycles: 5, fifo_source_cycles: 6, fifo_sync_cycles: 7, fifo_depth: 16, lane_buffer_flits: 9}
  serdes:
    {lanes: 4, lane_rate: 25 Gb/s, phy_latency: 50 ns, flight: 700 ps, bit_error_rate: 1e-6,
     crc_bits: 16, retry: go_back_n, replay_flits: 300}
  converter: {encode_elements_per_cycle: 2, encode_events_per_cycle: 3, decode_events_per_cycle: 4, decode_elements_per_cycle: 5, output_flits: 6}
  compute: {macs_per_cycle: 64, acs_per_cycle: 32, lif_updates_per_cycle: 8}
)");
  EXPECT_EQ(package.width(), 8);
  EXPECT_EQ(package.height(), 12);
  EXPECT_EQ(package.tag_bits(), 2);
  EXPECT_EQ(package.chip.neurons_per_core, 100);
  EXPECT_EQ(package.chip.weight_sram_bytes, 131072);
  EXPECT_EQ(package.chip.weight_bits, 4);
  EXPECT_EQ(package.chip.accumulator_bits, 24);
  EXPECT_EQ(package.core_clock.value(), 1e9);
  EXPECT_EQ(package.router.router_cycles, 3);
  EXPECT_EQ(package.router.link_cycles, 2);
  EXPECT_EQ(package.router.buffer_flits, 5);
  EXPECT_EQ(package.router.virtual_channels, 2);
  EXPECT_EQ(package.packet.event_bits(), 6 + 7 + 7 + 3);
  EXPECT_EQ(package.packet.flit_bits(), 6 + 7 + 7 + 5);
  EXPECT_EQ(package.packet.framing_bits, 2);
  EXPECT_EQ(package.emio.merge_cycles, 4);
  EXPECT_EQ(package.emio.split_cycles, 5);
  EXPECT_EQ(package.emio.fifo_source_cycles, 6);
  EXPECT_EQ(package.emio.fifo_sync_cycles, 7);
  EXPECT_EQ(package.emio.fifo_depth, 16);
  EXPECT_EQ(package.emio.lane_buffer_flits, 9);
  EXPECT_EQ(package.serdes.lanes, 4);
  EXPECT_EQ(package.serdes.lane_rate.value(), 25e9);
  EXPECT_EQ(package.serdes.phy_latency.value(), 50000);
  EXPECT_EQ(package.serdes.flight.value(), 700);
  EXPECT_EQ(package.serdes.bit_error_rate, 1e-6);
  EXPECT_EQ(package.serdes.crc_bits, 16);
  EXPECT_EQ(package.serdes.retry, RetryPolicy::kGoBackN);
  EXPECT_EQ(package.serdes.replay_flits, 300);
  EXPECT_EQ(package.link_overhead_bits(), 2 + 2 + 16) << "tag, framing, checksum";
  EXPECT_EQ(package.converter.encode_elements_per_cycle, 2);
  EXPECT_EQ(package.converter.encode_events_per_cycle, 3);
  EXPECT_EQ(package.converter.decode_events_per_cycle, 4);
  EXPECT_EQ(package.converter.decode_elements_per_cycle, 5);
  EXPECT_EQ(package.converter.output_flits, 6);
  EXPECT_EQ(package.compute.macs_per_cycle, 64);
  EXPECT_EQ(package.compute.acs_per_cycle, 32);
  EXPECT_EQ(package.compute.lif_updates_per_cycle, 8);
}

TEST(WireLayout, GivesThePublishedPacketWidths) {
  const codec::WireLayout layout = wire_layout(package_of(""));
  const PacketSpec packet = package_of("").packet;
  EXPECT_EQ(packet.event_bits(), 30);
  EXPECT_EQ(packet.flit_bits(), 34);
  EXPECT_EQ(packet.event_bits() + layout.tag_bits + layout.framing_bits, 34);
  EXPECT_EQ(packet.flit_bits() + layout.tag_bits + layout.framing_bits, 38);
  EXPECT_EQ(layout.route_bits, 18);
  EXPECT_EQ(layout.address_bits, 8);
  EXPECT_EQ(layout.tick_bits, 4);
  EXPECT_EQ(layout.flit_bits, 34);
}

TEST(WireLayout, FollowsNeuronsPerCoreAndMesh) {
  const auto layout = wire_layout(package_of("hardware: {mesh: 5, neurons_per_core: 257}"));
  EXPECT_EQ(layout.address_bits, 9);
  EXPECT_EQ(layout.tag_bits, 3);
  EXPECT_EQ(wire_layout(package_of("hardware: {packet: {axon_bits: 10}}")).address_bits, 10);
}

TEST(WireLayout, CountsTheChecksumOfEveryFlit) {
  const PackageSpec package = package_of("hardware.serdes.crc_bits: 16");
  EXPECT_EQ(wire_layout(package).framing_bits, 1 + 16);
  EXPECT_EQ(wire_layout(package).tag_bits + wire_layout(package).framing_bits,
            package.link_overhead_bits());
}

TEST(Tiles, CoordinatesAndTilesAreInverse) {
  const PackageSpec package = package_of("hardware: {chips_x: 3, chips_y: 2, mesh: 4}");
  for (int tile = 0; tile < package.width() * package.height(); ++tile) {
    EXPECT_EQ(tile_at(package, coordinates(package, core::TileId(tile))), core::TileId(tile));
  }
  EXPECT_EQ(coordinates(package, core::TileId(13)), (Coordinates{1, 1}));
}

TEST(Tiles, OutsideThePackageIsADefect) {
  const PackageSpec package = package_of("");
  EXPECT_THROW(coordinates(package, core::TileId(64)), core::ContractViolation);
  EXPECT_THROW(coordinates(package, core::TileId()), core::ContractViolation);
  EXPECT_THROW(tile_at(package, {8, 0}), core::ContractViolation);
  EXPECT_THROW(tile_at(package, {0, -1}), core::ContractViolation);
  EXPECT_THROW(chip_origin(package, core::ChipId(1)), core::ContractViolation);
}

TEST(Chips, ConsecutiveOnesShareAnEdge) {
  const PackageSpec package = package_of("hardware: {chips_x: 3, chips_y: 3, mesh: 4}");
  EXPECT_EQ(chip_origin(package, core::ChipId(0)), (Coordinates{0, 0}));
  EXPECT_EQ(chip_origin(package, core::ChipId(3)), (Coordinates{8, 4}));
  std::set<std::pair<int, int>> seen{{0, 0}};
  for (int chip = 1; chip < 9; ++chip) {
    const Coordinates before = chip_origin(package, core::ChipId(chip - 1));
    const Coordinates here = chip_origin(package, core::ChipId(chip));
    EXPECT_EQ(std::abs(before.x - here.x) + std::abs(before.y - here.y), 4) << chip;
    seen.insert({here.x, here.y});
  }
  EXPECT_EQ(seen.size(), 9u);
}

TEST(Chips, EveryTileIsOfTheChipWhoseOriginItIsBehind) {
  const PackageSpec package = package_of("hardware: {chips_x: 3, chips_y: 2, mesh: 4}");
  for (int chip = 0; chip < 6; ++chip) {
    const Coordinates origin = chip_origin(package, core::ChipId(chip));
    for (const int x : {0, 3}) {
      for (const int y : {0, 3}) {
        EXPECT_EQ(chip_at(package, {origin.x + x, origin.y + y}), core::ChipId(chip));
      }
    }
  }
  EXPECT_EQ(chip_at(package, {0, 4}), core::ChipId(5)) << "the second row runs back";
  EXPECT_THROW(chip_at(package, {12, 0}), core::ContractViolation);
  EXPECT_THROW(chip_at(package, {0, -1}), core::ContractViolation);
}

TEST(Schema, EveryFieldSaysWhatItIsAndEverySectionIsFilled) {
  size_t fields = 0;
  for (const auto& section : hardware_sections()) {
    EXPECT_FALSE(section.fields.empty()) << section.name;
    EXPECT_FALSE(config::describe(section.title, section.fields).empty());
    fields += section.fields.size();
  }
  EXPECT_EQ(fields, hardware_schema().size());
  for (const auto& field : hardware_schema()) {
    EXPECT_TRUE(field.key.starts_with("hardware."));
    EXPECT_FALSE(field.doc.empty()) << field.key;
    EXPECT_FALSE(field.source.empty()) << field.key;
    EXPECT_EQ(field.unit.empty(), field.kind == config::Kind::kChoice) << field.key;
  }
}

}  // namespace
}  // namespace ranvier::arch
