#pragma once
// Who trains together: the processes that mpirun started, or torchrun.

#include "ranvier/app/cli.hpp"
#include "ranvier/train/launch.hpp"

namespace ranvier::app {

/// Ranks of mpirun learn over MPI where they meet; otherwise the environment says it. Every rank
/// calls it. Errors: UserError naming the variable.
train::Launch launch_of(const Common& common);

}  // namespace ranvier::app
