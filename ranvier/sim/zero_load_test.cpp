// Does an uncontended packet take exactly the cycles of docs/models/noc.md and emio.md?

#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

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

}  // namespace
}  // namespace ranvier::sim
