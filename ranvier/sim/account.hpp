#pragma once
// From the counters of a finished run to its tables and its ledger, and the audit that they agree.

#include "ranvier/sim/machine.hpp"
#include "ranvier/sim/simulator.hpp"

namespace ranvier::sim {

/// Errors: RunError naming the two counts when something was lost, doubled or kept.
void audit(const Machine& machine);

void fill_tables(const Machine& machine, Result& result);

/// Needs the tables.
core::Ledger fill_ledger(const Machine& machine, const Result& result);

}  // namespace ranvier::sim
