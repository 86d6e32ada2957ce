#include "ranvier/sim/machine.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ranvier::sim {
namespace {

constexpr int64_t kInterruptPeriod = 4096;  // cycles that are run between two looks at the flag

}  // namespace

Machine::Machine(const workload::Workload& workload, const arch::PackageSpec& package,
                 const Options& options, RoutingFunction routing)
    : workload_(workload),
      options_(options),
      lowered_(lower(package)),
      errors_(link_errors(lowered_, options.error_seed, options.faults)),
      mesh_(lowered_, routing),
      emio_(lowered_, errors_, packets_, mesh_, workload.boundaries.size()),
      boundaries_(workload, package, errors_),
      messages_(workload, boundaries_, options.record_messages),
      traffic_(message_ends(workload, lowered_), messages_, lowered_, packets_, mesh_, events_),
      tasks_(workload, static_cast<size_t>(lowered_.routers()), events_),
      first_message_(workload::first_messages(workload)),
      stalled_(static_cast<size_t>(lowered_.routers()), -1),
      order_(options.order_seed),
      watchdog_(options.watchdog_cycles) {
  if (options.window.value() > 0) windows_.emplace(options.window);
  mesh_.connect(traffic_, emio_);
}

void Machine::run() {
  core::Rng* const order = options_.order_seed != 0 ? &order_ : nullptr;
  int64_t steps = 0;
  for (int64_t now = 0; now != kNever;) {
    if (windows_ && windows_->due(now)) windows_->snapshot(network_ledger(network()), now);
    run_events(now);
    emio_.step(now);
    traffic_.step(now, order);
    mesh_.step(now, order);
    watch(now);
    if (++steps % kInterruptPeriod == 0) core::check_interrupt("the simulation was not finished");
    const int64_t next = std::min({events_.next_cycle(), emio_.next_cycle(),
                                   traffic_.next_after(now), mesh_.next_after(now)});
    if (next == kNever && (traffic_.under_way() || tasks_.unfinished() > 0)) report_deadlock(now);
    now = next;
  }
}

/// All events of the cycle, and what they start that ends in the same cycle.
void Machine::run_events(int64_t now) {
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

void Machine::send(int32_t task, size_t message, int64_t now, core::Ledger& work) {
  const workload::Task& source = workload_.tasks[static_cast<size_t>(task)];
  const workload::Message& spec = workload_.messages[message];
  if (spec.kind == workload::MessageKind::kBoundary) boundaries_.encode(source, spec, work);
  const bool first = message == first_message_[static_cast<size_t>(task)];
  traffic_.offer(static_cast<int32_t>(message), now, first ? source.stream.value() : 0);
}

/// The first message begins while the task still works.
void Machine::start_output(int32_t task, int64_t now) {
  const auto index = static_cast<size_t>(task);
  if (first_message_[index] == first_message_[index + 1]) return;
  send(task, first_message_[index], now, streamed_[task]);
}

void Machine::finish(int32_t index, int64_t now) {
  const auto task_index = static_cast<size_t>(index);
  const workload::Task& task = workload_.tasks[task_index];
  tasks_.work_done(index, now);
  core::Ledger work;
  if (const auto streamed = streamed_.extract(index)) work = streamed.mapped();
  count_work(task, work);
  if (task.kind == workload::TaskKind::kDecode) boundaries_.decode(task, work);
  const size_t begun = task.stream.value() > 0 ? 1 : 0;
  for (size_t m = first_message_[task_index] + begun; m < first_message_[task_index + 1]; ++m) {
    send(index, m, now, work);
  }
  work_ += work;
  if (windows_) windows_->spread(work, tasks_.record(index).start, now);
  if (workload::converts(task) && traffic_.overflows(task.tile.index())) {
    stalled_[static_cast<size_t>(task.tile.index())] = index;
  } else {
    leave_tile(index, now);
  }
}

void Machine::leave_tile(int32_t task, int64_t now) {
  tasks_.task_done(task, now);
  latency_ = std::max(latency_, now);
}

/// Operations and memory; converters count for themselves.
void Machine::count_work(const workload::Task& task, core::Ledger& work) {
  work.add(core::Event::kMac, task.macs);
  work.add(core::Event::kAc, task.acs);
  work.add(core::Event::kLifUpdate, task.lif_updates);
  work.add(core::Event::kWeightReadBits, task.weight_read_bits);
  work.add(core::Event::kStateReadBits, task.state_read_bits);
  work.add(core::Event::kStateWriteBits, task.state_write_bits);
}

void Machine::watch(int64_t now) {
  const int64_t moves = traffic_.counts().flits_in + mesh_.moves() + emio_.moves();
  if (watchdog_.is_stuck(moves, traffic_.under_way(), now)) report_deadlock(now);
}

void Machine::report_deadlock(int64_t now) const {
  const auto& counts = traffic_.counts();
  const std::string cycle = mesh_.waiting_cycle();
  throw core::RunError(fmt::format(
      "deadlock in cycle {}: {} flits under way, {} tasks unfinished, none can move; {}", now,
      counts.flits_in - counts.flits_out, tasks_.unfinished(),
      cycle.empty() ? "no cycle of waiting channels" : "waiting channels: " + cycle));
}

}  // namespace ranvier::sim
