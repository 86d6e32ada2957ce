#pragma once
// What every variant of a sweep gains over one of them, point by point.

#include "ranvier/sweep/result_table.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace ranvier::app {

/// baseline / variant at one point under one preset: above 1 the variant is better.
struct SweepRatio {
  const sweep::TableRow* row = nullptr;
  const sweep::TableRow* baseline = nullptr;
  double latency = 0;
  double energy = 0;
};

/// Every row but those of the baseline, in order of the table; rows of points at which the baseline
/// has no result are left out.
/// Errors: UserError (key --against) for a baseline that the table has not.
std::vector<SweepRatio> sweep_ratios(const sweep::ResultTable& table, const std::string& baseline);

/// A line for each.
std::string ratio_text(const sweep::ResultTable& table, const std::string& baseline);

/// [{"point", "settings": {key: text}, "variant", "preset", "latency", "energy"}]
nlohmann::ordered_json ratio_json(const sweep::ResultTable& table, const std::string& baseline);

}  // namespace ranvier::app
