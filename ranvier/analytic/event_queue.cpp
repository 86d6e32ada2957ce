#include "ranvier/analytic/event_queue.hpp"

#include "ranvier/analytic/never.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace ranvier::analytic {

EventQueue::EventQueue(size_t messages) : after_(messages + kSlots, kNone) {
  for (size_t s = 0; s < slots_.size(); ++s) slots_[s].last_head = first_head(s);
}

/// next_slot_time() behind the word of used_ that now is in.
int64_t EventQueue::next_word_time() const {
  const auto word = static_cast<size_t>(now_ + 1) % kSlots / kWordBits;
  for (size_t i = 1; i <= used_.size(); ++i) {
    const size_t at = (word + i) % used_.size();
    if (used_[at] == 0) continue;
    const size_t slot = at * kWordBits + static_cast<size_t>(std::countr_zero(used_[at]));
    const size_t ahead = slot + kSlots - static_cast<size_t>(now_ + 1) % kSlots;
    return now_ + 1 + static_cast<int64_t>(ahead % kSlots);
  }
  return kNever;
}

void EventQueue::open_nodes(int32_t first) {
  int32_t last = kNone;
  for (int32_t node = first; node != kNone; node = nodes_[static_cast<size_t>(node)].next) {
    open_.push_back(nodes_[static_cast<size_t>(node)].key);
    last = node;
  }
  nodes_[static_cast<size_t>(last)].next = spare_;
  spare_ = first;
}

bool EventQueue::next_cycle() {
  const int64_t near = next_slot_time();
  const int64_t far = far_.empty() ? kNever : far_.top().time;
  const int64_t next = std::min(near, far);
  if (next == kNever) return false;
  now_ = next;
  open_.clear();
  at_ = 0;
  if (near == next) {
    const auto at = static_cast<size_t>(next) % kSlots;
    const int32_t first = first_head(at);
    head_ = std::exchange(after_[static_cast<size_t>(first)], kNone);
    const int32_t node = std::exchange(slots_[at], {first, kNone}).first_node;
    if (node != kNone) open_nodes(node);
    used_[at / kWordBits] &= ~(uint64_t{1} << at % kWordBits);
  }
  for (; !far_.empty() && far_.top().time == next; far_.pop()) open_.push_back(far_.top().key);
  if (open_.size() > 1) std::ranges::sort(open_);
  return true;
}

}  // namespace ranvier::analytic
