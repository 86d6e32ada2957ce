#pragma once
// Synthetic traffic as a message trace, for other simulators and for replays on other hardware.

#include "ranvier/sim/noc.hpp"
#include "ranvier/workload/trace.hpp"

#include <cstdint>

namespace ranvier::sim {

/// Every packet that simulate_noc(spec) creates before `cycle`: one message each, in order of time,
/// then of tile. The load does not depend on the network, so nothing is simulated. Pass
/// NocResult::simulated_cycles for a whole run. Errors: UserError as simulate_noc; memory
/// O(result).
workload::Trace trace_of(const NocSpec& spec, int64_t cycle);

}  // namespace ranvier::sim
