#pragma once
// What every rank but the first does in a sweep.

#include "ranvier/core/mail.hpp"
#include "ranvier/sweep/runner.hpp"

namespace ranvier::sweep {

/// Measures on options.jobs threads what rank 0 hands out, until rank 0 ends the sweep. The files
/// that `spec` names must be those of rank 0. Errors: the one with which rank 0 ended the sweep;
/// one of this rank is told to rank 0, which ends the sweep with it.
void work_for_rank_zero(const SweepSpec& spec, const SweepOptions& options, core::Mail& mail);

}  // namespace ranvier::sweep
