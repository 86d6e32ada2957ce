#pragma once
// Everything a sweep found as one flat table: a row per point, variant and preset.

#include "ranvier/sweep/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::sweep {

/// A column of numbers. `higher` says which way is better.
struct Column {
  std::string name;  // unit in the name: energy_uj
  std::string doc;
  bool higher = false;
};

struct TableAxis {
  std::string key;
  std::string unit;   // as the numbers of the rows are shown; empty for pure numbers and texts
  double factor = 1;  // number shown = number in the base unit x factor
  bool numeric = false;
  bool log = false;
};

struct TableRow {
  int64_t position = 0;
  std::string point;
  std::string source;  // the trained run that it was evaluated from
  std::string state;
  std::string message;
  std::vector<std::string> settings;           // [axis] as written
  std::vector<std::optional<double>> numbers;  // [axis] in the axis' unit
  std::string variant;                         // empty for a point without results
  std::string preset;
  std::string wire;
  std::vector<double> values;  // [column]; empty for a point without results
  bool front = false;
};

struct ResultTable {
  std::string name;
  std::string base;
  std::string fidelity;
  std::string metric;
  bool assumed = false;  // activity that nobody measured; there are no columns of quality then
  std::string x;
  std::string y;
  std::string file;  // the sweep file
  std::vector<TableAxis> axes;
  std::vector<Column> columns;
  std::vector<TableRow> rows;  // by position, variant and preset
  std::vector<LinkCurve> links;
};

/// Cost: reads the whole database.
ResultTable read_table(Store& store);

/// Marks the Pareto front of each preset: the rows to which no other row of it is at least equal in
/// both columns and better in one.
/// Errors: UserError (key `--x` or `--y`) for a column that does not exist, with the nearest name.
void mark_front(ResultTable& table, const std::string& x, const std::string& y);

/// Throws UserError (key `flag`) for a name that is none of `names`, with the nearest.
[[noreturn]] void refuse_name(const char* flag, const std::string& name,
                              const std::vector<std::string>& names);

/// points.csv: position, point, state, axes, variant, preset, wire_format, every column, on_front,
/// message.
std::string to_csv(const ResultTable& table);

/// links.csv: the break-even curves.
std::string links_to_csv(const ResultTable& table);

/// What the page draws. docs/models/sweep.md names the keys.
std::string to_json(const ResultTable& table);

}  // namespace ranvier::sweep
