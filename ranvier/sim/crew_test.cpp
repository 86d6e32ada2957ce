#include "ranvier/sim/crew.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

namespace ranvier::sim {
namespace {

TEST(Crew, EveryJobRunsOncePerRoundAndSeesWhatTheOthersWrote) {
  for (const size_t threads : {1U, 2U, 3U}) {
    Crew crew(threads);
    std::vector<int64_t> values(threads, 1), sums(threads);
    for (int round = 0; round < 500; ++round) {
      crew.run([&](size_t i) { sums[i] = std::accumulate(values.begin(), values.end(), i); });
      crew.run([&](size_t i) { values[i] = sums[i] % 1000; });
    }
    // The same, one after the other.
    std::vector<int64_t> expected(threads, 1);
    for (int round = 0; round < 500; ++round) {
      std::vector<int64_t> next(threads);
      for (size_t i = 0; i < threads; ++i) {
        next[i] = std::accumulate(expected.begin(), expected.end(), i) % 1000;
      }
      expected = next;
    }
    EXPECT_EQ(values, expected);
  }
}

TEST(Crew, ThreadsSleepWhileThereIsNoJobAndEndWithTheCrew) {
  Crew crew(2);
  std::atomic<int> runs = 0;
  crew.run([&](size_t) { ++runs; });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  crew.run([&](size_t) { ++runs; });
  EXPECT_EQ(runs, 4);
}

}  // namespace
}  // namespace ranvier::sim
