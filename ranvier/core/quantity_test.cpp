#include "ranvier/core/quantity.hpp"

#include "ranvier/core/ledger.hpp"
#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace ranvier::core {
namespace {

// Swapped units and swapped ids must not compile.
static_assert(!std::is_convertible_v<Picoseconds, Cycles>);
static_assert(!std::is_constructible_v<Cycles, Picoseconds>);
static_assert(!std::is_convertible_v<int64_t, Cycles>);
static_assert(!std::is_convertible_v<ChipId, TileId>);
static_assert(!std::is_constructible_v<TileId, ChipId>);

TEST(QuantityTest, AddsAndComparesWithinOneUnit) {
  EXPECT_EQ((Cycles(3) + Cycles(4)).value(), 7);
  EXPECT_LT(Cycles(3), Cycles(4));
  EXPECT_EQ((Bits(8) * 3).value(), 24);
}

TEST(QuantityTest, RoundsUpAndNames) {
  EXPECT_EQ(ceil_div(7, 4), 2);
  EXPECT_EQ(ceil_div(8, 4), 2);
  EXPECT_EQ(bits_to_name(1), 0);
  EXPECT_EQ(bits_to_name(8), 3);
  EXPECT_EQ(bits_to_name(9), 4);
}

TEST(LedgerTest, AddsEveryKind) {
  Ledger a;
  for (size_t i = 0; i < kEventKinds; ++i)
    a.add(static_cast<Event>(i), static_cast<int64_t>(i + 1));
  Ledger b = a;
  b += a;
  for (size_t i = 0; i < kEventKinds; ++i) {
    EXPECT_EQ(b[static_cast<Event>(i)], static_cast<int64_t>(2 * (i + 1)))
        << event_info(static_cast<Event>(i)).name;
  }
}

TEST(RngTest, MatchesTheReferenceStreamOfSplitMix64) {
  Rng rng(1234567);
  EXPECT_EQ(rng.next(), 6457827717110365317ULL);
  EXPECT_EQ(rng.next(), 3203168211198807973ULL);
}

TEST(RngTest, ForksAreIndependentOfEachOtherAndOfTheirParent) {
  const Rng root(7);
  Rng first = root.fork(0);
  Rng second = root.fork(1);
  EXPECT_NE(first.next(), second.next());
  for (int i = 0; i < 1000; ++i) EXPECT_LT(first.below(10), 10u);
}

}  // namespace
}  // namespace ranvier::core
