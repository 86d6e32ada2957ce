#pragma once
// Walks back from the last task to time 0 and says what each cycle on the way was spent on.

#include "ranvier/sim/machine.hpp"
#include "ranvier/sim/simulator.hpp"

namespace ranvier::sim {

/// Of a machine that has run. The five parts add up to its latency. Source:
/// docs/models/simulation.md.
Breakdown critical_path(const Machine& machine);

}  // namespace ranvier::sim
