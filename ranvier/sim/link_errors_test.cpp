// Do errors fall as often, and where, independent bit flips fall?

#include "ranvier/sim/link_errors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace ranvier::sim {
namespace {

constexpr double kRate = 2e-3;
constexpr int64_t kBits = 50;

TEST(LinkErrors, DamageFlitsAsOftenAsOneOfTheirBitsFlips) {
  const LinkErrors errors(kRate, 7, {});
  const double p = 1 - std::pow(1 - kRate, kBits);
  const int64_t draws = 200'000;
  for (const int side : {0, 1, 9}) {
    int64_t hits = 0, twice = 0;
    for (int64_t n = 0; n < draws; ++n) {
      hits += errors.hits(side, n, kBits);
      twice += errors.hits(side, n, kBits) && errors.hits(side, n + 1, kBits);
    }
    const auto deviation = [&](double q) { return 4 * std::sqrt(q * (1 - q) / draws); };
    EXPECT_NEAR(static_cast<double>(hits) / draws, p, deviation(p)) << side;
    EXPECT_NEAR(static_cast<double>(twice) / draws, p * p, 1.5 * deviation(p * p)) << side;
  }
}

TEST(LinkErrors, DifferBetweenSidesAndSeeds) {
  const LinkErrors a(0.01, 1, {}), b(0.01, 2, {});
  int64_t sides = 0, seeds = 0;
  for (int64_t n = 0; n < 1000; ++n) {
    sides += a.hits(0, n, kBits) != a.hits(1, n, kBits);
    seeds += a.hits(0, n, kBits) != b.hits(0, n, kBits);
  }
  EXPECT_GT(sides, 300);
  EXPECT_GT(seeds, 300);
}

TEST(LinkErrors, OfAVanishingRateAreOnlyTheChosenOnes) {
  const LinkErrors errors(0, 1, {{2, 5}, {0, 3}});
  EXPECT_TRUE(errors.any());
  EXPECT_FALSE(LinkErrors{}.any());
  for (int side = 0; side < 4; ++side) {
    for (int64_t n = 0; n < 8; ++n) {
      EXPECT_EQ(errors.hits(side, n, kBits), (side == 2 && n == 5) || (side == 0 && n == 3));
    }
  }
  EXPECT_EQ(errors.flips(11, kBits).size(), 1U);
}

TEST(LinkErrors, FlipBitsAsIndependentErrorsDoGivenThatThereIsOne) {
  for (const double rate : {1e-6, 2e-3, 0.1}) {
    const LinkErrors errors(rate, 3, {});
    const int draws = 40'000;
    std::vector<int64_t> at(kBits);
    int64_t flips = 0;
    for (uint64_t flit = 0; flit < draws; ++flit) {
      const auto bits = errors.flips(flit, kBits);
      ASSERT_FALSE(bits.empty());
      ASSERT_TRUE(std::ranges::adjacent_find(bits, std::greater_equal<>()) == bits.end());
      ASSERT_TRUE(bits.front() >= 0 && bits.back() < kBits);
      for (const int64_t bit : bits) ++at[static_cast<size_t>(bit)];
      flips += static_cast<int64_t>(bits.size());
    }
    const double mean = kBits * rate / -std::expm1(kBits * std::log1p(-rate));
    EXPECT_NEAR(static_cast<double>(flips) / draws, mean, 0.03 * mean) << rate;
    const double each = static_cast<double>(flips) / kBits;
    for (const int64_t count : at) {
      EXPECT_NEAR(static_cast<double>(count), each, 6 * std::sqrt(each)) << rate;
    }
  }
}

}  // namespace
}  // namespace ranvier::sim
