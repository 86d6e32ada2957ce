#pragma once
// Runs a message trace on the network of a package: no tasks, no values, sizes and dependencies
// only.

#include "ranvier/arch/package.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/workload/trace.hpp"

namespace ranvier::sim {

/// Offers a message without dependencies at its time, another one its delay after the last of its
/// dependencies has arrived, whatever its time. Latency: to the last delivery. Result::messages is
/// always filled, in the order of the trace; the ledger counts the network only.
/// Errors: UserError for a tile off the package; RunError for flits lost or out of order and for
/// deadlock; Interrupted. Cost: O(flit-hops + dependencies + messages log messages).
/// Source: docs/models/trace.md.
Result replay(const workload::Trace& trace, const arch::PackageSpec& package,
              const Options& options = {});

}  // namespace ranvier::sim
