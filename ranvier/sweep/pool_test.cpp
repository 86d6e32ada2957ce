#include "ranvier/sweep/pool.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <thread>

namespace ranvier::sweep {
namespace {

TEST(GroupQueue, GivesEveryItemOnceAndStaysWithAGroup) {
  GroupQueue queue({3, 0, 2});
  std::set<std::pair<size_t, size_t>> seen;
  std::optional<size_t> own;
  std::vector<size_t> order;
  while (const auto item = queue.next(own)) {
    EXPECT_TRUE(seen.insert({item->group, item->index}).second);
    own = item->group;
    order.push_back(item->group);
  }
  EXPECT_EQ(order, (std::vector<size_t>{0, 0, 0, 2, 2}));
}

TEST(GroupQueue, HelpsWithTheLargestRemainderWhenEveryGroupIsOpen) {
  GroupQueue queue({2, 5});
  EXPECT_EQ(queue.next(std::nullopt)->group, 0u);
  EXPECT_EQ(queue.next(std::nullopt)->group, 1u);
  EXPECT_EQ(queue.next(std::nullopt)->group, 1u);
}

TEST(ParallelFor, CallsEveryIndexAndRethrowsTheFirstError) {
  BusyTime busy;
  std::vector<int> calls(100);
  parallel_for(calls.size(), 4, busy, [&](size_t i) { ++calls[i]; });
  EXPECT_EQ(calls, std::vector<int>(100, 1));
  try {
    parallel_for(10, 3, busy, [](size_t i) {
      if (i == 3 || i == 7) throw std::runtime_error(std::to_string(i));
    });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "3");
  }
}

}  // namespace
}  // namespace ranvier::sweep
