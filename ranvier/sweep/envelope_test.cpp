#include "ranvier/sweep/envelope.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace ranvier::sweep {
namespace {

constexpr double kForever = std::numeric_limits<double>::infinity();

TEST(LowerEnvelope, TwoLinesCrossWhereAlgebraSays) {
  // 2 + 3 x = 8 + x at x = 3.
  const Line lines[] = {{2, 3}, {8, 1}};
  EXPECT_EQ(lower_envelope(lines), (std::vector<Stretch>{{0, 3, 0}, {3, kForever, 1}}));
}

TEST(LowerEnvelope, DominatedLinesNeverShow) {
  const Line lines[] = {{5, 2}, {1, 1}, {4, 1}, {9, 1}};
  EXPECT_EQ(lower_envelope(lines), (std::vector<Stretch>{{0, kForever, 1}}));
}

TEST(LowerEnvelope, ALineThatIsSecondEverywhereInTheMiddleIsLeftOut) {
  // Lines 0 and 2 meet at x = 5, height 5; line 1 is at 6 there.
  const Line lines[] = {{0, 1}, {3.5, 0.5}, {5, 0}};
  EXPECT_EQ(lower_envelope(lines), (std::vector<Stretch>{{0, 5, 0}, {5, kForever, 2}}));
}

TEST(LowerEnvelope, TiesGoToTheEarlierLineAndToTheFlatterOne) {
  const Line equal[] = {{1, 1}, {1, 1}};
  EXPECT_EQ(lower_envelope(equal), (std::vector<Stretch>{{0, kForever, 0}}));
  const Line same_start[] = {{1, 1}, {1, 0}};
  EXPECT_EQ(lower_envelope(same_start), (std::vector<Stretch>{{0, kForever, 1}}));
}

TEST(LowerEnvelope, AgreesWithTheMinimumOfRandomLinesEverywhere) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> draw(0, 10);
  for (int round = 0; round < 200; ++round) {
    std::vector<Line> lines(1 + static_cast<size_t>(round) % 8);
    for (auto& line : lines) line = {draw(random), draw(random)};
    const auto stretches = lower_envelope(lines);
    ASSERT_EQ(stretches.front().from, 0);
    for (size_t s = 0; s < stretches.size(); ++s) {
      const double to = std::min(stretches[s].to, stretches[s].from + 10);
      const double x = (stretches[s].from + to) / 2;
      for (const auto& line : lines) {
        ASSERT_LE(lines[stretches[s].best].at(x), line.at(x) + 1e-9);
      }
      if (s + 1 < stretches.size()) {
        ASSERT_EQ(stretches[s].to, stretches[s + 1].from);
      }
    }
    ASSERT_EQ(stretches.back().to, kForever);
  }
}

TEST(Lowest, FindsTheCrossingsOfCurves) {
  // The constant 5 is below x from 5 on and below 100 / x up to 20.
  const auto best = [](double x) -> size_t {
    const double heights[] = {x, 5, 100 / x};
    return static_cast<size_t>(std::min_element(heights, heights + 3) - heights);
  };
  const auto stretches = lowest(best, 0.1, 1000, 3);
  ASSERT_EQ(stretches.size(), 3u);
  EXPECT_EQ(stretches[0].best, 0u);
  EXPECT_NEAR(stretches[0].to, 5, 5 * 1e-3);
  EXPECT_EQ(stretches[1].best, 1u);
  EXPECT_NEAR(stretches[1].to, 20, 20 * 1e-3);
  EXPECT_EQ(stretches[2].best, 2u);
  EXPECT_EQ(stretches[2].to, 1000);
}

TEST(Lowest, FindsANarrowWinnerBetweenTwoOthers) {
  // Candidate 1 is lowest from 3 to 3.3 only, narrower than the sampling.
  const auto best = [](double x) -> size_t { return x < 3 ? 0 : x < 3.3 ? 1 : 2; };
  const auto stretches = lowest(best, 0.1, 100, 1);
  ASSERT_EQ(stretches.size(), 3u);
  EXPECT_NEAR(stretches[1].from, 3, 3e-3);
  EXPECT_NEAR(stretches[1].to, 3.3, 4e-3);
}

TEST(Lowest, OneWinnerIsOneStretch) {
  const auto stretches = lowest([](double) -> size_t { return 4; }, 1, 1e6, 4);
  EXPECT_EQ(stretches, (std::vector<Stretch>{{1, 1e6, 4}}));
}

}  // namespace
}  // namespace ranvier::sweep
