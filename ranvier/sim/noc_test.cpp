// Open-loop traffic: do latency and throughput meet the closed forms and the reference curve?

#include "ranvier/sim/noc.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/noc_machine.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <tuple>

namespace ranvier::sim {
namespace {

using ::testing::HasSubstr;

NocSpec spec_of(int mesh, double rate, int buffer = 8) {
  NocSpec spec;
  spec.package = testing::package(1, 1, mesh);
  spec.package.router.buffer_flits = buffer;
  spec.rate = rate;
  spec.warmup_cycles = 1000;
  spec.measure_cycles = 5000;
  spec.drain_cycles = 5000;
  return spec;
}

/// All that may not depend on threads, order or machine.
auto facts(const NocResult& r) {
  const auto latency = [](const std::optional<LatencySummary>& l) {
    const LatencySummary none;
    const LatencySummary& s = l ? *l : none;
    return std::tuple(l.has_value(), s.mean, s.p50, s.p99, s.max);
  };
  return std::tuple_cat(
      latency(r.packet_latency), latency(r.network_latency),
      std::tuple(r.rate, r.offered, r.accepted, r.hops_mean, r.measured_packets,
                 r.unfinished_packets, r.saturation, r.simulated_cycles, r.packets_created,
                 r.packets_queued, r.packets_in_flight, r.packets_delivered, r.flit_hops));
}

// Mean latency on 8x8 uniform, P = 2, L = 1, one VC of 8 flits, of a simulator with separable
// speculative allocation.
TEST(Noc, FollowsTheReferenceCurveWithinOnePercent) {
  for (const auto& [rate, cycles] : {std::pair(0.005, 20.77), {0.10, 21.03}, {0.30, 23.05}}) {
    NocSpec spec = spec_of(8, rate);
    spec.measure_cycles = rate < 0.01 ? 60000 : 10000;
    const NocResult result = simulate_noc(spec);
    ASSERT_FALSE(result.saturated()) << result.saturation;
    EXPECT_NEAR(result.packet_latency->mean, cycles, 0.01 * cycles) << rate;
    EXPECT_NEAR(result.accepted, rate, 0.03 * rate);
  }
}

TEST(Noc, SaturatesWhereTheReferenceDoes) {
  EXPECT_FALSE(simulate_noc(spec_of(8, 0.36, 8)).saturated());
  EXPECT_TRUE(simulate_noc(spec_of(8, 0.41, 8)).saturated());
  EXPECT_FALSE(simulate_noc(spec_of(8, 0.25, 4)).saturated());
  EXPECT_TRUE(simulate_noc(spec_of(8, 0.29, 4)).saturated());
}

TEST(Noc, PacketLatencyIncludesTheSourceQueueAndNetworkLatencyDoesNot) {
  NocSpec spec = spec_of(4, 1.0);
  spec.pattern = Pattern::kNeighbor;
  spec.package.router.buffer_flits = 1;  // one flit per credit loop of five cycles
  const NocResult result = simulate_noc(spec);
  EXPECT_GT(result.packet_latency->mean, 1000);
  EXPECT_LT(result.network_latency->mean, 200);
}

TEST(Noc, LatencyWithoutLoadIsTheClosedForm) {
  for (const Pattern pattern : {Pattern::kBitcomp, Pattern::kNeighbor, Pattern::kTranspose}) {
    NocSpec spec = spec_of(4, 0.003);
    spec.package.router = {.router_cycles = 3, .link_cycles = 2, .buffer_flits = 12};
    spec.pattern = pattern;
    spec.packet_flits = 3;
    spec.measure_cycles = 60000;
    const NocResult result = simulate_noc(spec);
    // (P + L) R + L_inj + L_ej + (F - 1); a few packets meet others.
    const double law = 5 * result.hops_mean + 2 + 2;
    EXPECT_GE(result.packet_latency->mean, law - 1e-9);
    EXPECT_LE(result.packet_latency->mean, law * 1.003);
    EXPECT_LE(result.network_latency->mean, result.packet_latency->mean);
  }
}

TEST(Noc, HopsOfUniformTrafficAreTheMeanDistancePlusOne) {
  const NocResult result = simulate_noc(spec_of(8, 0.1));
  const double mean = 1 + 2 * (64.0 - 1) / (3 * 8);  // the sender is a target too
  EXPECT_NEAR(result.hops_mean, mean, 0.05);
}

TEST(Noc, UniformTrafficStaysBelowTheBisectionBound) {
  const double bound = 4.0 / 8;  // half of k * k tiles' flits cross k links each way, half each
  const NocResult result = simulate_noc(spec_of(8, 1.0, 64));
  EXPECT_LE(result.accepted, bound);
  EXPECT_GE(result.accepted, 0.75 * bound);
}

TEST(Noc, BitComplementReachesTheBisectionBound) {
  const double bound = 2.0 / 8;  // every flit crosses
  NocSpec spec = spec_of(8, 0.95 * bound, 16);
  spec.pattern = Pattern::kBitcomp;
  const NocResult below = simulate_noc(spec);
  EXPECT_FALSE(below.saturated()) << below.saturation;
  spec.rate = 1.05 * bound;
  const NocResult above = simulate_noc(spec);
  EXPECT_TRUE(above.saturated());
  EXPECT_LE(above.accepted, bound);
}

TEST(Noc, HotspotReachesOneOverN) {
  for (const int mesh : {4, 8}) {
    const double tiles = mesh * mesh;
    NocSpec spec = spec_of(mesh, 2 / tiles);
    spec.pattern = Pattern::kHotspot;
    spec.hotspot.tile = mesh + 1;
    const NocResult above = simulate_noc(spec);
    EXPECT_NEAR(above.accepted, 1 / tiles, 1e-3 / tiles);
    EXPECT_TRUE(above.saturated());
    spec.rate = 0.9 / tiles;
    EXPECT_FALSE(simulate_noc(spec).saturated());
  }
}

TEST(Noc, TransposeSaturatesAtItsBound) {
  const double bound = 1.0 / 7;  // seven senders of the last row share the link into its last tile
  NocSpec spec = spec_of(8, 0.95 * bound, 16);
  spec.pattern = Pattern::kTranspose;
  spec.measure_cycles = 20000;
  EXPECT_FALSE(simulate_noc(spec).saturated());
  spec.rate = 1.2 * bound;
  EXPECT_TRUE(simulate_noc(spec).saturated());
}

TEST(Noc, DieEdgeCarriesOneFlitPerItsBeats) {
  NocSpec spec = spec_of(4, 0.5);
  spec.package.chips_x = 2;
  spec.package.core_clock = core::Hertz(1e9);
  // 34 + 2 (tag) + 1 (framing) = 37 bits are 7 beats of 6 at 1.6 GHz: 4.375 core cycles
  spec.package.serdes = {6, core::Hertz(1.6e9), core::Picoseconds(2000), core::Picoseconds(0)};
  spec.pattern = Pattern::kBitcomp;  // every packet changes dies
  const double bound = 1.6 / 7 / 16;
  const NocResult above = simulate_noc(spec);
  EXPECT_TRUE(above.saturated());
  EXPECT_NEAR(above.accepted, bound, 0.005 * bound);
  spec.rate = 0.95 * bound;
  const NocResult below = simulate_noc(spec);
  EXPECT_FALSE(below.saturated()) << below.saturation;
  EXPECT_NEAR(below.accepted, spec.rate, 0.05 * spec.rate);
}

NocSpec noisy(arch::RetryPolicy retry) {
  NocSpec spec = spec_of(4, 0.1);
  spec.package.chips_x = 2;
  spec.package.serdes.crc_bits = 16;
  spec.package.serdes.bit_error_rate = 5e-4;
  spec.package.serdes.retry = retry;
  spec.pattern = Pattern::kBitcomp;  // every packet changes dies
  spec.measure_cycles = 20'000;
  return spec;
}

TEST(Noc, LinksCountWhatErrorsDamageOrRepeat) {
  NocSpec spec = noisy(arch::RetryPolicy::kNone);
  const NocResult lost = simulate_noc(spec);
  ASSERT_EQ(lost.links.size(), 2U);
  const auto bits = spec.package.packet.flit_bits() + spec.package.link_overhead_bits();
  const double p = 1 - std::pow(1 - 5e-4, bits);
  int64_t crossed = 0;
  for (const LinkUse& link : lost.links) {
    const auto flits = static_cast<double>(link.flits);
    EXPECT_NEAR(static_cast<double>(link.damaged_flits), p * flits, 4 * std::sqrt(p * flits));
    EXPECT_EQ(link.bits, link.flits * bits);
    EXPECT_EQ(link.resent_flits, 0);
    crossed += link.flits;
  }
  EXPECT_NEAR(static_cast<double>(crossed), static_cast<double>(lost.packets_delivered), 200);
  const NocResult repaired = simulate_noc(noisy(arch::RetryPolicy::kGoBackN));
  for (const LinkUse& link : repaired.links) {
    EXPECT_EQ(link.damaged_flits, 0);
    EXPECT_GE(
        static_cast<double>(link.resent_flits),
        p * static_cast<double>(link.flits) - 4 * std::sqrt(p * static_cast<double>(link.flits)));
  }
  EXPECT_GT(repaired.packet_latency->mean, lost.packet_latency->mean) << "repetitions take time";
  spec.threads = 3;
  const NocResult threads = simulate_noc(spec);
  for (size_t l = 0; l < 2; ++l) {
    EXPECT_EQ(threads.links[l].damaged_flits, lost.links[l].damaged_flits);
    EXPECT_EQ(threads.links[l].utilisation, lost.links[l].utilisation);
  }
  EXPECT_TRUE(simulate_noc(spec_of(4, 0.1)).links.empty());
}

TEST(Noc, SeedDecidesEverythingAndNothingElseDoes) {
  NocSpec spec = spec_of(4, 0.2);
  spec.package.chips_x = 2;
  spec.package.router.virtual_channels = 3;
  spec.packet_flits = 2;
  spec.measure_cycles = 2000;
  const auto first = facts(simulate_noc(spec));
  EXPECT_EQ(facts(simulate_noc(spec)), first);
  spec.order_seed = 5;
  EXPECT_EQ(facts(simulate_noc(spec)), first);
  spec.seed = 2;
  EXPECT_NE(facts(simulate_noc(spec)), first);
}

TEST(Noc, CurveDoesNotDependOnThreadsOrOnTheOtherRates) {
  NocSpec spec = spec_of(4, 0.1);
  spec.measure_cycles = 1000;
  const std::array rates{0.1, 0.2, 0.3, 0.9};
  const auto one = simulate_noc_curve(spec, rates, 1);
  const auto three = simulate_noc_curve(spec, rates, 3);
  ASSERT_EQ(one.size(), rates.size());
  for (size_t i = 0; i < rates.size(); ++i) {
    EXPECT_EQ(facts(one[i]), facts(three[i]));
    spec.rate = rates[i];
    EXPECT_EQ(facts(one[i]), facts(simulate_noc(spec)));
  }
}

TEST(Noc, EveryPacketOfTheStreamsIsDeliveredQueuedOrUnderWay) {
  for (const double rate : {0.1, 1.0}) {
    NocSpec spec = spec_of(4, rate, 2);
    spec.packet_flits = 5;
    spec.measure_cycles = 3000;
    const NocResult result = simulate_noc(spec);
    const Targets targets(spec.pattern, 4, 4, {});
    int64_t created = 0;
    for (int tile = 0; tile < 16; ++tile) {
      PacketStream stream(spec.seed, tile, rate / 5, targets);
      for (; stream.created() < result.simulated_cycles; stream.advance(targets)) ++created;
    }
    EXPECT_EQ(created, result.packets_delivered + result.packets_queued + result.packets_in_flight);
    EXPECT_LE(result.packets_in_flight, 16 * 5 * 2);
    EXPECT_EQ(rate > 0.5, result.saturated());
  }
}

TEST(Noc, SaturationIsExplained) {
  NocSpec spec = spec_of(4, 1.0);
  EXPECT_THAT(simulate_noc(spec).saturation, HasSubstr("piles up"));
  spec.rate = 0.2;
  spec.package.router.virtual_channels = 2;
  EXPECT_EQ(simulate_noc(spec).saturation, "");
  spec.drain_cycles = 0;  // the last packets are still on their way
  const NocResult cut = simulate_noc(spec);
  EXPECT_THAT(cut.saturation, HasSubstr("had not arrived 0 cycles after"));
  EXPECT_GT(cut.unfinished_packets, 0);
}

TEST(Noc, VirtualChannelsAcceptMoreLongPackets) {
  NocSpec spec = spec_of(8, 1.0, 4);
  spec.packet_flits = 8;
  spec.measure_cycles = 3000;
  const double one = simulate_noc(spec).accepted;
  spec.package.router.virtual_channels = 4;
  EXPECT_GT(simulate_noc(spec).accepted, 1.2 * one);
}

TEST(Noc, RefusesRatesItCannotMake) {
  for (const double rate : {0.0, -0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(simulate_noc(spec_of(4, rate)), core::UserError) << rate;
  }
  const std::array rates{0.1, 2.0};
  EXPECT_THROW(simulate_noc_curve(spec_of(4, 0.1), rates, 2), core::UserError);
}

}  // namespace
}  // namespace ranvier::sim
