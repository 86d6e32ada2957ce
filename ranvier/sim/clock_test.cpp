#include "ranvier/sim/clock.hpp"

#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ranvier::sim {
namespace {

using core::Hertz;
using core::Picoseconds;

TEST(ClockPair, EdgesOfEqualClocksCoincide) {
  const ClockPair clocks(Hertz(1e9), Hertz(1e9), Picoseconds(0));
  EXPECT_EQ(clocks.link_at_or_after(17), 17);
  EXPECT_EQ(clocks.core_at_or_before(17), 17);
  EXPECT_EQ(clocks.core_after_delay(17), 17);
}

TEST(ClockPair, RatioOf200MegahertzTo680IsExact) {
  // 5 link edges span 1.47 core cycles; 17 core... the edges meet every 5 core and 17 link cycles.
  const ClockPair clocks(Hertz(200e6), Hertz(680e6), Picoseconds(0));
  EXPECT_EQ(clocks.link_at_or_after(5), 17);
  EXPECT_EQ(clocks.link_at_or_after(1), 4);  // 3.4
  EXPECT_EQ(clocks.core_at_or_before(4), 1);
  EXPECT_EQ(clocks.core_at_or_after(4), 2);
  EXPECT_EQ(clocks.link_at_or_after(5'000'000'000), 17'000'000'000);
}

TEST(ClockPair, DelayIsCountedInPicoseconds) {
  const ClockPair clocks(Hertz(1e9), Hertz(1e9), Picoseconds(1001));
  EXPECT_EQ(clocks.core_after_delay(0), 2);  // 1.001 ns
  EXPECT_EQ(clocks.link_after_delay(3), 5);
  EXPECT_EQ(clocks.core_cycles_in(0, true), 1);
  EXPECT_EQ(clocks.core_cycles_in(3, false), 3);
}

TEST(ClockPair, PhaseMovesTheLinkEdges) {
  // Core edges every 5 ns, link edges at 0.5, 2.5, 4.5 .. ns.
  const ClockPair clocks(Hertz(200e6), Hertz(500e6), Picoseconds(5000), Picoseconds(500));
  EXPECT_EQ(clocks.link_at_or_after(0), 0);
  EXPECT_EQ(clocks.link_at_or_after(1), 3);
  EXPECT_EQ(clocks.core_at_or_before(2), 0);
  EXPECT_EQ(clocks.core_at_or_before(5), 2);
  EXPECT_EQ(clocks.core_at_or_after(0), 1);
  EXPECT_EQ(clocks.core_after_delay(10), 6);  // 20.5 + 5 ns
  const ClockPair longer(Hertz(200e6), Hertz(500e6), Picoseconds(5400), Picoseconds(500));
  EXPECT_EQ(longer.link_after_delay(1), 5);  // 10.4 ns, edge 5 at 10.5 ns
  EXPECT_EQ(clocks.core_cycles_in(5, false), 2);
}

TEST(ClockPair, RefusesAPhaseOutsideOfOnePeriod) {
  const auto with = [](int64_t ps) {
    return ClockPair(Hertz(1e9), Hertz(1e9), Picoseconds(0), Picoseconds(ps));
  };
  EXPECT_NO_THROW(with(999));
  EXPECT_THROW(with(1000), core::UserError);
  EXPECT_THROW(with(-1), core::UserError);
}

TEST(ClockPair, RefusesWhatIsNotAWholeHertz) {
  EXPECT_THROW(ClockPair(Hertz(0), Hertz(1), Picoseconds(0)), core::UserError);
  EXPECT_THROW(ClockPair(Hertz(1), Hertz(-5), Picoseconds(0)), core::UserError);
  EXPECT_THROW(ClockPair(Hertz(1.5), Hertz(1), Picoseconds(0)), core::UserError);
  EXPECT_THROW(ClockPair(Hertz(1), Hertz(2e12), Picoseconds(0)), core::UserError);
}

RC_GTEST_PROP(ClockPairProperty, RoundingIsTight, ()) {
  const auto core_hz = *rc::gen::inRange<int64_t>(1, 2'000'000'000);
  const auto link_hz = *rc::gen::inRange<int64_t>(1, 2'000'000'000);
  const auto cycle = *rc::gen::inRange<int64_t>(0, 1'000'000'000);
  const ClockPair clocks(Hertz(static_cast<double>(core_hz)), Hertz(static_cast<double>(link_hz)),
                         Picoseconds(0));
  const int64_t link = clocks.link_at_or_after(cycle);
  RC_ASSERT(clocks.core_at_or_after(link) >= cycle);
  if (link > 0) RC_ASSERT(clocks.core_at_or_before(link - 1) < cycle);
  RC_ASSERT(clocks.core_at_or_before(link) <= clocks.core_at_or_after(link));
}

}  // namespace
}  // namespace ranvier::sim
