#pragma once
// What the report draws, gathered from the results of an experiment.

#include "ranvier/report/details.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <string>

namespace ranvier::app {

/// Includes the break-even links, which need the analytic model once per pair and rate. Cost:
/// seconds.
report::Details gather_details(const sweep::Experiment& experiment,
                               const sweep::ExperimentResult& result, const std::string& command);

}  // namespace ranvier::app
