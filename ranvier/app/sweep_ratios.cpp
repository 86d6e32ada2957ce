#include "ranvier/app/sweep_ratios.hpp"

#include "ranvier/app/cli.hpp"
#include "ranvier/app/table.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace ranvier::app {
namespace {

using Json = nlohmann::ordered_json;

size_t column_of(const sweep::ResultTable& table, const char* name) {
  for (size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].name == name) return c;
  }
  throw core::ContractViolation("every table has latency and energy");
}

void require_variant(const sweep::ResultTable& table, const std::string& wanted) {
  std::set<std::string> names;
  for (const auto& row : table.rows) {
    if (!row.variant.empty()) names.insert(row.variant);
  }
  if (names.contains(wanted)) return;
  const std::vector<std::string> all(names.begin(), names.end());
  const std::string near = core::nearest_name(wanted, all);
  refuse_flag("--against", wanted, fmt::format("one of {}", fmt::join(all, ", ")),
              near.empty() ? "" : "Did you mean " + near + "?");
}

}  // namespace

std::vector<SweepRatio> sweep_ratios(const sweep::ResultTable& table, const std::string& baseline) {
  require_variant(table, baseline);
  std::map<std::pair<int64_t, std::string>, const sweep::TableRow*> baselines;
  for (const auto& row : table.rows) {
    if (row.variant == baseline) baselines[{row.position, row.preset}] = &row;
  }
  const size_t latency = column_of(table, "latency_us");
  const size_t energy = column_of(table, "energy_uj");
  std::vector<SweepRatio> ratios;
  for (const auto& row : table.rows) {
    const auto at = baselines.find({row.position, row.preset});
    if (row.values.empty() || row.variant == baseline || at == baselines.end()) continue;
    ratios.push_back({.row = &row,
                      .baseline = at->second,
                      .latency = at->second->values[latency] / row.values[latency],
                      .energy = at->second->values[energy] / row.values[energy]});
  }
  return ratios;
}

std::string ratio_text(const sweep::ResultTable& table, const std::string& baseline) {
  std::vector<std::vector<std::string>> lines{{"point"}};
  for (const auto& axis : table.axes) lines.front().push_back(axis.key);
  for (const char* name : {"variant", "preset", "x latency", "x energy"}) {
    lines.front().emplace_back(name);
  }
  for (const auto& ratio : sweep_ratios(table, baseline)) {
    std::vector<std::string> line{fmt::format("{}", ratio.row->position)};
    line.insert(line.end(), ratio.row->settings.begin(), ratio.row->settings.end());
    line.insert(line.end(),
                {ratio.row->variant, ratio.row->preset, fmt::format("{:.2f}", ratio.latency),
                 fmt::format("{:.2f}", ratio.energy)});
    lines.push_back(std::move(line));
  }
  return text_table(lines) +
         fmt::format("\nx: {} / variant, above 1 the variant is better ({}, activity {})\n",
                     baseline, table.fidelity, table.assumed ? "assumed" : "measured");
}

Json ratio_json(const sweep::ResultTable& table, const std::string& baseline) {
  Json all = Json::array();
  for (const auto& ratio : sweep_ratios(table, baseline)) {
    Json settings = Json::object();
    for (size_t a = 0; a < table.axes.size(); ++a) {
      settings[table.axes[a].key] = ratio.row->settings[a];
    }
    all.push_back({{"point", ratio.row->position},
                   {"settings", settings},
                   {"variant", ratio.row->variant},
                   {"preset", ratio.row->preset},
                   {"latency", ratio.latency},
                   {"energy", ratio.energy}});
  }
  return all;
}

}  // namespace ranvier::app
