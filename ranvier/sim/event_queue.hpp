#pragma once
// Things that happen at a known cycle, seldom enough for a heap.

#include "ranvier/sim/timed_rings.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace ranvier::sim {

enum class EventKind : uint8_t {
  kMessageArrived,  // id: message
  kTaskDone,        // id: task, its work
  kFirstOutput,     // id: task that streams
  kOutputFits,      // id: tile whose converter waited for room in its output buffer
};

struct TimedEvent {
  int64_t cycle = 0;
  EventKind kind = EventKind::kTaskDone;
  int32_t id = 0;
  auto operator<=>(const TimedEvent&) const = default;  // ties: by kind, then by id
};

class EventQueue {
 public:
  void push(int64_t cycle, EventKind kind, int32_t id) { heap_.push({cycle, kind, id}); }
  int64_t next_cycle() const { return heap_.empty() ? kNever : heap_.top().cycle; }
  TimedEvent pop() {
    const TimedEvent event = heap_.top();
    heap_.pop();
    return event;
  }

  /// What a checkpoint keeps. Equal events are alike, so their order in memory says nothing.
  template <class Archive>
  void persist(Archive& archive) {
    std::vector<TimedEvent> events;
    for (; !heap_.empty(); heap_.pop()) events.push_back(heap_.top());
    archive(events);
    for (const TimedEvent& event : events) heap_.push(event);
  }

 private:
  std::priority_queue<TimedEvent, std::vector<TimedEvent>, std::greater<>> heap_;
};

}  // namespace ranvier::sim
