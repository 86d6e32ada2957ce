#include "ranvier/analytic/event_queue.hpp"

#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <tuple>
#include <vector>

namespace ranvier::analytic {
namespace {

using Key = std::tuple<int64_t, EventKind, int32_t>;

TEST(EventQueue, TakesKindsInTheirOrderAndAPastEventAtOnce) {
  EventQueue queue;
  TimedEvent event;
  EXPECT_FALSE(queue.pop(event));
  queue.push(7, EventKind::kPick, 1);
  queue.push(7, EventKind::kHead, 5);
  queue.push(7, EventKind::kHead, 2);
  queue.push(1'000'000, EventKind::kDone, 0);
  std::vector<Key> taken;
  while (queue.pop(event)) {
    taken.emplace_back(event.time, event.kind, event.index);
    if (taken.size() == 2) queue.push(3, EventKind::kGrant, 9);
    if (taken.size() == 3) queue.push(7, EventKind::kDone, 4);
  }
  EXPECT_EQ(taken, (std::vector<Key>{{7, EventKind::kHead, 2},
                                     {7, EventKind::kHead, 5},
                                     {3, EventKind::kGrant, 9},
                                     {7, EventKind::kDone, 4},
                                     {7, EventKind::kPick, 1},
                                     {1'000'000, EventKind::kDone, 0}}));
}

/// Against an ordered set, with events near, far, now and in the past.
RC_GTEST_PROP(EventQueue, AlwaysTakesTheLeast, ()) {
  core::Rng rng(static_cast<uint64_t>(*rc::gen::inRange(0, 1'000'000)));
  EventQueue queue;
  std::multiset<Key> expected;
  const auto push = [&](int64_t time) {
    const auto kind = static_cast<EventKind>(rng.below(8));
    const auto index = static_cast<int32_t>(rng.below(5));
    queue.push(time, kind, index);
    expected.emplace(time, kind, index);
  };
  for (int i = 0; i < 20; ++i) push(static_cast<int64_t>(rng.below(50)));
  int left = 2000;
  TimedEvent event;
  while (queue.pop(event)) {
    RC_ASSERT(!expected.empty());
    RC_ASSERT(*expected.begin() == Key(event.time, event.kind, event.index));
    expected.erase(expected.begin());
    constexpr int64_t kAhead[] = {0, 1, 3, 40, 4095, 4096, 4097, 20'000};
    for (auto more = rng.below(3); more > 0 && left > 0; --more, --left) {
      const int64_t ahead = kAhead[rng.below(8)];
      push(rng.below(10) == 0 ? std::max<int64_t>(0, event.time - 5) : event.time + ahead);
    }
  }
  RC_ASSERT(expected.empty());
}

}  // namespace
}  // namespace ranvier::analytic
