#pragma once
// The files of a run directory, written in an order in which nothing half-done looks like a result.

#include "ranvier/ir/link_loss.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ranvier::app {

/// config.resolved.yaml and one presets/<name>.resolved.yaml each.
void write_configuration(const sweep::Experiment& experiment,
                         const std::filesystem::path& directory);

/// Tables, ledger, details, provenance, report.html; summary.json last. `losses`: what networks
/// scored whose links lose values.
void write_results(const sweep::Experiment& experiment, const sweep::ExperimentResult& result,
                   const std::vector<ir::LossScore>& losses, const std::filesystem::path& directory,
                   const std::string& command);

/// "ranvier 0.1.0, GNU 12.2.0, Release"
std::string program_text();

/// Removes what an earlier run may have left, so that an interrupted one cannot pass for finished.
void remove_results(const std::filesystem::path& directory);

}  // namespace ranvier::app
