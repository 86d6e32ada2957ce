#pragma once
// What was run, with what, on what: enough to run it again and to know when something differs.

#include "ranvier/sweep/experiment.hpp"

#include <filesystem>
#include <string>

namespace ranvier::sweep {

/// provenance.json. `command` is what repeats the run. Durations are facts about this machine,
/// never results.
std::string provenance_json(const Experiment& experiment,
                            const std::filesystem::path& run_directory, const std::string& command,
                            const std::string& build);

}  // namespace ranvier::sweep
