#pragma once
// The tornado of report.html, from the results of an experiment.

#include "ranvier/report/details.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <filesystem>
#include <vector>

namespace ranvier::app {

/// What `ranvier breakeven` prints as tornado, one per preset. `directory` holds the
/// config.resolved.yaml of the experiment. Cost: two analytic estimates per variant and ranged
/// hardware constant, with the workloads built once.
std::vector<report::Tornado> gather_tornados(const sweep::Experiment& experiment,
                                             const sweep::ExperimentResult& result,
                                             const std::filesystem::path& directory);

}  // namespace ranvier::app
