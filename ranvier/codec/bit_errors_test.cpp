// Do errors fall as often, and where, independent bit flips fall?

#include "ranvier/codec/bit_errors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace ranvier::codec {
namespace {

constexpr double kBitErrorRate = 2e-3;
constexpr int64_t kBits = 50;

TEST(BitErrors, DamageFlitsAsOftenAsOneOfTheirBitsFlips) {
  const BitErrors errors(kBitErrorRate, 7);
  const double p = 1 - std::pow(1 - kBitErrorRate, kBits);
  const uint64_t draws = 200'000;
  for (const uint64_t side : {0, 1, 9}) {
    int64_t hits = 0, twice = 0;
    for (uint64_t n = 0; n < draws; ++n) {
      hits += errors.hits(side, n, kBits);
      twice += errors.hits(side, n, kBits) && errors.hits(side, n + 1, kBits);
    }
    const auto deviation = [&](double q) {
      return 4 * std::sqrt(q * (1 - q) / static_cast<double>(draws));
    };
    EXPECT_NEAR(static_cast<double>(hits) / static_cast<double>(draws), p, deviation(p)) << side;
    EXPECT_NEAR(static_cast<double>(twice) / static_cast<double>(draws), p * p,
                1.5 * deviation(p * p))
        << side;
  }
}

TEST(BitErrors, DifferBetweenStreamsAndSeeds) {
  const BitErrors a(0.01, 1), b(0.01, 2);
  int64_t sides = 0, seeds = 0;
  for (uint64_t n = 0; n < 1000; ++n) {
    sides += a.hits(0, n, kBits) != a.hits(1, n, kBits);
    seeds += a.hits(0, n, kBits) != b.hits(0, n, kBits);
  }
  EXPECT_GT(sides, 300);
  EXPECT_GT(seeds, 300);
}

TEST(BitErrors, OfFlitsThatLeaveAChipAreTheirOwn) {
  const BitErrors errors(kBitErrorRate, 7);
  const double p = 1 - std::pow(1 - kBitErrorRate, kBits);
  int64_t hits = 0, chips = 0, streams = 0, flits = 0;
  for (int32_t block = 0; block < 100; ++block) {
    for (int32_t packet = 0; packet < 10; ++packet) {
      for (int32_t flit = 0; flit < 100; ++flit) {
        const uint64_t name = flit_name(block, packet, flit);
        const bool hit = errors.hits_leaving(3, name, kBits);
        hits += hit;
        chips += hit && errors.hits_leaving(4, name, kBits);
        streams += hit && errors.hits(3, name, kBits);
        flits += hit && errors.hits_leaving(3, flit_name(packet, block, flit), kBits);
      }
    }
  }
  const double draws = 100'000;
  EXPECT_NEAR(static_cast<double>(hits) / draws, p, 4 * std::sqrt(p * (1 - p) / draws));
  for (const int64_t both : {chips, streams, flits}) {
    EXPECT_NEAR(static_cast<double>(both) / draws, p * p, 6 * std::sqrt(p * p / draws));
  }
}

TEST(BitErrors, OfNoRateAreNone) {
  const BitErrors none(0, 1);
  for (int64_t n = 0; n < 1000; ++n) EXPECT_FALSE(none.hits(1, static_cast<uint64_t>(n), 1 << 20));
  EXPECT_EQ(none.flips(11, kBits).size(), 1U) << "the limit, for damages that were chosen";
}

TEST(BitErrors, FlipBitsAsIndependentErrorsDoGivenThatThereIsOne) {
  for (const double rate : {1e-6, 2e-3, 0.1}) {
    const BitErrors errors(rate, 3);
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
}  // namespace ranvier::codec
