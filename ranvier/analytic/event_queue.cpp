#include "ranvier/analytic/event_queue.hpp"

#include "ranvier/analytic/never.hpp"

#include <algorithm>
#include <bit>

namespace ranvier::analytic {
/// The first cycle after now whose bucket holds something.
int64_t EventQueue::next_slot_time() const {
  const auto start = static_cast<size_t>(now_ + 1) % kSlots;
  uint64_t word = used_[start / kWordBits] >> start % kWordBits << start % kWordBits;
  for (size_t i = 0; i <= used_.size(); ++i) {
    const size_t at = (start / kWordBits + i) % used_.size();
    if (i > 0) word = used_[at];
    if (word == 0) continue;
    const size_t slot = at * kWordBits + static_cast<size_t>(std::countr_zero(word));
    return now_ + 1 + static_cast<int64_t>((slot + kSlots - start) % kSlots);
  }
  return kNever;
}

bool EventQueue::open_next() {
  const int64_t near = next_slot_time();
  const int64_t far = far_.empty() ? kNever : far_.top().time;
  const int64_t next = std::min(near, far);
  if (next == kNever) return false;
  now_ = next;
  open_.clear();
  at_ = 0;
  if (near == next) {
    const auto slot = static_cast<size_t>(next) % kSlots;
    int32_t last = kNone;
    for (int32_t node = first_[slot]; node != kNone;
         node = nodes_[static_cast<size_t>(node)].next) {
      open_.push_back(nodes_[static_cast<size_t>(node)].key);
      last = node;
    }
    nodes_[static_cast<size_t>(last)].next = spare_;
    spare_ = first_[slot];
    first_[slot] = kNone;
    used_[slot / kWordBits] &= ~(uint64_t{1} << slot % kWordBits);
  }
  for (; !far_.empty() && far_.top().time == next; far_.pop()) open_.push_back(far_.top().key);
  if (open_.size() > 1) std::ranges::sort(open_);
  return true;
}

}  // namespace ranvier::analytic
