#include "ranvier/analytic/schedule.hpp"

#include "ranvier/analytic/list_scheduler.hpp"
#include "ranvier/analytic/zero_load.hpp"

#include <algorithm>

namespace ranvier::analytic {

using workload::Message;
using workload::Task;
using workload::Workload;

ListScheduler::ListScheduler(const Workload& workload, const arch::PackageSpec& package)
    : workload_(workload),
      package_(package),
      crossing_(package),
      hop_(package.router.router_cycles + package.router.link_cycles),
      near_buffer_(static_cast<size_t>(package.emio.fifo_depth + package.router.buffer_flits)),
      tasks_(workload.tasks.size()),
      trains_(workload.messages.size()),
      tiles_(static_cast<size_t>(package.width() * package.height())),
      channel_free_(tiles_.size() * kDirections),
      first_message_(workload::first_messages(workload)) {
  const auto sides = static_cast<size_t>(package.chips_x * package.chips_y) * kDirections;
  held_.assign(sides * static_cast<size_t>(package.chip.mesh), -1);
  for (size_t s = 0; s < sides; ++s) {
    links_.emplace_back(crossing_, package);
  }
  for (const Message& message : workload.messages) {
    ++tasks_[static_cast<size_t>(message.target)].open;
  }
}

ScheduleResult ListScheduler::run() {
  for (size_t t = 0; t < tasks_.size(); ++t) {
    if (tasks_[t].open == 0) make_ready(static_cast<int32_t>(t), 0);
  }
  while (!events_.empty()) {
    const TimedEvent event = events_.top();
    events_.pop();
    handle(event);
  }
  return summary();
}

void ListScheduler::handle(const TimedEvent& event) {
  switch (event.kind) {
    case EventKind::kHead:
      return advance(event.index);
    case EventKind::kDeliver:
      return deliver(event.index, event.time);
    case EventKind::kGrant:
      return serve_link(event.index, event.time);
    case EventKind::kFirst:
      return begin_output(event.index, event.time);
    case EventKind::kDone:
      return finish(event.index, event.time);
    case EventKind::kLeave:
      return leave(event.index, event.time);
    case EventKind::kRelease:
      return release(event.index, event.time);
    case EventKind::kPick:
      return pick(event.index, event.time);
  }
}

/// Latency, and the waits on the way back from the task that ended last.
ScheduleResult ListScheduler::summary() const {
  ScheduleResult result;
  for (const DieLink& link : links_) result.resent_bits += link.resent_bits();
  int32_t task = -1;
  for (size_t t = 0; t < tasks_.size(); ++t) {
    if (task < 0 || tasks_[t].end > tasks_[static_cast<size_t>(task)].end) {
      task = static_cast<int32_t>(t);
    }
  }
  if (task < 0) return result;
  result.latency = core::Cycles(tasks_[static_cast<size_t>(task)].end);
  while (task >= 0) {
    const TaskState& state = tasks_[static_cast<size_t>(task)];
    const auto service = workload_.tasks[static_cast<size_t>(task)].service;
    result.waiting.tile += core::Cycles(state.end - state.ready) + service * -1;
    if (state.last < 0) break;
    const Train& train = trains_[static_cast<size_t>(state.last)];
    result.waiting.mesh += core::Cycles(train.mesh_wait);
    result.waiting.link += core::Cycles(train.link_wait);
    task = message_at(state.last).source;
  }
  return result;
}

ScheduleResult schedule(const Workload& workload, const arch::PackageSpec& package) {
  return ListScheduler(workload, package).run();
}

core::Cycles longest_path(const Workload& workload, const arch::PackageSpec& package) {
  const auto first = workload::first_messages(workload);
  std::vector<int64_t> ready(workload.tasks.size());
  int64_t latest = 0;
  for (const size_t t : workload::topological_order(workload)) {
    const Task& task = workload.tasks[t];
    const int64_t end = ready[t] + task.service.value();
    latest = std::max(latest, end);
    int64_t injected = end - task.stream.value();
    for (size_t m = first[t]; m < first[t + 1]; ++m) {
      const Message& message = workload.messages[m];
      const auto target = static_cast<size_t>(message.target);
      const int64_t last = std::max(injected + stream_cycles(package.router, message.flits()), end);
      ready[target] = std::max(ready[target],
                               zero_load_delivery(message, task.tile, workload.tasks[target].tile,
                                                  injected, package, last));
      injected = last + 1;
    }
  }
  return core::Cycles(latest);
}

}  // namespace ranvier::analytic
