#pragma once
// summary.json of a run, read strictly and shown as a table.

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>

namespace ranvier::app {

/// Errors: UserError (key "summary.json") when it is missing, malformed or of another schema.
nlohmann::ordered_json read_summary(const std::filesystem::path& run_directory);

/// One row per variant: accuracy, boundary traffic, latency and energy under every preset.
std::string summary_table(const nlohmann::ordered_json& summary);

/// What networks score with what lossy links leave of their values, beside the same without loss:
/// one row per variant and preset that was scored. Empty when none was.
std::string loss_table(const nlohmann::ordered_json& summary);

/// How many times better every spiking variant is than each baseline: one column per preset and
/// quantity; below 1 it is worse.
std::string ratio_table(const nlohmann::ordered_json& summary);

}  // namespace ranvier::app
