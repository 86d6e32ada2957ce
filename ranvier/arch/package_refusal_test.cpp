#include "ranvier/arch/package.hpp"
#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ranvier::arch {
namespace {

using ::testing::HasSubstr;

core::Refusal refusal_of(const std::string& yaml) {
  const config::Source source{"chip.yaml", yaml};
  try {
    package_from(config::load(std::span(&source, 1), {}, hardware_schema()));
  } catch (const core::UserError& error) {
    return error.refusal();
  }
  ADD_FAILURE() << "accepted: " << yaml;
  return {};
}

TEST(Refuses, NothingWhereSomethingMustBe) {
  for (const char* key :
       {"mesh", "chips_x", "chips_y", "neurons_per_core", "router.router_cycles",
        "router.link_cycles", "router.buffer_flits", "router.virtual_channels", "emio.fifo_depth",
        "emio.lane_buffer_flits", "serdes.lanes", "compute.macs_per_cycle",
        "converter.encode_elements_per_cycle", "packet.payload_bits"}) {
    const auto refusal = refusal_of("hardware." + std::string(key) + ": 0\n");
    EXPECT_EQ(refusal.key, "hardware." + std::string(key));
    EXPECT_EQ(refusal.given, "0");
    EXPECT_EQ(refusal.place, "chip.yaml:1");
  }
}

TEST(Refuses, AnImpossibleMeshWithTheRange) {
  EXPECT_EQ(refusal_of("hardware:\n  mesh: 0\n").allowed, "1..256");
  EXPECT_EQ(refusal_of("hardware:\n  mesh: -3\n").allowed, "1..256");
  EXPECT_EQ(refusal_of("hardware:\n  mesh: 300\n").allowed, "1..256");
}

TEST(Refuses, RatesAndMemoriesOfZeroOrWithoutUnit) {
  EXPECT_EQ(refusal_of("hardware.serdes.lane_rate: 0 bit/s").allowed, "1 Mbit/s..1000 Gbit/s");
  EXPECT_THAT(refusal_of("hardware.serdes.lane_rate: 16").allowed, HasSubstr("Gbit/s"));
  EXPECT_EQ(refusal_of("hardware.core_clock: 0 Hz").allowed, "1 MHz..10 GHz");
  EXPECT_THAT(refusal_of("hardware.core_clock: 5 ns").allowed, HasSubstr("MHz"));
  EXPECT_EQ(refusal_of("hardware.weight_sram: 0 KiB").key, "hardware.weight_sram");
}

TEST(Refuses, APackageBeyondTheReachOfThePacketFields) {
  const auto wide = refusal_of("hardware:\n  chips_x: 33\n");
  EXPECT_EQ(wide.key, "hardware.chips_x");
  EXPECT_EQ(wide.allowed, "at most 32");
  EXPECT_THAT(wide.hint, HasSubstr("dx_bits = 9 reaches 255"));
  const auto mesh = refusal_of("hardware: {mesh: 9, packet: {dx_bits: 4}}");
  EXPECT_EQ(mesh.key, "hardware.mesh");
  EXPECT_EQ(mesh.allowed, "at most 8");
  EXPECT_EQ(refusal_of("hardware: {chips_y: 2, packet: {dy_bits: 4}}").key, "hardware.chips_y");
}

TEST(Refuses, ExactlyBeyondTheReach) {
  const config::Source fits{"chip.yaml", "hardware.chips_x: 32"};
  EXPECT_NO_THROW(package_from(config::load(std::span(&fits, 1), {}, hardware_schema())));
}

TEST(Refuses, FieldsThatContradictEachOther) {
  EXPECT_EQ(refusal_of("hardware.packet.axon_bits: 7").allowed, "at least 8");
  EXPECT_EQ(refusal_of("hardware: {packet: {tick_bits: 6, payload_bits: 4}}").allowed, "at most 4");
  EXPECT_EQ(refusal_of("hardware.emio.fifo_depth: 12").allowed, "a power of two");
  EXPECT_EQ(refusal_of("hardware.packet.current_bits: 8").key, "hardware.packet.current_bits");
}

TEST(Refuses, AMergePolicyThatNobodyKnows) {
  const auto refusal = refusal_of("hardware.emio.merge_policy: random");
  EXPECT_EQ(refusal.key, "hardware.emio.merge_policy");
  EXPECT_THAT(refusal.allowed, HasSubstr("fixed_priority"));
}

TEST(Refuses, APhaseOfAWholeLinkPeriod) {
  EXPECT_EQ(refusal_of("hardware.serdes: {lane_rate: 1 Gbit/s, clock_phase: 1 ns}").key,
            "hardware.serdes.clock_phase");
  EXPECT_EQ(refusal_of("hardware.serdes.clock_phase: -1 ps").key, "hardware.serdes.clock_phase");
  const config::Source fits{"chip.yaml",
                            "hardware.serdes: {lane_rate: 1 Gbit/s, clock_phase: 999 ps}"};
  EXPECT_NO_THROW(package_from(config::load(std::span(&fits, 1), {}, hardware_schema())));
}

TEST(Refuses, FractionsThatNoClockHas) {
  EXPECT_EQ(refusal_of("hardware.core_clock: 1000000.5 Hz").allowed, "a whole number of Hz");
  EXPECT_EQ(refusal_of("hardware.serdes.phy_latency: 0.5 ps").allowed, "a whole number of ps");
  EXPECT_EQ(refusal_of("hardware.weight_sram: 1024.5 B").allowed, "a whole number of bytes");
}

TEST(Refuses, UnknownComponents) {
  EXPECT_EQ(refusal_of("hardware: {ruoter: {}}").hint, "Did you mean hardware.router?");
}

TEST(Refuses, ARetryWithoutAChecksum) {
  const auto refusal = refusal_of("hardware.serdes.retry: go_back_n");
  EXPECT_EQ(refusal.key, "hardware.serdes.retry");
  EXPECT_THAT(refusal.allowed, HasSubstr("hardware.serdes.crc_bits"));
  EXPECT_EQ(refusal_of("hardware.serdes.bit_error_rate: 0.2").key,
            "hardware.serdes.bit_error_rate");
  EXPECT_EQ(refusal_of("hardware.serdes.replay_flits: 0").key, "hardware.serdes.replay_flits");
}

}  // namespace
}  // namespace ranvier::arch
