#pragma once
// The table of a sweep -> one HTML file that needs no network.

#include <filesystem>
#include <string>

namespace ranvier::report {

/// Writes the page of a sweep in one step. `table` is JSON as docs/models/sweep.md describes it.
/// Errors: UserError (key "sweep table") when it is malformed; RunError when the page cannot be
/// written.
void write_sweep_page(const std::string& table, const std::string& title,
                      const std::filesystem::path& path);

}  // namespace ranvier::report
