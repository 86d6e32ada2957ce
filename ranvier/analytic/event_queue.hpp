#pragma once
// The list scheduler's events in order of time, of kind, and of index. Most lie a few cycles ahead,
// so times near now have a slot each, and only the others are kept in heaps. Four of five are heads
// of messages, which nothing orders within a cycle: a slot has them in a list of their own.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

namespace ranvier::analytic {

/// In the order in which they are taken within one core cycle: a tile picks its next task last.
enum class EventKind : uint8_t { kHead, kReady, kGrant, kFirst, kDone, kRelease, kLeave, kPick };

struct TimedEvent {
  int64_t time = 0;  // core cycle
  EventKind kind = EventKind::kHead;
  int32_t index = 0;  // message, die side, task, or tile: below kMostIndices
};

class EventQueue {
 public:
  static constexpr int32_t kMostIndices = 1 << 28;

  /// For heads of messages below `messages`.
  explicit EventQueue(size_t messages);

  /// Any time, also one that is past: such an event is the next behind the heads of this cycle.
  void push(int64_t time, EventKind kind, int32_t index) {
    const uint32_t key = static_cast<uint32_t>(kind) << kIndexBits | static_cast<uint32_t>(index);
    if (has_slot(time)) {
      put(use_slot(time), key);
    } else {
      (time > now_ ? far_ : late_).push({time, key});
    }
  }

  /// A kHead of a message that has none. Heads of one cycle are taken in the order in which they
  /// were pushed.
  void push_head(int64_t time, int32_t message) {
    if (!has_slot(time)) return push(time, EventKind::kHead, message);
    const size_t slot = use_slot(time);
    after_[static_cast<size_t>(message)] = kNone;
    after_[static_cast<size_t>(std::exchange(slots_[slot].last_head, message))] = message;
  }

  /// Takes the next head of the cycle that was begun into `message`; false when there is none.
  bool pop_head(int32_t& message) {
    if (head_ == kNone) return false;
    message = head_;
    head_ = after_[static_cast<size_t>(head_)];
    return true;
  }

  /// Takes the next of the other events that are past or of this cycle; false when there is none.
  bool pop_other(TimedEvent& event) {
    if (!late_.empty() && (at_ == open_.size() || late_.top() < Far{now_, open_[at_]})) {
      event = event_of(late_.top());
      late_.pop();
      return true;
    }
    if (at_ == open_.size()) return false;
    event = event_of({now_, open_[at_++]});
    return true;
  }

  /// Goes on to the next cycle in which something happens, when nothing is left of this one. False
  /// when there is none. Cost: O(1) for an event within kSlots cycles of the one in which it was
  /// pushed, and few in its cycle.
  bool next_cycle();
  int64_t now() const { return now_; }

  /// Makes the head that was taken last the next again.
  void put_back_head(int32_t message) {
    after_[static_cast<size_t>(message)] = head_;
    head_ = message;
  }

 private:
  static constexpr int kIndexBits = 28;
  static constexpr int64_t kSlots = 4096;  // core cycles with a slot
  static constexpr size_t kWordBits = 64;
  static constexpr int32_t kNone = -1;
  struct Node {
    uint32_t key = 0;
    int32_t next = kNone;
  };
  struct Slot {
    int32_t last_head = kNone;   // message, or where after_ has the first one of the slot
    int32_t first_node = kNone;  // of the other events
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
    nodes_[static_cast<size_t>(node)] = {key, slots_[slot].first_node};
    slots_[slot].first_node = node;
  }
  bool has_slot(int64_t time) const {
    return static_cast<uint64_t>(time - now_ - 1) < static_cast<uint64_t>(kSlots - 1);
  }
  size_t use_slot(int64_t time) {
    const auto slot = static_cast<size_t>(time) % kSlots;
    used_[slot / kWordBits] |= uint64_t{1} << slot % kWordBits;
    return slot;
  }
  int32_t first_head(size_t slot) const {
    return static_cast<int32_t>(after_.size() - kSlots + slot);
  }
  void open_nodes(int32_t first);
  /// The first cycle after now whose slot holds something.
  int64_t next_slot_time() const {
    const auto slot = static_cast<size_t>(now_ + 1) % kSlots;
    const uint64_t word = used_[slot / kWordBits] >> slot % kWordBits;
    return word != 0 ? now_ + 1 + std::countr_zero(word) : next_word_time();
  }
  int64_t next_word_time() const;

  int64_t now_ = -1;            // cycle of the open slot
  int32_t head_ = kNone;        // its next head
  std::vector<uint32_t> open_;  // keys of its other events in order
  size_t at_ = 0;               // of them, the next
  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
  std::array<uint64_t, kSlots / kWordBits> used_{};  // a bit per slot
  /// [message] Next head of its cycle; behind them [slot] the first one. A slot's list is appended
  /// to without asking whether there is one: that is a guess which processors often get wrong.
  std::vector<int32_t> after_;
  std::vector<Node> nodes_;
  int32_t spare_ = kNone;
  Heap late_;  // at or before now
  Heap far_;   // beyond the slots when they were pushed
};

}  // namespace ranvier::analytic
