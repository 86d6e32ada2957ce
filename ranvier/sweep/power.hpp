#pragma once
// Power over time of one inference: windows counted by sim/, priced by cost/.

#include "ranvier/arch/package.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <string>

namespace ranvier::sweep {

/// "1 us" or "200 cycles" as whole core cycles of the package; times are rounded to the nearest.
/// Errors: UserError (--power-window) for another unit and for less than one cycle.
core::Cycles power_window(const std::string& text, const arch::PackageSpec& package);

/// power.csv: per variant, preset and window of the first sample its start and end [us] and the
/// mean power of every part and of all [mW]. Power x length, added up, is the energy of the
/// inference. Needs results with windows; variants without are left out.
std::string power_csv(const Experiment& experiment, const ExperimentResult& result);

}  // namespace ranvier::sweep
