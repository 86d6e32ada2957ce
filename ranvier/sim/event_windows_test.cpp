#include "ranvier/sim/event_windows.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/test_traffic.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ranvier::sim {
namespace {

using core::Event;
using testing::Builder;

core::Ledger sum(const std::vector<WindowUse>& windows) {
  core::Ledger total;
  for (const auto& window : windows) total += window.ledger;
  return total;
}

RC_GTEST_PROP(EventWindows, AddUpToTheLedgerOfTheRun, ()) {
  auto spec = testing::package(2, 1, 2);
  spec.serdes.lanes = *rc::gen::inRange(1, 20);
  const auto workload = testing::uniform_traffic(spec, 0.3, 3, *rc::gen::inRange(20, 300),
                                                 *rc::gen::inRange<uint64_t>(1, 1000));
  const Result result =
      simulate(workload, spec, {.window = core::Cycles(*rc::gen::inRange(1, 200))});
  RC_ASSERT(sum(result.windows) == result.ledger);
  for (const auto& window : result.windows) {
    for (size_t e = 0; e < core::kEventKinds; ++e) {
      RC_ASSERT(window.ledger[static_cast<Event>(e)] >= 0);
    }
  }
}

TEST(EventWindows, CoverTheRunWithoutGaps) {
  Builder builder;
  builder.message(builder.task(0, 25), builder.task(3, 12), 4, 2);
  const Result result =
      simulate(builder.build(), testing::package(1, 1, 2), {.window = core::Cycles(10)});
  ASSERT_GT(result.windows.size(), 4U);
  EXPECT_EQ(result.windows.front().start.value(), 0);
  EXPECT_EQ(result.windows.back().end, result.latency);
  for (size_t w = 1; w < result.windows.size(); ++w) {
    EXPECT_EQ(result.windows[w].start, result.windows[w - 1].end);
    EXPECT_EQ(result.windows[w].start.value(), 10 * static_cast<int64_t>(w));
  }
}

TEST(EventWindows, SpreadWorkEvenlyOverTheService) {
  Builder builder;
  builder.task(0, 25);
  builder.peek().tasks[0].macs = 100;
  const Result result =
      simulate(builder.build(), testing::package(1, 1, 2), {.window = core::Cycles(10)});
  ASSERT_EQ(result.windows.size(), 3U);
  EXPECT_EQ(result.windows[0].ledger[Event::kMac], 40);
  EXPECT_EQ(result.windows[1].ledger[Event::kMac], 40);
  EXPECT_EQ(result.windows[2].ledger[Event::kMac], 20);
  EXPECT_EQ(result.windows[2].ledger[Event::kTileCycles], 5);
}

TEST(EventWindows, CountFlitsWhereTheyMove) {
  Builder builder;
  builder.message(builder.task(0, 50), builder.task(1, 40), 1, 1);
  const Result result =
      simulate(builder.build(), testing::package(1, 1, 2), {.window = core::Cycles(50)});
  ASSERT_GE(result.windows.size(), 2U);
  EXPECT_EQ(result.windows[0].ledger[Event::kFlitHops], 0);
  EXPECT_EQ(result.windows[1].ledger[Event::kFlitHops], 2);
}

TEST(EventWindows, WorkWithoutTimeAtTheEndCountsInTheLastWindow) {
  Builder builder;
  const int32_t last = builder.task(1, 0);
  builder.message(builder.task(0, 5), last);
  builder.peek().tasks[static_cast<size_t>(last)].macs = 7;
  const auto spec = testing::package(1, 1, 2);
  const core::Cycles latency = simulate(builder.build(), spec).latency;
  const Result result = simulate(builder.build(), spec, {.window = latency});
  ASSERT_EQ(result.windows.size(), 1U);
  EXPECT_EQ(result.windows[0].ledger, result.ledger);
}

TEST(EventWindows, AreThereOnlyWhenAskedForAndNotTooMany) {
  Builder builder;
  builder.message(builder.task(0, 200'000), builder.task(1));
  const auto spec = testing::package(1, 1, 2);
  EXPECT_TRUE(simulate(builder.build(), spec).windows.empty());
  EXPECT_THROW(simulate(builder.build(), spec, {.window = core::Cycles(1)}), core::UserError);
}

}  // namespace
}  // namespace ranvier::sim
