// Does an uncontended packet take exactly the cycles of docs/models/noc.md and emio.md?

#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>
#include <utility>
#include <vector>

namespace ranvier::sim {
namespace {

using testing::Builder;

/// Cycles from the first flit leaving tile `from` at cycle `start` to the last flit reaching tile
/// `to`.
int64_t measured(const arch::PackageSpec& spec, int from, int to, int packets, int flits, int bits,
                 int64_t start = 0) {
  Builder builder;
  const int32_t source = builder.task(from, start);
  builder.message(source, builder.task(to), packets, flits, bits);
  const Result result = simulate(builder.build(), spec, {.record_messages = true});
  EXPECT_EQ(result.messages[0].injected.value(), start);
  return result.messages[0].delivered.value() - start;
}

int routers(const arch::PackageSpec& spec, int from, int to) {
  const int w = spec.width();
  return 1 + std::abs(from % w - to % w) + std::abs(from / w - to / w);
}

TEST(ZeroLoad, LawHoldsForAllPairsOfSeveralMeshes) {
  for (const int mesh : {1, 2, 3, 5}) {
    for (const int router : {1, 2, 4}) {
      for (const int link : {0, 1, 3}) {
        auto spec = testing::package(1, 1, mesh);
        spec.router = {.router_cycles = router, .link_cycles = link, .buffer_flits = 16};
        for (int from = 0; from < mesh * mesh; ++from) {
          for (int to = 0; to < mesh * mesh; ++to) {
            const int flits = 1 + (from + to) % 3;
            const int r = routers(spec, from, to);
            ASSERT_EQ(measured(spec, from, to, 1, flits, 32), (router + link) * r + 2 + flits - 1)
                << from << " to " << to;
          }
        }
      }
    }
  }
}

TEST(ZeroLoad, VirtualChannelsDoNotChangeTheLaw) {
  auto spec = testing::package(1, 1, 4);
  spec.router.virtual_channels = 3;
  spec.router.buffer_flits = 8;
  EXPECT_EQ(measured(spec, 0, 15, 1, 5, 34), 3 * 7 + 2 + 4);
}

TEST(ZeroLoad, PacketsOfAMessageFollowBackToBack) {
  auto spec = testing::package(1, 1, 4);
  spec.router.buffer_flits = 8;
  EXPECT_EQ(measured(spec, 0, 15, 10, 1, 30), 3 * 7 + 2 + 9);
}

/// The flit leaves the edge router's link at core cycle `leaves`; when can the next router take it?
int64_t crossing(const arch::PackageSpec& spec, int64_t leaves, int bits) {
  // In picoseconds times both clock frequencies everything is a whole number: unit u = 1 / (core_hz
  // * link_hz) s.
  const auto core_hz = static_cast<int64_t>(spec.core_clock.value());
  const auto link_hz = static_cast<int64_t>(spec.serdes.lane_rate.value());
  const long double unit =
      1.0L / (static_cast<long double>(core_hz) * static_cast<long double>(link_hz));
  const int64_t core_u = link_hz;  // one core cycle
  const int64_t link_u = core_hz;  // one link cycle
  const auto round_up = [](int64_t t, int64_t period) {
    return (t + period - 1) / period * period;
  };
  const int64_t beats =
      core::ceil_div(bits + spec.tag_bits() + spec.packet.framing_bits, spec.serdes.lanes);
  int64_t t = (leaves + spec.emio.merge_cycles + 1) * core_u;
  t = round_up(t, link_u) + (3 + beats + 1) * link_u;
  const long double delay =
      static_cast<long double>(spec.serdes.phy_latency.value() + spec.serdes.flight.value()) *
      1e-12L;
  t += static_cast<int64_t>(std::ceil(delay / unit - 1e-9L));
  t = round_up(t, core_u) + (3 + spec.emio.split_cycles) * core_u;
  return t / core_u;
}

struct LinkCase {
  double core_hz, lane_hz;
  int lanes;
  int64_t phy_ps, flight_ps;
};

const LinkCase kLinks[] = {
    {200e6, 680e6, 1, 5000, 0},  {200e6, 680e6, 8, 5000, 37}, {1e9, 16e9, 16, 4000, 70},
    {300e6, 200e6, 4, 50000, 0}, {200e6, 300e6, 2, 0, 0},     {1e9, 1e9, 64, 1, 0},
    {1e9, 999e6, 5, 12345, 678}, {333e6, 7e6, 3, 100, 0},
};

TEST(ZeroLoad, CrossingFollowsTheFormulaForAnyClocksLanesAndSizes) {
  for (const LinkCase& link : kLinks) {
    auto spec = testing::package(2, 1, 2);
    spec.core_clock = core::Hertz(link.core_hz);
    spec.serdes = {link.lanes, core::Hertz(link.lane_hz), core::Picoseconds(link.phy_ps),
                   core::Picoseconds(link.flight_ps)};
    for (const int bits : {1, 30, 34, 64, 255}) {
      for (const int64_t start : {0, 1, 2, 7}) {   // phases of the two clocks
        const int64_t leaves = start + 1 + 2 * 3;  // tile 0, routers 0 and 1, their links
        const int64_t arrives = crossing(spec, leaves, bits);
        ASSERT_EQ(measured(spec, 0, 3, 1, 1, bits, start), arrives + 2 * 3 + 1 - start)
            << link.core_hz << " " << link.lane_hz << " " << link.lanes << " " << bits;
      }
    }
  }
}

/// First edge at or after `t` of a clock with an edge at `phase` [all ps].
int64_t edge_after(int64_t t, int64_t period, int64_t phase) {
  return phase + std::max<int64_t>(0, core::ceil_div(t - phase + period, period) - 1) * period;
}

TEST(ZeroLoad, CrossingFollowsPhaseAndDepthOfTheSynchronisers) {
  const int64_t core = 1000;                             // [ps]
  for (const int64_t link : {400, 1000, 1600, 12500}) {  // [ps], whole hertz
    for (const int64_t phase : {int64_t{0}, int64_t{1}, link / 3, link - 1}) {
      for (const auto& [source, sync] : {std::pair(1, 1), {1, 3}, {2, 4}, {3, 16}}) {
        auto spec = testing::package(2, 1, 2);
        spec.core_clock = core::Hertz(1e9);
        spec.serdes = {4, core::Hertz(1e12 / static_cast<double>(link)), core::Picoseconds(5000),
                       core::Picoseconds(70), core::Picoseconds(phase)};
        spec.emio.fifo_source_cycles = source;
        spec.emio.fifo_sync_cycles = sync;
        for (const int64_t start : {0, 1, 2, 7}) {
          const int64_t beats = 9;  // 34 + 1 + 1 bits
          const int64_t written = (start + 1 + 3 + 2 + source) * core;
          const int64_t sent = edge_after(written, link, phase) + (sync + beats + source) * link;
          const int64_t read = edge_after(sent + 5070, core, 0) / core + sync + 1;
          ASSERT_EQ(measured(spec, 1, 2, 1, 1, 34, start), read + 3 + 1 - start)
              << link << " " << phase << " " << sync << " " << start;
        }
      }
    }
  }
}

TEST(ZeroLoad, CrossingEqualsTheContinuousFormulaWhenClocksAlign) {
  auto spec = testing::package(2, 1, 2);
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {4, core::Hertz(4e9), core::Picoseconds(5000), core::Picoseconds(1000)};
  const int bits =
      34;  // + tag 1 + framing 1 = 36 = 9 beats; 1 + 9 + 1 + 1 quarter cycles make 13/4 + 3/4
  const double t_link = 0.25;
  const double formula = 2 + 1 + 3 * t_link + 9 * t_link + 6 + 1 * t_link + 3 + 1;
  const double rounded = std::ceil(formula);
  EXPECT_EQ(measured(spec, 1, 2, 1, 1, bits), 1 + 3 + rounded + 3 + 1);
}

TEST(ZeroLoad, CrossingsAddUpInBothDirectionsAndAxes) {
  auto spec = testing::package(3, 3, 2);
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {64, core::Hertz(1e9), core::Picoseconds(2000), core::Picoseconds(0)};
  const int64_t cross = 2 + 1 + 3 + 1 + 2 + 1 + 3 + 1;  // equal clocks, one beat
  for (int from = 0; from < 36; ++from) {
    for (int to = 0; to < 36; ++to) {
      const int crossings = std::abs(from % 6 / 2 - to % 6 / 2) + std::abs(from / 12 - to / 12);
      ASSERT_EQ(measured(spec, from, to, 1, 1, 34),
                3 * routers(spec, from, to) + 2 + cross * crossings)
          << from << " to " << to;
    }
  }
}

TEST(ZeroLoad, LongPacketOverASlowLinkFollowsItsBeats) {
  auto spec = testing::package(2, 1, 2);
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {1, core::Hertz(1e9), core::Picoseconds(0), core::Picoseconds(0)};
  const int bits = 8;  // + 1 + 1 = 10 beats
  const int flits = 6;
  const int64_t one = measured(spec, 1, 2, 1, 1, bits);
  EXPECT_EQ(measured(spec, 1, 2, 1, flits, bits), one + 10 * (flits - 1));
}

/// Core cycles in which the flits of one packet, at the die edge in cycles `at`, are in the facing
/// router's input buffer: crossing() for the first, then one flit per beats and core cycle.
std::vector<int64_t> cross(const arch::PackageSpec& spec, const std::vector<int64_t>& at,
                           int bits) {
  const auto core_hz = static_cast<int64_t>(spec.core_clock.value());
  const auto link_hz = static_cast<int64_t>(spec.serdes.lane_rate.value());
  const int64_t beats =
      core::ceil_div(bits + spec.tag_bits() + spec.packet.framing_bits, spec.serdes.lanes);
  // Whole core cycles in the cases below, so that the sum with link cycles rounds exactly.
  const int64_t delay_ps = spec.serdes.phy_latency.value() + spec.serdes.flight.value();
  const int64_t delay = delay_ps * (core_hz / 1000000) / 1000000;  // [core cycles]
  std::vector<int64_t> out;
  int64_t free = 0;  // [link cycles]
  for (const int64_t leaves : at) {
    const int64_t written = leaves + spec.emio.merge_cycles + 1;
    const int64_t start = std::max(core::ceil_div(written * link_hz, core_hz) + 3, free);
    const int64_t next_core = start * core_hz / link_hz + 1;  // the merge: one flit a core cycle
    free = std::max(start + beats, core::ceil_div(next_core * link_hz, core_hz));
    const int64_t visible =
        core::ceil_div((start + beats + 1) * core_hz, link_hz) + delay + 3 + spec.emio.split_cycles;
    out.push_back(out.empty() ? visible : std::max(visible, out.back() + 1));
  }
  return out;
}

/// Tail of an uncontended packet: (P + L) R + L_inj + L_ej + (F - 1), flit by flit, with every
/// crossing on the XY way.
int64_t law(const arch::PackageSpec& spec, int from, int to, int flits, int bits) {
  const int w = spec.width();
  const int per_hop = spec.router.router_cycles + spec.router.link_cycles;
  const auto chip = [&](int x, int y) {
    return y / spec.chip.mesh * spec.chips_x + x / spec.chip.mesh;
  };
  int x = from % w, y = from / w;
  std::vector<int64_t> at;
  for (int f = 0; f < flits; ++f) at.push_back(1 + f);
  while (true) {
    for (auto& t : at) t += per_hop;
    const int here = chip(x, y);
    if (x != to % w) {
      x += to % w > x ? 1 : -1;
    } else if (y != to / w) {
      y += to / w > y ? 1 : -1;
    } else {
      return at.back() + 1;
    }
    if (chip(x, y) != here) at = cross(spec, at, bits);
  }
}

TEST(ZeroLoad, LawHoldsForAllPairsOfPackagesWithAnyClocksLanesAndPacketLengths) {
  const LinkCase links[] = {
      {200e6, 680e6, 1, 5000, 0}, {1e9, 16e9, 16, 4000, 0}, {1e9, 999e6, 5, 3000, 9000}};
  for (const LinkCase& link : links) {
    for (const auto& [chips_x, chips_y, mesh] : {std::tuple(2, 2, 2), {3, 1, 1}, {1, 2, 3}}) {
      auto spec = testing::package(chips_x, chips_y, mesh);
      spec.core_clock = core::Hertz(link.core_hz);
      spec.serdes = {link.lanes, core::Hertz(link.lane_hz), core::Picoseconds(link.phy_ps),
                     core::Picoseconds(link.flight_ps)};
      spec.router = {.router_cycles = 3, .link_cycles = 2, .buffer_flits = 16};
      const int tiles = spec.width() * spec.height();
      for (int from = 0; from < tiles; ++from) {
        for (int to = 0; to < tiles; ++to) {
          const int flits = 1 + (from + 2 * to) % 4;
          ASSERT_EQ(measured(spec, from, to, 1, flits, 34), law(spec, from, to, flits, 34))
              << from << " to " << to << ", " << flits << " flits, " << link.lane_hz;
        }
      }
    }
  }
}

}  // namespace
}  // namespace ranvier::sim
