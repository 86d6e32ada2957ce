#pragma once
// When the ends of links act next: at most one date each.

#include "ranvier/sim/timed_rings.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace ranvier::sim {

/// A heap that forgets dates for which an earlier one was set.
class SideCalendar {
 public:
  explicit SideCalendar(size_t members) : dates_(members, kNever) {}

  /// The member acts in `cycle`, or earlier if that is set already.
  void set(int32_t member, int64_t cycle) {
    int64_t& date = dates_[static_cast<size_t>(member)];
    if (cycle >= date) return;
    date = cycle;
    heap_.emplace(cycle, member);
  }

  /// First date of all; kNever if there is none.
  int64_t next_cycle() {
    while (!heap_.empty() && dates_[static_cast<size_t>(heap_.top().second)] != heap_.top().first) {
      heap_.pop();
    }
    return heap_.empty() ? kNever : heap_.top().first;
  }

  /// The member of the first date, which it loses. next_cycle() must not be kNever.
  int32_t take() {
    const int32_t member = heap_.top().second;
    heap_.pop();
    dates_[static_cast<size_t>(member)] = kNever;
    return member;
  }

  /// What a checkpoint keeps. The dates say all; what was forgotten need not be in the heap.
  template <class Archive>
  void persist(Archive& archive) {
    archive(dates_);
    heap_ = {};
    for (size_t member = 0; member < dates_.size(); ++member) {
      if (dates_[member] != kNever) heap_.emplace(dates_[member], static_cast<int32_t>(member));
    }
  }

 private:
  using Entry = std::pair<int64_t, int32_t>;  // cycle, member

  std::vector<int64_t> dates_;  // [members] [core cycle]
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace ranvier::sim
