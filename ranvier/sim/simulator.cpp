#include "ranvier/sim/simulator.hpp"

#include "ranvier/sim/account.hpp"
#include "ranvier/sim/critical_path.hpp"
#include "ranvier/sim/event_windows.hpp"
#include "ranvier/sim/machine.hpp"

#include <utility>

namespace ranvier::sim {
namespace {

void add_messages(RunRecord& record, Result& result) {
  for (const Traffic::Times& times : record.times) {
    result.messages.push_back(message_times(times));
  }
  result.shapes = std::move(record.shapes);
}

void add_tasks(const RunRecord& record, Result& result) {
  for (const TaskSchedule::Record& task : record.tasks) {
    result.tasks.push_back({core::Cycles(task.start), core::Cycles(task.end)});
  }
}

}  // namespace

Result simulate(const workload::Workload& workload, const arch::PackageSpec& package,
                const Options& options) {
  workload::check(workload, package);
  Machine machine(workload, package, options);
  machine.run();
  RunRecord record = machine.record();
  const Lowered& lowered = machine.lowered();
  audit(record.network, lowered);
  Result result;
  result.latency = core::Cycles(record.network.latency);
  fill_network(record.network, lowered, result);
  fill_boundaries(record, workload, result);
  result.ledger = full_ledger(record, lowered, workload.tiles_used);
  if (options.window.value() > 0) {
    result.windows = window_uses(record, lowered, options.window.value(), workload.tiles_used);
  }
  result.critical_path = critical_path(record, workload, lowered);
  if (options.record_messages) add_messages(record, result);
  if (options.record_tasks) add_tasks(record, result);
  return result;
}

}  // namespace ranvier::sim
