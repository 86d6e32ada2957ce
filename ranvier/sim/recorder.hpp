#pragma once
// A simulated inference as a message trace.

#include "ranvier/arch/package.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/workload/trace.hpp"
#include "ranvier/workload/workload.hpp"

namespace ranvier::sim {

/// Every message with the messages its source task waited for. Ids are indices into
/// Workload::messages; the order is that of injection. A delay is what passed between the last
/// arrival and the offering: waiting for the tile, then the service.
/// `result` must come from a simulation of `workload` on `package` that recorded messages.
/// Cost: O(messages x dependencies).
workload::Trace trace_of(const workload::Workload& workload, const arch::PackageSpec& package,
                         const Result& result);

}  // namespace ranvier::sim
