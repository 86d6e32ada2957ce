#include "ranvier/sim/machine.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"
#include "ranvier/sim/mesh_state.hpp"
#include "ranvier/sim/state_archive.hpp"

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
      mesh_(lowered_, routing),
      emio_(lowered_, packets_, mesh_, events_, workload.boundaries.size()),
      boundaries_(workload, package),
      messages_(workload, boundaries_, options.record_messages),
      traffic_(message_ends(workload, lowered_), messages_, lowered_, packets_, mesh_, events_),
      tasks_(workload, static_cast<size_t>(lowered_.routers()), events_),
      first_message_(workload::first_messages(workload)),
      order_(options.order_seed),
      watchdog_(options.watchdog_cycles) {
  if (options.window.value() > 0) windows_.emplace(options.window);
  mesh_.connect(traffic_, emio_);
}

void Machine::run(int64_t limit) {
  core::Rng* const order = options_.order_seed != 0 ? &order_ : nullptr;
  CheckpointClock clock(options_.checkpoint);
  int64_t steps = 0;
  while (now_ < limit) {
    const int64_t now = now_;
    if (windows_ && windows_->due(now)) windows_->snapshot(network_ledger(network()), now);
    run_events(now);
    traffic_.step(now, order);
    mesh_.step(now, order);
    watch(now);
    const int64_t next =
        std::min({events_.next_cycle(), traffic_.next_after(now), mesh_.next_after(now)});
    if (next == kNever && (traffic_.under_way() || tasks_.unfinished() > 0)) report_deadlock(now);
    now_ = next;
    if (++steps % kInterruptPeriod != 0) continue;
    const bool last_chance = !options_.checkpoint.file.empty() && core::interrupt_requested();
    if (clock.due() || last_chance) write_state(options_.checkpoint, state());
    core::check_interrupt("the simulation was not finished");
  }
}

template <class Archive>
void Machine::persist(Archive& archive) {
  archive(events_, packets_);
  sim::persist(archive, mesh_);
  archive(emio_, boundaries_, messages_, traffic_, tasks_, work_);
  if (windows_) archive(*windows_);
  archive(order_, latency_, now_, watchdog_);
}

std::string Machine::state() {
  StateWriter writer;
  persist(writer);
  return writer.bytes();
}

void Machine::restore(std::string_view state) {
  StateReader reader(state);
  persist(reader);
  RANVIER_CONTRACT(reader.at_end(), "a state holds the members of the machine and no more");
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
        case EventKind::kSide:
          emio_.act(event.id, now);
          break;
      }
    }
    tasks_.start_ready(now);
  } while (events_.next_cycle() == now);
}

void Machine::finish(int32_t index, int64_t now) {
  const auto task_index = static_cast<size_t>(index);
  const workload::Task& task = workload_.tasks[task_index];
  tasks_.task_done(index, now);
  latency_ = std::max(latency_, now);
  core::Ledger work;
  count_work(task, work);
  if (task.kind == workload::TaskKind::kDecode) boundaries_.decode(task, work);
  for (size_t m = first_message_[task_index]; m < first_message_[task_index + 1]; ++m) {
    const workload::Message& message = workload_.messages[m];
    if (message.kind == workload::MessageKind::kBoundary) boundaries_.encode(task, message, work);
    traffic_.offer(static_cast<int32_t>(m), now);
  }
  work_ += work;
  if (windows_) windows_->spread(work, tasks_.record(index).start, now);
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
