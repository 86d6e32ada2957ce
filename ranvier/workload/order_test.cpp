#include "ranvier/workload/workload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace ranvier::workload {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// `tasks` tasks and one message per pair, which must be grouped by source.
Workload graph(size_t tasks, const std::vector<std::pair<int32_t, int32_t>>& arcs) {
  Workload workload;
  workload.tasks.resize(tasks);
  for (const auto& [source, target] : arcs) {
    Message message;
    message.source = source;
    message.target = target;
    workload.messages.push_back(message);
  }
  return workload;
}

TEST(Order, FindsTheMessagesOfEveryTask) {
  EXPECT_THAT(first_messages(graph(4, {{0, 1}, {0, 2}, {2, 3}})), ElementsAre(0, 2, 2, 3, 3));
  EXPECT_THAT(first_messages(graph(0, {})), ElementsAre(0));
}

TEST(Order, PutsATaskAfterAllThatItWaitsFor) {
  // 3 -> {0, 1} -> 2, and twice 0 -> 2.
  EXPECT_THAT(topological_order(graph(4, {{0, 2}, {0, 2}, {1, 2}, {3, 0}, {3, 1}})),
              ElementsAre(3, 0, 1, 2));
}

TEST(Order, LeavesOutACycleAndWhatFollowsIt) {
  EXPECT_THAT(topological_order(graph(4, {{0, 1}, {1, 0}, {1, 2}})), ElementsAre(3));
  EXPECT_THAT(topological_order(graph(1, {{0, 0}})), IsEmpty());
}

}  // namespace
}  // namespace ranvier::workload
