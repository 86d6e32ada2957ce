#pragma once
// First in, first out, for each lane of a die side, all in one array. Private to analytic/.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ranvier::analytic {

class LaneQueues {
 public:
  /// At most `capacity` times in each.
  LaneQueues(size_t lanes, size_t capacity)
      : capacity_(capacity), times_(lanes * capacity), queues_(lanes) {}

  bool full(size_t lane) const { return queues_[lane].size == capacity_; }
  int64_t front(size_t lane) const { return times_[lane * capacity_ + queues_[lane].first]; }
  void pop(size_t lane) {
    Queue& queue = queues_[lane];
    queue.first = queue.first + 1 == capacity_ ? 0 : queue.first + 1;
    --queue.size;
  }
  /// Needs room.
  void push(size_t lane, int64_t time) {
    Queue& queue = queues_[lane];
    const size_t at = queue.first + queue.size++;
    times_[lane * capacity_ + (at < capacity_ ? at : at - capacity_)] = time;
  }

 private:
  struct Queue {
    size_t first = 0;
    size_t size = 0;
  };
  size_t capacity_;
  std::vector<int64_t> times_;  // [lane][capacity]
  std::vector<Queue> queues_;   // [lane]
};

}  // namespace ranvier::analytic
