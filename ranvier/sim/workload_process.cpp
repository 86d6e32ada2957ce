#include "ranvier/sim/workload_process.hpp"

#include "ranvier/sim/account.hpp"

#include <algorithm>

namespace ranvier::sim {

WorkloadProcess::WorkloadProcess(const workload::Workload& workload,
                                 const arch::PackageSpec& package, const Options& options,
                                 const Share& share, RoutingFunction routing)
    : LogicalProcess(share, workload.boundaries.size(), routing, options.order_seed,
                     link_errors(share.lowered(), options.error_seed, options.faults)),
      workload_(workload),
      boundaries_(workload, package, errors().bits()),
      messages_(workload, boundaries_, options.record_messages),
      traffic_(message_ends(workload, lowered()), messages_, lowered(), pool(), routers(), events_),
      tasks_(workload, share, events_),
      first_message_(workload::first_messages(workload)),
      stalled_(static_cast<size_t>(lowered().routers()), -1) {
  if (options.window.value() > 0) windows_.emplace(options.window);
  connect(traffic_, messages_, &traffic_.trees());
}

template <class Archive>
void WorkloadProcess::persist_members(Archive& archive) {
  persist_network(archive);
  archive(events_, boundaries_, messages_, traffic_, tasks_, work_, stalled_, latency_);
  if (windows_) archive(*windows_);
  std::vector<int32_t> tasks;
  std::vector<core::Ledger> work;
  for (const auto& [task, counts] : streamed_) {
    tasks.push_back(task);
    work.push_back(counts);
  }
  archive(tasks, work);
  for (size_t i = 0; i < tasks.size(); ++i) streamed_[tasks[i]] = work[i];
}

template void WorkloadProcess::persist_members(StateWriter&);
template void WorkloadProcess::persist_members(StateReader&);

/// All events of the cycle, and what they start that ends in the same cycle.
void WorkloadProcess::begin(int64_t now) {
  if (windows_ && windows_->due(now)) windows_->snapshot(network_ledger(network(), lowered()), now);
  do {
    while (events_.next_cycle() == now) {
      const TimedEvent event = events_.pop();
      switch (event.kind) {
        case EventKind::kMessageArrived:
          tasks_.message_arrived(event.id, now);
          break;
        case EventKind::kTaskDone:
          finish(event.id, now);
          break;
        case EventKind::kFirstOutput:
          start_output(event.id, now);
          break;
        case EventKind::kOutputFits:
          leave_tile(stalled_[static_cast<size_t>(event.id)], now);
          break;
      }
    }
    tasks_.start_ready(now);
  } while (events_.next_cycle() == now);
}

int64_t WorkloadProcess::next_of_tiles(int64_t now) {
  return std::min(events_.next_cycle(), traffic_.next_after(now));
}

void WorkloadProcess::send(int32_t task, size_t message, int64_t now, core::Ledger& work) {
  const workload::Task& source = workload_.tasks[static_cast<size_t>(task)];
  const workload::Message& spec = workload_.messages[message];
  if (spec.kind == workload::MessageKind::kBoundary) boundaries_.encode(source, spec, work);
  const bool first = message == first_message_[static_cast<size_t>(task)];
  traffic_.offer(static_cast<int32_t>(message), now, first ? source.stream.value() : 0);
}

/// The first message begins while the task still works.
void WorkloadProcess::start_output(int32_t task, int64_t now) {
  const auto index = static_cast<size_t>(task);
  if (first_message_[index] == first_message_[index + 1]) return;
  send(task, first_message_[index], now, streamed_[task]);
}

void WorkloadProcess::finish(int32_t index, int64_t now) {
  const auto task_index = static_cast<size_t>(index);
  const workload::Task& task = workload_.tasks[task_index];
  tasks_.work_done(index, now);
  core::Ledger work;
  if (const auto streamed = streamed_.extract(index)) work = streamed.mapped();
  count_work(task, work);
  if (task.kind == workload::TaskKind::kDecode) boundaries_.decode(index, work);
  const size_t begun = task.stream.value() > 0 ? 1 : 0;
  for (size_t m = first_message_[task_index] + begun; m < first_message_[task_index + 1]; ++m) {
    if (!workload_.messages[m].branch) send(index, m, now, work);
  }
  work_ += work;
  if (windows_) windows_->spread(work, tasks_.record(index).start, now);
  if (workload::converts(task) && traffic_.overflows(task.tile.index())) {
    stalled_[static_cast<size_t>(task.tile.index())] = index;
  } else {
    leave_tile(index, now);
  }
}

void WorkloadProcess::leave_tile(int32_t task, int64_t now) {
  tasks_.task_done(task, now);
  latency_ = std::max(latency_, now);
}

/// Operations and memory; converters count for themselves.
void WorkloadProcess::count_work(const workload::Task& task, core::Ledger& work) {
  work.add(core::Event::kMac, task.macs);
  work.add(core::Event::kAc, task.acs);
  work.add(core::Event::kLifUpdate, task.lif_updates);
  work.add(core::Event::kWeightReadBits, task.weight_read_bits);
  work.add(core::Event::kStateReadBits, task.state_read_bits);
  work.add(core::Event::kStateWriteBits, task.state_write_bits);
}

Pulse WorkloadProcess::count() const {
  return {.moves = traffic_.counts().flits_in,
          .under_way = traffic_.flits_under_way(),
          .open = tasks_.unfinished()};
}

NetworkRecord WorkloadProcess::network() const {
  NetworkRecord record = network_record(*this);
  record.counts = traffic_.counts();
  record.latency = latency_;
  return record;
}

RunRecord WorkloadProcess::record() const {
  RunRecord record;
  record.network = network();
  record.times = traffic_.times();
  record.tasks = tasks_.records();
  for (size_t b = 0; b < workload_.boundaries.size(); ++b) {
    record.boundaries.push_back(emio().boundary_use(static_cast<int>(b)));
    record.totals.push_back(boundaries_.totals(b));
  }
  record.work = work_;
  if (windows_) record.windows = windows_->record(network_ledger(record.network, lowered()));
  record.shapes = messages_.shapes();
  return record;
}

}  // namespace ranvier::sim
