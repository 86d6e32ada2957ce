#include "ranvier/analytic/event_queue.hpp"

#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

namespace ranvier::analytic {
namespace {

using Key = std::tuple<int64_t, EventKind, int32_t>;

/// Heads, then the others, then the next cycle. A head's time: of the cycle in which it is taken.
std::optional<Key> take(EventQueue& queue) {
  TimedEvent event;
  do {
    if (queue.pop_head(event.index)) return Key{queue.now(), EventKind::kHead, event.index};
    if (queue.pop_other(event)) return Key{event.time, event.kind, event.index};
  } while (queue.next_cycle());
  return std::nullopt;
}

TEST(EventQueue, TakesKindsInTheirOrderAndAPastEventAtOnce) {
  EventQueue queue(6);
  EXPECT_FALSE(take(queue));
  queue.push(7, EventKind::kPick, 1);
  queue.push_head(7, 5);
  queue.push_head(7, 2);
  queue.push(1'000'000, EventKind::kDone, 0);
  std::vector<Key> taken;
  while (const auto event = take(queue)) {
    taken.push_back(*event);
    if (taken.size() == 2) queue.push(3, EventKind::kGrant, 9);
    if (taken.size() == 3) queue.push(7, EventKind::kDone, 4);
  }
  EXPECT_EQ(taken, (std::vector<Key>{{7, EventKind::kHead, 5},
                                     {7, EventKind::kHead, 2},
                                     {3, EventKind::kGrant, 9},
                                     {7, EventKind::kDone, 4},
                                     {7, EventKind::kPick, 1},
                                     {1'000'000, EventKind::kDone, 0}}));
}

TEST(EventQueue, AHeadThatIsPutBackIsTheNextAgain) {
  EventQueue queue(3);
  for (const int32_t message : {2, 0, 1}) queue.push_head(4, message);
  ASSERT_TRUE(queue.next_cycle());
  int32_t message = -1;
  std::vector<int32_t> taken;
  while (queue.pop_head(message)) {
    taken.push_back(message);
    if (taken.size() == 2) queue.put_back_head(message);
  }
  EXPECT_EQ(taken, (std::vector<int32_t>{2, 0, 0, 1}));
}

/// Against an ordered set, with events near, far, now and in the past. Heads of one cycle come in
/// any order.
RC_GTEST_PROP(EventQueue, AlwaysTakesTheLeast, ()) {
  core::Rng rng(static_cast<uint64_t>(*rc::gen::inRange(0, 1'000'000)));
  constexpr int kEvents = 2000;
  EventQueue queue(kEvents);
  std::multiset<Key> expected;
  int32_t messages = 0;
  const auto push = [&](int64_t time) {
    const auto kind = static_cast<EventKind>(rng.below(8));
    if (kind == EventKind::kHead) {
      queue.push_head(time, messages);
      expected.emplace(time, kind, messages++);
    } else {
      const auto index = static_cast<int32_t>(rng.below(5));
      queue.push(time, kind, index);
      expected.emplace(time, kind, index);
    }
  };
  for (int i = 0; i < 20; ++i) push(static_cast<int64_t>(rng.below(50)));
  int left = kEvents - 20;
  while (const auto event = take(queue)) {
    RC_ASSERT(!expected.empty());
    const auto [time, kind, index] = *expected.begin();
    RC_ASSERT(time == std::get<0>(*event));
    RC_ASSERT(kind == std::get<1>(*event));
    if (kind != EventKind::kHead) RC_ASSERT(index == std::get<2>(*event));
    const auto same = expected.find(*event);
    RC_ASSERT(same != expected.end());
    expected.erase(same);
    constexpr int64_t kAhead[] = {0, 1, 3, 40, 4095, 4096, 4097, 20'000};
    for (auto more = rng.below(3); more > 0 && left > 0; --more, --left) {
      const bool among_heads =
          kind == EventKind::kHead;  // what is past would have to wait for them
      const int64_t ahead = std::max<int64_t>(among_heads ? 1 : 0, kAhead[rng.below(8)]);
      const bool is_past = !among_heads && rng.below(10) == 0;
      push(is_past ? std::max<int64_t>(0, queue.now() - 5) : queue.now() + ahead);
    }
  }
  RC_ASSERT(expected.empty());
}

}  // namespace
}  // namespace ranvier::analytic
