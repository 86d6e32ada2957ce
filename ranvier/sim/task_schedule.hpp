#pragma once
// Which task runs where and when: a task starts when its messages have arrived and its tile is
// free, lowest index first.

#include "ranvier/sim/event_queue.hpp"
#include "ranvier/sim/partition.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ranvier::sim {

class TaskSchedule {
 public:
  /// What a task waited for last; both -1: nothing, it started at time 0.
  struct Record {
    int64_t start = -1;   // [core cycles]
    int64_t worked = -1;  // its work was done; then its output may have waited for room
    int64_t end = -1;
    int32_t message = -1;      // the message that arrived in the cycle of the start, or
    int32_t predecessor = -1;  // the task that left the tile in that cycle
  };

  /// The tasks on the tiles of `share`. The references must outlive it. Tasks without messages are
  /// ready at time 0.
  TaskSchedule(const workload::Workload& workload, const Share& share, EventQueue& events);

  void message_arrived(int32_t message, int64_t now);
  void work_done(int32_t task, int64_t now) { records_[static_cast<size_t>(task)].worked = now; }
  /// Its tile is free.
  void task_done(int32_t task, int64_t now);
  /// Starts what can start in this cycle; to be called after all its events. Their ends become
  /// events.
  void start_ready(int64_t now);

  const Record& record(int32_t task) const { return records_[static_cast<size_t>(task)]; }
  const std::vector<Record>& records() const { return records_; }  // [tasks]
  int64_t unfinished() const { return unfinished_; }

 private:
  struct Tile {
    std::vector<int32_t> ready;  // heap, lowest index on top
    int32_t previous = -1;       // last task that ended here
    bool busy = false;
    bool touched = false;
  };

  void make_ready(int32_t task);
  void touch(size_t tile);
  size_t tile_of(int32_t task) const {
    return static_cast<size_t>(workload_.tasks[static_cast<size_t>(task)].tile.index());
  }

  const workload::Workload& workload_;
  EventQueue& events_;
  std::vector<Record> records_;  // [tasks]
  std::vector<int32_t> open_;    // [tasks] messages that have not arrived
  std::vector<Tile> tiles_;
  std::vector<size_t> touched_;  // tiles to look at in start_ready
  int64_t unfinished_ = 0;
};

}  // namespace ranvier::sim
