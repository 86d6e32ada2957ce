#include "ranvier/sweep/spread.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

namespace ranvier::sweep {

Spread spread_of(std::span<const double> values) {
  RANVIER_CONTRACT(!values.empty(), "a spread has numbers");
  const auto n = static_cast<double>(values.size());
  Spread spread{.count = values.size(),
                .mean = std::accumulate(values.begin(), values.end(), 0.0) / n,
                .least = *std::ranges::min_element(values),
                .most = *std::ranges::max_element(values)};
  if (spread.least == spread.most) {  // a sum of equal numbers need not be their multiple
    spread.mean = spread.least;
    return spread;
  }
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(squares / (n - 1));
  return spread;
}

size_t axis_of(const ResultTable& table, const std::string& axis) {
  std::vector<std::string> keys;
  for (const auto& each : table.axes) keys.push_back(each.key);
  const auto found = std::ranges::find(keys, axis);
  if (found == keys.end()) refuse_name("--over", axis, keys);
  return static_cast<size_t>(found - keys.begin());
}

std::vector<SpreadRow> spread_over(const ResultTable& table, const std::string& axis) {
  const auto dropped = static_cast<std::ptrdiff_t>(axis_of(table, axis));
  std::vector<SpreadRow> rows;
  std::vector<std::vector<std::vector<double>>> values;  // [row][column]
  std::map<std::tuple<std::vector<std::string>, std::string, std::string>, size_t> known;
  for (const auto& row : table.rows) {
    if (row.values.empty()) continue;
    std::vector<std::string> settings = row.settings;
    settings.erase(settings.begin() + dropped);
    const auto [at, is_new] =
        known.try_emplace(std::tuple(settings, row.variant, row.preset), rows.size());
    if (is_new) {
      rows.push_back({std::move(settings), row.variant, row.preset, {}});
      values.emplace_back(row.values.size());
    }
    for (size_t c = 0; c < row.values.size(); ++c) values[at->second][c].push_back(row.values[c]);
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    for (const auto& column : values[r]) rows[r].columns.push_back(spread_of(column));
  }
  return rows;
}

}  // namespace ranvier::sweep
