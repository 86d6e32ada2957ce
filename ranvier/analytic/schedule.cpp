#include "ranvier/analytic/schedule.hpp"

#include "ranvier/analytic/list_scheduler.hpp"
#include "ranvier/analytic/starts.hpp"
#include "ranvier/analytic/zero_load.hpp"
#include "ranvier/core/error.hpp"

#include <algorithm>

namespace ranvier::analytic {

using workload::Message;
using workload::Task;
using workload::Workload;

ListScheduler::ListScheduler(const Plan& plan, const arch::PackageSpec& package)
    : plan_(plan),
      package_(package),
      tasks_(workload_.tasks.size()),
      trains_(workload_.messages.size()),
      records_(workload_.messages.size()),
      tiles_(static_cast<size_t>(plan.cores)),
      ports_(tiles_.size()),
      channel_free_(static_cast<size_t>(package.width() * package.height() * kDirections)),
      events_(workload_.messages.size()) {
  RANVIER_CONTRACT(std::max(trains_.size(), tasks_.size()) < EventQueue::kMostIndices,
                   "messages and tasks have event numbers");
  if (!plan.branches.empty()) passages_.resize(trains_.size());
  for (size_t m = 0; m < trains_.size(); ++m) trains_[m] = make_train(static_cast<int32_t>(m));
  for (size_t t = 0; t < tasks_.size(); ++t) tasks_[t].open = plan.inputs[t];
  for (size_t t = 0; t < tasks_.size(); ++t) {
    if (tasks_[t].open == 0) make_ready(static_cast<int32_t>(t));
  }
}

ListScheduler::ListScheduler(const ListScheduler& start, const Plan& plan,
                             const arch::PackageSpec& package)
    : plan_(plan),
      package_(package),
      tasks_(start.tasks_),
      trains_(start.trains_),
      records_(start.records_),
      tiles_(start.tiles_),
      ports_(start.ports_),
      arrived_(start.arrived_),
      channel_free_(start.channel_free_),
      passages_(start.passages_),
      events_(start.events_) {}

/// In order of time, up to the first head at which `stops` [message] is true, and not with it.
template <class Stops>
void ListScheduler::run_until(const Stops& stops) {
  TimedEvent event;
  int32_t message = 0;
  do {
    while (events_.pop_head(message)) {
      if (stops(message)) return events_.put_back_head(message);
      advance(message);
    }
    while (events_.pop_other(event)) {
      const bool is_head = event.kind == EventKind::kHead;
      if (is_head && stops(event.index)) return events_.put_back_head(event.index);
      handle(event);
    }
  } while (events_.next_cycle());
}

ScheduleResult ListScheduler::run() {
  run_until([](int32_t) { return false; });
  return summary();
}

void ListScheduler::run_to_link() {
  run_until([&](int32_t message) { return meets_link(message); });
}

/// A train that takes the last channel before a link.
bool ListScheduler::meets_link(int32_t message) const {
  const Train& train = trains_[static_cast<size_t>(message)];
  return train.hops() == 1 && plan_.legs[static_cast<size_t>(train.leg)].side != kOnChip;
}

void ListScheduler::handle(const TimedEvent& event) {
  switch (event.kind) {
    case EventKind::kHead:
      return advance(event.index);
    case EventKind::kReady:
      return make_ready(event.index);
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

/// Over a chip on its way, from link to link.
bool ListScheduler::crosses_several(size_t message) const {
  return std::ranges::count_if(plan_.way(message),
                               [](const Leg& leg) { return leg.side != kOnChip; }) > 1;
}

/// Latency, and the waits on the way back from the task that ended last.
ScheduleResult ListScheduler::summary() const {
  ScheduleResult result;
  for (const DieLink& link : links_) result.resent_bits += link.resent_bits();
  int32_t task = -1;
  int64_t latest = 0;
  for (size_t t = 0; t < tasks_.size(); ++t) {
    latest = std::max(latest, tasks_[t].end + tasks_[t].doubt);
    if (task < 0 || tasks_[t].end > tasks_[static_cast<size_t>(task)].end) {
      task = static_cast<int32_t>(t);
    }
  }
  if (task < 0) return result;
  result.latency = core::Cycles(tasks_[static_cast<size_t>(task)].end);
  result.doubt = core::Cycles(latest) + result.latency * -1;
  while (task >= 0) {
    const TaskState& state = tasks_[static_cast<size_t>(task)];
    const auto service = workload_.tasks[static_cast<size_t>(task)].service;
    result.waiting.tile += core::Cycles(state.end - state.ready) + service * -1;
    result.waiting.coarse += core::Cycles(state.stood);
    if (state.last < 0) break;
    const auto last = static_cast<size_t>(state.last);
    result.waiting.mesh += core::Cycles(trains_[last].mesh_wait);
    result.waiting.link += core::Cycles(records_[last].link_wait);
    if (crosses_several(last)) result.waiting.coarse += core::Cycles(records_[last].link_wait);
    task = message_at(state.last).source;
  }
  return result;
}

ScheduleResult schedule(const Plan& plan, const arch::PackageSpec& package) {
  const auto start = plan.starts->find(plan, package);
  if (!start) return ListScheduler(plan, package).run();
  return ListScheduler(*start, plan, package).run();
}

core::Cycles longest_path(const Plan& plan, const arch::PackageSpec& package) {
  const Workload& workload = *plan.workload;
  const ZeroLoad idle(package);
  std::vector<int64_t> ready(workload.tasks.size());
  int64_t latest = 0;
  for (const size_t t : plan.order) {
    const Task& task = workload.tasks[t];
    const int64_t end = ready[t] + task.service.value();
    latest = std::max(latest, end);
    int64_t injected = 0;
    int64_t last = end - task.stream.value() - 1;
    for (size_t m = plan.first_message[t]; m < plan.first_message[t + 1]; ++m) {
      const Message& message = workload.messages[m];
      const auto way = plan.way(m);
      const int64_t stream = stream_cycles(package.router, message.flits(), way);
      if (!message.branch) {
        injected = last + 1;
        last = std::max(injected + stream, end);
      }
      int64_t& next = ready[static_cast<size_t>(message.target)];
      next =
          std::max(next, idle.delivery(message, way, injected, std::max(injected + stream, last)));
    }
  }
  return core::Cycles(latest);
}

}  // namespace ranvier::analytic
