#include "ranvier/sim/simulator.hpp"

#include "ranvier/sim/account.hpp"
#include "ranvier/sim/critical_path.hpp"
#include "ranvier/sim/event_windows.hpp"
#include "ranvier/sim/machine.hpp"

namespace ranvier::sim {

namespace {

void record_messages(const Machine& machine, size_t count, Result& result) {
  for (size_t m = 0; m < count; ++m) {
    result.messages.push_back(message_times(machine.traffic(), m));
    result.shapes.push_back(machine.messages().shape(m));
  }
}

void record_tasks(const Machine& machine, size_t count, Result& result) {
  for (size_t t = 0; t < count; ++t) {
    const auto& record = machine.tasks().record(static_cast<int32_t>(t));
    result.tasks.push_back({core::Cycles(record.start), core::Cycles(record.end)});
  }
}

}  // namespace

Result simulate(const workload::Workload& workload, const arch::PackageSpec& package,
                const Options& options) {
  workload::check(workload, package);
  Machine machine(workload, package, options);
  if (const auto state = read_state(options.checkpoint)) machine.restore(*state);
  machine.run();
  if (!options.checkpoint.file.empty()) write_state(options.checkpoint, machine.state());
  audit(machine.network());
  Result result;
  result.latency = core::Cycles(machine.latency());
  fill_network(machine.network(), result);
  fill_boundaries(machine, result);
  result.ledger = fill_ledger(machine);
  if (machine.windows() != nullptr) result.windows = machine.windows()->finish(machine);
  result.critical_path = critical_path(machine);
  if (options.record_messages) record_messages(machine, workload.messages.size(), result);
  if (options.record_tasks) record_tasks(machine, workload.tasks.size(), result);
  return result;
}

}  // namespace ranvier::sim
