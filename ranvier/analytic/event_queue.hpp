#pragma once
// The list scheduler's events in order of time, of kind, and of index. Most lie a few cycles ahead,
// so times near now have a bucket each, and only the others are kept in heaps.

#include <array>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <vector>

namespace ranvier::analytic {

/// In the order in which they are taken within one core cycle: a tile picks its next task last.
enum class EventKind : uint8_t { kHead, kDeliver, kGrant, kFirst, kDone, kRelease, kLeave, kPick };

struct TimedEvent {
  int64_t time = 0;  // core cycle
  EventKind kind = EventKind::kHead;
  int32_t index = 0;  // message, die side, task, or tile: below kMostIndices
};

class EventQueue {
 public:
  static constexpr int32_t kMostIndices = 1 << 28;

  /// Any time, also one that is past: such an event is the next.
  void push(int64_t time, EventKind kind, int32_t index) {
    const uint32_t key = static_cast<uint32_t>(kind) << kIndexBits | static_cast<uint32_t>(index);
    const int64_t ahead = time - now_;
    if (ahead > 0 && ahead < kSlots) {
      put(static_cast<size_t>(time) % kSlots, key);
    } else {
      (ahead > 0 ? far_ : late_).push({time, key});
    }
  }

  /// Takes the first event into `event`; false when there is none. Cost: O(1) for an event within
  /// kSlots cycles of the one taken when it was pushed, and few in its cycle.
  bool pop(TimedEvent& event) {
    do {
      if (!late_.empty() && (at_ == open_.size() || late_.top() < Far{now_, open_[at_]})) {
        event = event_of(late_.top());
        late_.pop();
        return true;
      }
      if (at_ < open_.size()) {
        event = event_of({now_, open_[at_++]});
        return true;
      }
    } while (open_next());
    return false;
  }

 private:
  static constexpr int kIndexBits = 28;
  static constexpr int64_t kSlots = 4096;  // core cycles with a bucket
  static constexpr size_t kWordBits = 64;
  static constexpr int32_t kNone = -1;
  struct Node {
    uint32_t key = 0;
    int32_t next = kNone;
  };
  struct Far {
    int64_t time = 0;
    uint32_t key = 0;
    bool operator<(const Far& other) const {
      return time != other.time ? time < other.time : key < other.key;
    }
    bool operator>(const Far& other) const { return other < *this; }
  };
  using Heap = std::priority_queue<Far, std::vector<Far>, std::greater<>>;

  static TimedEvent event_of(const Far& far) {
    return {far.time, static_cast<EventKind>(far.key >> kIndexBits),
            static_cast<int32_t>(far.key & (kMostIndices - 1))};
  }
  void put(size_t slot, uint32_t key) {
    int32_t node = spare_;
    if (node == kNone) {
      node = static_cast<int32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      spare_ = nodes_[static_cast<size_t>(node)].next;
    }
    nodes_[static_cast<size_t>(node)] = {key, first_[slot]};
    first_[slot] = node;
    used_[slot / kWordBits] |= uint64_t{1} << slot % kWordBits;
  }
  bool open_next();
  int64_t next_slot_time() const;

  int64_t now_ = -1;                                                  // cycle of the open bucket
  std::vector<uint32_t> open_;                                        // its keys in order
  size_t at_ = 0;                                                     // of them, the next
  std::vector<int32_t> first_ = std::vector<int32_t>(kSlots, kNone);  // [slot] node
  std::array<uint64_t, kSlots / kWordBits> used_{};                   // a bit per slot
  std::vector<Node> nodes_;
  int32_t spare_ = kNone;
  Heap late_;  // at or before now
  Heap far_;   // beyond the buckets when they were pushed
};

}  // namespace ranvier::analytic
