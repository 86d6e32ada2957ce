#pragma once
// From the counters of a finished run to its tables and its ledger, and the audit that they agree.

#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/run_record.hpp"
#include "ranvier/sim/simulator.hpp"

#include <cstdint>

namespace ranvier::sim {

/// Errors: RunError naming the two counts when something was lost, doubled or kept.
void audit(const NetworkRecord& network, const Lowered& lowered);

/// Links, mesh links and routers.
void fill_network(const NetworkRecord& network, const Lowered& lowered, Result& result);
MessageTimes message_times(const Traffic::Times& times);
void fill_boundaries(const RunRecord& record, const workload::Workload& workload, Result& result);

/// Events of routers, interfaces and die edges; idle capacity of links that were used.
core::Ledger network_ledger(const NetworkRecord& network, const Lowered& lowered);
/// The same and all work of the tasks.
core::Ledger full_ledger(const RunRecord& record, const Lowered& lowered, int64_t tiles);

}  // namespace ranvier::sim
