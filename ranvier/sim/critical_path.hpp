#pragma once
// Walks back from the last task to time 0 and says what each cycle on the way was spent on.

#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/run_record.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/workload/workload.hpp"

namespace ranvier::sim {

/// Of a finished run, from the task that ended last; of several the one with the highest index. The
/// five parts add up to the latency. Source: docs/models/simulation.md.
Breakdown critical_path(const RunRecord& record, const workload::Workload& workload,
                        const Lowered& lowered);

}  // namespace ranvier::sim
