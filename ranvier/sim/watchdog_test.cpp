#include "ranvier/sim/watchdog.hpp"

#include <gtest/gtest.h>

namespace ranvier::sim {
namespace {

TEST(Watchdog, IsStuckOnceNothingMovesForLongerThanItsPatience) {
  Watchdog watchdog(10);
  EXPECT_FALSE(watchdog.is_stuck(1, true, 5));
  EXPECT_FALSE(watchdog.is_stuck(1, true, 15));
  EXPECT_TRUE(watchdog.is_stuck(1, true, 16));
}

TEST(Watchdog, AMoveOrAnEmptyNetworkStartsItsPatienceAnew) {
  Watchdog watchdog(10);
  EXPECT_FALSE(watchdog.is_stuck(1, true, 5));
  EXPECT_FALSE(watchdog.is_stuck(2, true, 40));
  EXPECT_FALSE(watchdog.is_stuck(2, false, 80));
  EXPECT_FALSE(watchdog.is_stuck(2, true, 90));
  EXPECT_TRUE(watchdog.is_stuck(2, true, 91));
}

}  // namespace
}  // namespace ranvier::sim
