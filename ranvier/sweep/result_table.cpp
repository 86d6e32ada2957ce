#include "ranvier/sweep/result_table.hpp"

#include "ranvier/config/quantity_text.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/quantity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace ranvier::sweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kQualities = 2;  // the first columns

std::string fact(sqlite::Database& database, const char* key) {
  sqlite::Statement row = database.prepare("SELECT value FROM sweep WHERE key = ?");
  row.bind(0, std::string_view(key));
  return row.step() ? row.text(0) : std::string();
}

std::vector<Column> all_columns(bool metric_higher) {
  return {{"metric_deployed", "of the deployed integers, on the whole test set", metric_higher},
          {"metric_float", "of the float graph", metric_higher},
          {"events_per_neuron", "over the whole test set"},
          {"bits_per_activation", "every bit on the wire over boundary neurons, b"},
          {"boundary_neurons", "elements that cross dies"},
          {"parameters", "weights of the network"},
          {"chips", "dies with work"},
          {"cores", "cores with work"},
          {"link_gbps", "rate of one direction of a chip side"},
          {"link_pj_per_bit", "price of a link bit"},
          {"latency_us", "of one inference"},
          {"latency_analytic_us", "the same by the closed forms"},
          {"congested", "1 where the closed forms do not trust themselves"},
          {"energy_uj", "of one inference"},
          {"average_watts", "energy over latency"}};
}

/// The unit that a person would write the largest value in.
void choose_unit(const std::string& base, double largest, TableAxis& axis) {
  axis.numeric = true;
  if (base.empty() || largest == 0) {
    axis.unit = base;
    return;
  }
  const std::string text = config::format_quantity(largest, base);
  const size_t space = text.find(' ');
  axis.unit = space == std::string::npos ? base : text.substr(space + 1);
  const auto shown = config::parse_decimal(text.substr(0, space));
  if (!shown || *shown == 0) return;
  // A power of ten, or of two for bytes: exact, so that 0.5 pJ shows as 0.5.
  const double factor = *shown / largest;
  const double power = std::round(std::log10(factor));
  axis.factor =
      std::abs(std::pow(10.0, power) / factor - 1) < 1e-9 ? std::pow(10.0, power) : factor;
}

void read_axes(sqlite::Database& database, ResultTable& table) {
  sqlite::Statement row = database.prepare(
      "SELECT key, unit, log, (SELECT max(abs(number)) FROM settings WHERE axis = a.position), "
      "(SELECT count(*) FROM settings WHERE axis = a.position AND number IS NULL) "
      "FROM axes AS a ORDER BY position");
  while (row.step()) {
    TableAxis axis{.key = row.text(0), .unit = {}, .log = row.integer(2) != 0};
    if (row.integer(4) == 0) choose_unit(row.text(1), row.real(3), axis);
    table.axes.push_back(std::move(axis));
  }
}

struct Settings {
  std::vector<std::string> texts;
  std::vector<std::optional<double>> numbers;
};

std::map<int64_t, Settings> read_settings(sqlite::Database& database, const ResultTable& table) {
  std::map<int64_t, Settings> all;
  sqlite::Statement row =
      database.prepare("SELECT position, axis, text, number FROM settings ORDER BY position, axis");
  while (row.step()) {
    Settings& of = all[row.integer(0)];
    const TableAxis& axis = table.axes.at(static_cast<size_t>(row.integer(1)));
    of.texts.push_back(row.text(2));
    of.numbers.push_back(
        axis.numeric ? std::optional(std::stod(fmt::format("{:.12g}", row.real(3) * axis.factor)))
                     : std::nullopt);
  }
  return all;
}

/// Numbers of the row in order of the columns; energy parts are columns of their own.
std::vector<double> values_of(const sqlite::Statement& row, ResultTable& table) {
  std::vector<double> values;
  for (int column = 7; column < 22; ++column) {
    const bool seconds = column == 17 || column == 18;
    const double value = row.is_null(column) ? kUnknown : row.real(column);
    values.push_back(seconds ? value * core::kMicro : value);
  }
  const Json parts = Json::parse(row.text(22));
  const bool first = table.columns.size() == values.size();
  for (const auto& [part, energy] : parts.items()) {
    if (first) table.columns.push_back({part + "_uj", "part of the energy"});
    values.push_back(energy.get<double>());
  }
  return values;
}

void read_rows(sqlite::Database& database, ResultTable& table) {
  const auto settings = read_settings(database, table);
  sqlite::Statement row = database.prepare(
      "SELECT plan.position, plan.point, coalesce(points.state, 'open'), "
      "coalesce(points.message, ''), r.variant, r.preset, s.wire_format, "
      "r.metric_deployed, r.metric_float, r.events_per_neuron, s.bits_per_activation, "
      "r.boundary_neurons, r.parameters, s.chips, s.cores, r.link_gbps, r.link_pj_per_bit, "
      "s.latency_s, s.latency_analytic_s, s.congested, r.energy_uj, r.average_watts, "
      "r.energy_parts_uj, coalesce(points.source, '') "
      "FROM plan LEFT JOIN points ON points.hash = plan.point "
      "LEFT JOIN results AS r ON r.point = plan.point "
      "LEFT JOIN simulations AS s ON s.hash = r.simulation "
      "ORDER BY plan.position, r.variant, r.preset");
  while (row.step()) {
    const Settings& of = settings.at(row.integer(0));
    TableRow next{.position = row.integer(0),
                  .point = row.text(1),
                  .source = row.text(23),
                  .state = row.text(2),
                  .message = row.text(3),
                  .settings = of.texts,
                  .numbers = of.numbers,
                  .variant = row.text(4),
                  .preset = row.text(5),
                  .wire = row.text(6),
                  .values = {}};
    if (!row.is_null(4)) next.values = values_of(row, table);
    table.rows.push_back(std::move(next));
  }
}

/// A network without weights has no quality: its columns are not there, rather than empty.
void drop_unknown_quality(ResultTable& table) {
  table.assumed = std::ranges::any_of(table.rows, [](const auto& row) {
    return !row.values.empty() && std::isnan(row.values.front());
  });
  if (!table.assumed) return;
  table.columns.erase(table.columns.begin(), table.columns.begin() + kQualities);
  for (auto& row : table.rows) {
    if (row.values.empty()) continue;
    row.values.erase(row.values.begin(), row.values.begin() + kQualities);
  }
}

void read_links(sqlite::Database& database, ResultTable& table) {
  sqlite::Statement row = database.prepare(
      "SELECT source, variant, preset, gbps, simulation, latency_us, fixed_uj, link_bits FROM "
      "links "
      "ORDER BY source, preset, variant, gbps");
  while (row.step()) {
    table.links.push_back({.source = row.text(0),
                           .variant = row.text(1),
                           .preset = row.text(2),
                           .gbps = row.real(3),
                           .simulation = row.text(4),
                           .latency_us = row.real(5),
                           .fixed_uj = row.real(6),
                           .link_bits = row.real(7)});
  }
}

size_t column_of(const ResultTable& table, const std::string& name, const char* flag) {
  std::vector<std::string> names;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].name == name) return c;
    names.push_back(table.columns[c].name);
  }
  refuse_name(flag, name, names);
}

const char* activity_of(const ResultTable& table) { return table.assumed ? "assumed" : "measured"; }

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace

void refuse_name(const char* flag, const std::string& name, const std::vector<std::string>& names) {
  const std::string near = core::nearest_name(name, names);
  throw core::UserError({.key = flag,
                         .given = name,
                         .allowed = fmt::format("one of {}", fmt::join(names, ", ")),
                         .place = {},
                         .hint = near.empty() ? "" : "Did you mean " + near + "?"});
}

ResultTable read_table(Store& store) {
  sqlite::Database& database = store.database();
  ResultTable table{.name = fact(database, "name"),
                    .base = fact(database, "base"),
                    .fidelity = fact(database, "fidelity"),
                    .metric = fact(database, "metric"),
                    .x = fact(database, "pareto.x"),
                    .y = fact(database, "pareto.y"),
                    .file = fact(database, "file"),
                    .axes = {},
                    .columns = {},
                    .rows = {},
                    .links = {}};
  if (table.metric.empty()) table.metric = "accuracy_percent";
  table.columns = all_columns(table.metric == "accuracy_percent");
  read_axes(database, table);
  read_rows(database, table);
  drop_unknown_quality(table);
  read_links(database, table);
  return table;
}

void mark_front(ResultTable& table, const std::string& x, const std::string& y) {
  const size_t cx = column_of(table, x, "--x");
  const size_t cy = column_of(table, y, "--y");
  table.x = x;
  table.y = y;
  const auto cost = [&](const TableRow& row, size_t column) {
    return table.columns[column].higher ? -row.values[column] : row.values[column];
  };
  std::map<std::string, std::vector<TableRow*>> by_preset;
  for (auto& row : table.rows) {
    row.front = false;
    if (!row.values.empty()) by_preset[row.preset].push_back(&row);
  }
  for (auto& [preset, rows] : by_preset) {
    std::ranges::stable_sort(rows, [&](const TableRow* a, const TableRow* b) {
      return std::pair(cost(*a, cx), cost(*a, cy)) < std::pair(cost(*b, cx), cost(*b, cy));
    });
    const TableRow* last = nullptr;
    for (TableRow* row : rows) {
      const bool better = last == nullptr || cost(*row, cy) < cost(*last, cy);
      const bool equal =
          last != nullptr && cost(*row, cx) == cost(*last, cx) && cost(*row, cy) == cost(*last, cy);
      row->front = better || equal;
      if (better) last = row;
    }
  }
}

std::string to_csv(const ResultTable& table) {
  std::string csv = "position,point,state";
  for (const auto& axis : table.axes) csv += "," + quoted(axis.key);
  csv += ",variant,preset,wire_format,activity";
  for (const auto& column : table.columns) csv += "," + column.name;
  csv += ",on_front,message\n";
  for (const auto& row : table.rows) {
    csv += fmt::format("{},{},{}", row.position, row.point, row.state);
    for (const auto& text : row.settings) csv += "," + quoted(text);
    csv += fmt::format(",{},{},{},{}", row.variant, row.preset, quoted(row.wire),
                       row.values.empty() ? "" : activity_of(table));
    for (size_t c = 0; c < table.columns.size(); ++c) {
      csv += row.values.empty() ? "," : fmt::format(",{}", row.values[c]);
    }
    csv += fmt::format(",{},{}\n", row.values.empty() ? "" : (row.front ? "1" : "0"),
                       quoted(row.message));
  }
  return csv;
}

std::string links_to_csv(const ResultTable& table) {
  std::string csv = "source,variant,preset,link_gbps,latency_us,energy_without_link_uj,link_bits\n";
  for (const auto& link : table.links) {
    csv += fmt::format("{},{},{},{},{},{},{}\n", link.source, link.variant, link.preset, link.gbps,
                       link.latency_us, link.fixed_uj, link.link_bits);
  }
  return csv;
}

std::string to_json(const ResultTable& table) {
  Json page{{"schema", 1},
            {"name", table.name},
            {"base", table.base},
            {"fidelity", table.fidelity},
            {"metric", table.metric},
            {"activity", activity_of(table)},
            {"x", table.x},
            {"y", table.y},
            {"file", table.file}};
  page["axes"] = Json::array();
  for (const auto& axis : table.axes) {
    page["axes"].push_back(
        {{"key", axis.key}, {"unit", axis.unit}, {"numeric", axis.numeric}, {"log", axis.log}});
  }
  page["columns"] = Json::array();
  for (const auto& column : table.columns) {
    page["columns"].push_back(
        {{"name", column.name}, {"doc", column.doc}, {"higher", column.higher}});
  }
  page["rows"] = Json::array();
  for (const auto& row : table.rows) {
    Json settings = Json::array();
    for (size_t a = 0; a < row.settings.size(); ++a) {
      settings.push_back(row.numbers[a] ? Json(*row.numbers[a]) : Json(row.settings[a]));
    }
    page["rows"].push_back({{"position", row.position},
                            {"state", row.state},
                            {"message", row.message},
                            {"texts", row.settings},
                            {"settings", settings},
                            {"variant", row.variant},
                            {"preset", row.preset},
                            {"wire", row.wire},
                            {"values", row.values},
                            {"front", row.front}});
  }
  page["links"] = Json::array();
  for (const auto& link : table.links) {
    page["links"].push_back({{"source", link.source},
                             {"variant", link.variant},
                             {"preset", link.preset},
                             {"gbps", link.gbps},
                             {"latency_us", link.latency_us},
                             {"fixed_uj", link.fixed_uj},
                             {"link_bits", link.link_bits}});
  }
  return page.dump();
}

}  // namespace ranvier::sweep
