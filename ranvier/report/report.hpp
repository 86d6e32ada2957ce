#pragma once
// A finished run directory -> report.html, one file that needs no network.

#include <filesystem>

namespace ranvier::report {

/// Reads summary.json, details.json, ledger.json, provenance.json and the four CSV files of
/// `run_dir`, checks that they belong together, and writes `run_dir`/report.html in one step.
/// Errors: UserError naming file and key when something is missing, malformed or inconsistent;
/// RunError when the page cannot be written.
void write_report(const std::filesystem::path& run_dir);

}  // namespace ranvier::report
