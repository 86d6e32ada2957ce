#include "ranvier/sim/pace.hpp"

#include <gtest/gtest.h>

namespace ranvier::sim {
namespace {

/// Share of `windows` windows that are shared out when one costs `shared` or `alone` nanoseconds.
double share(Pace& pace, int64_t shared, int64_t alone, int windows = 5000) {
  int together = 0;
  for (int i = 0; i < windows; ++i) {
    together += pace.together() ? 1 : 0;
    pace.note(pace.together() ? shared : alone, 1000);
  }
  return together / static_cast<double>(windows);
}

TEST(Pace, SharesAsLongAsThatIsFaster) {
  Pace pace(Sharing::kWhenFaster);
  EXPECT_GT(share(pace, 60'000, 100'000), 0.98);
  EXPECT_LT(share(pace, 500'000, 100'000), 0.02 + 4 * 512.0 / 5000);
  EXPECT_GT(share(pace, 60'000, 100'000), 0.85) << "and notices within some periods";
}

TEST(Pace, SharesNoWindowsOfAFewMoves) {
  Pace pace(Sharing::kWhenFaster);
  pace.note(1000, 3);
  EXPECT_FALSE(pace.together());
}

TEST(Pace, AlwaysMeansAlways) {
  Pace pace(Sharing::kAlways);
  EXPECT_EQ(share(pace, 500'000, 100'000), 1.0);
  pace.note(1000, 0);
  EXPECT_TRUE(pace.together());
}

}  // namespace
}  // namespace ranvier::sim
