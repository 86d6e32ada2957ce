// Faults that were chosen, beside those that are drawn (codec/bit_errors_test.cpp).

#include "ranvier/sim/link_errors.hpp"

#include <gtest/gtest.h>

namespace ranvier::sim {
namespace {

constexpr int64_t kBits = 50;

TEST(LinkErrors, OfAVanishingRateAreOnlyTheChosenOnes) {
  const LinkErrors errors({}, {{2, 5}, {0, 3}});
  EXPECT_TRUE(errors.any());
  EXPECT_FALSE(LinkErrors{}.any());
  for (int side = 0; side < 4; ++side) {
    for (int64_t n = 0; n < 8; ++n) {
      EXPECT_EQ(errors.hits(side, n, kBits), (side == 2 && n == 5) || (side == 0 && n == 3));
    }
  }
}

TEST(LinkErrors, DrawnAreThoseOfTheBits) {
  const codec::BitErrors bits(0.01, 1);
  const LinkErrors errors(bits, {{1, 7}});
  for (int side = 0; side < 3; ++side) {
    for (int64_t n = 0; n < 200; ++n) {
      const bool drawn = bits.hits(static_cast<uint64_t>(side), static_cast<uint64_t>(n), kBits);
      EXPECT_EQ(errors.hits(side, n, kBits), drawn || (side == 1 && n == 7));
    }
  }
}

}  // namespace
}  // namespace ranvier::sim
