#include "ranvier/sim/simulator.hpp"

#include "ranvier/sim/account.hpp"
#include "ranvier/sim/critical_path.hpp"
#include "ranvier/sim/machine.hpp"

namespace ranvier::sim {

Result simulate(const workload::Workload& workload, const arch::PackageSpec& package,
                const Options& options) {
  workload::check(workload, package);
  Machine machine(workload, package, options);
  machine.run();
  audit(machine);
  Result result;
  result.latency = core::Cycles(machine.latency());
  fill_tables(machine, result);
  result.ledger = fill_ledger(machine, result);
  result.critical_path = critical_path(machine);
  if (options.record_messages) {
    for (size_t m = 0; m < workload.messages.size(); ++m) {
      const auto& times = machine.traffic().times(static_cast<int32_t>(m));
      result.messages.push_back({core::Cycles(times.offered), core::Cycles(times.injected),
                                 core::Cycles(times.delivered)});
    }
  }
  return result;
}

}  // namespace ranvier::sim
