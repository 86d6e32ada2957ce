#include "ranvier/shapes/levels.hpp"

#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ranvier::shapes {
namespace {

constexpr int kDraws = 200000;

std::vector<double> shares_of(int top, double share) {
  const LevelDraw draw(top, share);
  core::Rng rng(3);
  std::vector<double> shares(static_cast<size_t>(top) + 1);
  for (int i = 0; i < kDraws; ++i) {
    const int level = draw(rng);
    if (level < 1 || level > top) {
      ADD_FAILURE() << level << " of " << top;
      return shares;
    }
    shares[static_cast<size_t>(level)] += 1.0 / kDraws;
  }
  return shares;
}

TEST(LevelDraw, HasTheMeanItWasAskedFor) {
  for (const int top : {1, 2, 4, 15, 255, 32767}) {
    for (const double share : {0.0, 0.05, 0.15, 0.4, 0.5}) {
      const auto shares = shares_of(top, share);
      double mean = 0;
      for (size_t l = 1; l < shares.size(); ++l) mean += static_cast<double>(l) * shares[l];
      // A standard deviation is at most the range / sqrt(12 draws).
      const double five = 5 * top / std::sqrt(12.0 * kDraws);
      EXPECT_NEAR(mean, 1 + share * (top - 1), five) << top << " " << share;
    }
  }
}

TEST(LevelDraw, FallsByTheSameFactorFromLevelToLevel) {
  const auto skewed = shares_of(6, 0.2);
  for (size_t l = 2; l + 1 < skewed.size(); ++l) {
    EXPECT_NEAR(skewed[l + 1] / skewed[l], skewed[2] / skewed[1], 0.05) << l;
  }
  for (size_t l = 1; l <= 6; ++l) EXPECT_NEAR(shares_of(6, 0.5)[l], 1.0 / 6, 0.005);
}

TEST(LevelDraw, RefusesWhatIsNoSmallerHalf) {
  EXPECT_THROW(LevelDraw(4, 0.6), core::ContractViolation);
  EXPECT_THROW(LevelDraw(0, 0.2), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::shapes
