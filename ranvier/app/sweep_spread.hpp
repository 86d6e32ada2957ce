#pragma once
// How far the results of a sweep move along one of its axes.

#include "ranvier/sweep/result_table.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace ranvier::app {

/// What `--over axis` shows, and with `--against baseline`: differences of the metric and ratios of
/// latency and energy at the same point in the place of the results.
struct SpreadView {
  std::string axis;
  std::string baseline;  // empty: results as they are
};

/// Mean +- sample deviation, a line per variant, preset and setting of the other axes.
/// Errors: UserError (keys --over, --against).
std::string spread_text(const sweep::ResultTable& table, const SpreadView& view);

/// [{"settings", "variant", "preset", "results", column: {"mean", "deviation", "least", "most"}}]
nlohmann::ordered_json spread_json(const sweep::ResultTable& table, const SpreadView& view);

}  // namespace ranvier::app
