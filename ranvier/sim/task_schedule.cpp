#include "ranvier/sim/task_schedule.hpp"

#include <algorithm>
#include <functional>

namespace ranvier::sim {

TaskSchedule::TaskSchedule(const workload::Workload& workload, const Share& share,
                           EventQueue& events)
    : workload_(workload),
      events_(events),
      records_(workload.tasks.size()),
      open_(workload.tasks.size()),
      tiles_(static_cast<size_t>(share.lowered().routers())) {
  for (const auto& message : workload.messages) ++open_[static_cast<size_t>(message.target)];
  for (size_t task = 0; task < open_.size(); ++task) {
    const auto index = static_cast<int32_t>(task);
    if (!share.owns(static_cast<int>(tile_of(index)))) continue;
    ++unfinished_;
    if (open_[task] == 0) make_ready(index);
  }
}

void TaskSchedule::touch(size_t tile) {
  if (tiles_[tile].touched) return;
  tiles_[tile].touched = true;
  touched_.push_back(tile);
}

void TaskSchedule::make_ready(int32_t task) {
  auto& ready = tiles_[tile_of(task)].ready;
  ready.push_back(task);
  std::push_heap(ready.begin(), ready.end(), std::greater<>());
  touch(tile_of(task));
}

void TaskSchedule::message_arrived(int32_t message, int64_t now) {
  const int32_t task = workload_.messages[static_cast<size_t>(message)].target;
  if (--open_[static_cast<size_t>(task)] > 0) return;
  // `start` holds the cycle of readiness until the task starts.
  records_[static_cast<size_t>(task)].start = now;
  records_[static_cast<size_t>(task)].message = message;
  make_ready(task);
}

void TaskSchedule::task_done(int32_t task, int64_t now) {
  Tile& tile = tiles_[tile_of(task)];
  tile.busy = false;
  tile.previous = task;
  records_[static_cast<size_t>(task)].end = now;
  --unfinished_;
  touch(tile_of(task));
}

void TaskSchedule::start_ready(int64_t now) {
  for (const size_t index : touched_) {
    Tile& tile = tiles_[index];
    tile.touched = false;
    if (tile.busy || tile.ready.empty()) continue;
    std::pop_heap(tile.ready.begin(), tile.ready.end(), std::greater<>());
    const int32_t task = tile.ready.back();
    tile.ready.pop_back();
    tile.busy = true;
    Record& record = records_[static_cast<size_t>(task)];
    if (record.start < now && now > 0) {
      record.message = -1;
      record.predecessor = tile.previous;
    }
    record.start = now;
    const workload::Task& work = workload_.tasks[static_cast<size_t>(task)];
    const int64_t end = now + work.service.value();
    events_.push(end, EventKind::kTaskDone, task);
    if (work.stream.value() > 0) {
      events_.push(end - work.stream.value(), EventKind::kFirstOutput, task);
    }
  }
  touched_.clear();
}

}  // namespace ranvier::sim
