#include "ranvier/app/sweep_spread.hpp"

#include "ranvier/app/sweep_ratios.hpp"
#include "ranvier/app/table.hpp"
#include "ranvier/sweep/spread.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace ranvier::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kMetric = "metric_deployed";

/// The rows that a baseline stands beside, in differences and ratios.
sweep::ResultTable gains(const sweep::ResultTable& table, const std::string& baseline) {
  sweep::ResultTable against = table;
  against.columns = {{.name = "x_latency", .doc = {}}, {.name = "x_energy", .doc = {}}};
  against.rows.clear();
  const auto metric = std::ranges::find(table.columns, kMetric, &sweep::Column::name);
  if (metric != table.columns.end()) {
    against.columns.push_back({.name = std::string("change_of_") + kMetric, .doc = {}});
  }
  for (const auto& ratio : sweep_ratios(table, baseline)) {
    sweep::TableRow row = *ratio.row;
    row.values = {ratio.latency, ratio.energy};
    if (metric != table.columns.end()) {
      const auto at = static_cast<size_t>(metric - table.columns.begin());
      row.values.push_back(ratio.row->values[at] - ratio.baseline->values[at]);
    }
    against.rows.push_back(std::move(row));
  }
  return against;
}

sweep::ResultTable viewed(const sweep::ResultTable& table, const SpreadView& view) {
  return view.baseline.empty() ? table : gains(table, view.baseline);
}

/// Columns that people ask for.
std::vector<size_t> spread_columns(const sweep::ResultTable& table) {
  constexpr std::array kShown = {"change_of_metric_deployed",
                                 kMetric,
                                 "events_per_neuron",
                                 "bits_per_activation",
                                 "latency_us",
                                 "energy_uj",
                                 "x_latency",
                                 "x_energy"};
  std::vector<size_t> shown;
  for (const char* name : kShown) {
    const auto column = std::ranges::find(table.columns, name, &sweep::Column::name);
    if (column == table.columns.end()) continue;
    shown.push_back(static_cast<size_t>(column - table.columns.begin()));
  }
  return shown;
}

/// As many digits as the deviation has to say: two of it.
std::string with_deviation(const sweep::Spread& spread) {
  if (spread.count < 2 || spread.deviation == 0) return short_number(spread.mean);
  const int digits =
      std::clamp(1 - static_cast<int>(std::floor(std::log10(spread.deviation))), 0, 6);
  return fmt::format("{:.{}f} +- {:.{}f}", spread.mean, digits, spread.deviation, digits);
}

}  // namespace

std::string spread_text(const sweep::ResultTable& table, const SpreadView& view) {
  const sweep::ResultTable seen = viewed(table, view);
  const size_t dropped = sweep::axis_of(seen, view.axis);
  const auto shown = spread_columns(seen);
  std::vector<std::vector<std::string>> lines(1);
  auto& header = lines.front();
  for (size_t a = 0; a < seen.axes.size(); ++a) {
    if (a != dropped) header.push_back(seen.axes[a].key);
  }
  header.insert(header.end(), {"variant", "preset", "results"});
  for (const size_t c : shown) header.push_back(seen.columns[c].name);
  for (const auto& row : sweep::spread_over(seen, view.axis)) {
    std::vector<std::string> line = row.settings;
    line.insert(line.end(),
                {row.variant, row.preset, fmt::format("{}", row.columns.front().count)});
    for (const size_t c : shown) line.push_back(with_deviation(row.columns[c]));
    lines.push_back(std::move(line));
  }
  std::string text = text_table(lines);
  text += fmt::format("\nmean +- deviation of a sample over {} ({}, activity {})\n", view.axis,
                      table.fidelity, table.assumed ? "assumed" : "measured");
  if (!view.baseline.empty()) {
    text += fmt::format("x: {} / variant, above 1 the variant is better; change: variant - {}\n",
                        view.baseline, view.baseline);
  }
  return text;
}

Json spread_json(const sweep::ResultTable& table, const SpreadView& view) {
  const sweep::ResultTable seen = viewed(table, view);
  const size_t dropped = sweep::axis_of(seen, view.axis);
  Json all = Json::array();
  for (const auto& row : sweep::spread_over(seen, view.axis)) {
    Json settings = Json::object();
    for (size_t a = 0, other = 0; a < seen.axes.size(); ++a) {
      if (a != dropped) settings[seen.axes[a].key] = row.settings[other++];
    }
    Json item = {{"settings", settings},
                 {"variant", row.variant},
                 {"preset", row.preset},
                 {"results", row.columns.front().count}};
    for (size_t c = 0; c < row.columns.size(); ++c) {
      const sweep::Spread& spread = row.columns[c];
      item[seen.columns[c].name] = {{"mean", spread.mean},
                                    {"deviation", spread.deviation},
                                    {"least", spread.least},
                                    {"most", spread.most}};
    }
    all.push_back(std::move(item));
  }
  return all;
}

}  // namespace ranvier::app
