#include "ranvier/app/sweep_files.hpp"

#include "ranvier/app/sweep_ratios.hpp"
#include "ranvier/app/sweep_spread.hpp"
#include "ranvier/app/table.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/report/sweep_page.hpp"
#include "ranvier/report/tradeoff.hpp"
#include "ranvier/sweep/tradeoff.hpp"
#include "ranvier/train/settings.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace ranvier::app {
namespace fs = std::filesystem;
namespace {

size_t column(const sweep::ResultTable& table, const std::string& name) {
  size_t at = 0;
  while (at < table.columns.size() && table.columns[at].name != name) ++at;
  return at;
}

/// Columns that tell variants apart, then the two of the front.
std::vector<size_t> shown_columns(const sweep::ResultTable& table) {
  std::vector<size_t> shown;
  for (const auto& name : {std::string("metric_deployed"), std::string("events_per_neuron"),
                           std::string("bits_per_activation"), std::string("latency_us"),
                           std::string("energy_uj"), table.x, table.y}) {
    const size_t at = column(table, name);
    if (at < table.columns.size() && std::ranges::find(shown, at) == shown.end()) {
      shown.push_back(at);
    }
  }
  return shown;
}

std::vector<std::string> cells(const sweep::TableRow& row, const std::vector<size_t>& shown) {
  std::vector<std::string> line{row.front ? "*" : "", fmt::format("{}", row.position)};
  line.insert(line.end(), row.settings.begin(), row.settings.end());
  line.push_back(row.variant.empty() ? row.state : row.variant);
  line.push_back(row.preset);
  for (const size_t c : shown)
    line.push_back(row.values.empty() ? "" : short_number(row.values[c]));
  return line;
}

/// What did not work, one line per message.
std::string troubles(const sweep::ResultTable& table) {
  std::map<std::string, std::pair<std::string, int>> messages;  // with state and count
  int64_t last = -1;
  for (const auto& row : table.rows) {
    if (row.message.empty() || row.position == last) continue;
    last = row.position;
    auto& [state, count] = messages[row.message];
    state = row.state;
    ++count;
  }
  std::string text;
  for (const auto& [message, what] : messages) {
    text += fmt::format("{} point{} {}: {}\n", what.second, what.second == 1 ? "" : "s", what.first,
                        message);
  }
  return text;
}

/// Nothing where the sweep did not train, or where its runs are gone (shards of other machines).
void write_curves(const sweep::ResultTable& table, const SweepPaths& paths,
                  const std::vector<fs::path>& roots) {
  const auto run_of = [&](const std::string& source) {
    const auto has_run = [&](const fs::path& root) {
      return fs::is_directory(root / source / "bundle");
    };
    const auto root = std::ranges::find_if(roots, has_run);
    return root == roots.end() ? fs::path() : *root / source;
  };
  const auto is_there = [&](const sweep::TableRow& row) {
    return row.values.empty() || !run_of(row.source).empty();
  };
  if (!std::ranges::all_of(table.rows, is_there)) return;
  const auto points = sweep::tradeoff_points(table, run_of, train::training_schema());
  if (points.empty()) return;
  const std::string json = sweep::to_json(table, points);
  core::write_file_atomic(paths.curves, json);
  std::vector<std::string> axes{"b", "events_per_neuron"};
  for (const auto& [preset, unused] : points.front().presets) {
    axes.push_back("energy_uj." + preset);
    axes.push_back("latency_us." + preset);
  }
  for (const auto& axis : axes) {
    fs::path picture = paths.curves;
    picture.replace_filename(picture.stem().string() + "." + axis + ".svg");
    core::write_file_atomic(picture, report::tradeoff_svg(json, axis, table.name));
  }
}

}  // namespace

SweepPaths sweep_paths(const fs::path& out) {
  if (out.extension() != ".sqlite") {
    return {.database = out / "runs.sqlite",
            .points = out / "points.csv",
            .links = out / "links.csv",
            .page = out / "sweep.html",
            .runs = out / "runs",
            .curves = out / "points.json"};
  }
  const auto beside = [&](const char* suffix) {
    fs::path path = out;
    return path.replace_extension(suffix);
  };
  return {.database = out,
          .points = beside(".csv"),
          .links = beside(".links.csv"),
          .page = beside(".html"),
          .runs = beside(".runs"),
          .curves = beside(".points.json")};
}

sweep::ResultTable write_sweep_files(sweep::Store& store, const SweepPaths& paths,
                                     const std::vector<fs::path>& shards) {
  sweep::ResultTable table = sweep::read_table(store);
  sweep::mark_front(table, table.x, table.y);
  core::write_file_atomic(paths.points, sweep::to_csv(table));
  core::write_file_atomic(paths.links, sweep::links_to_csv(table));
  report::write_sweep_page(sweep::to_json(table), table.name, paths.page);
  std::vector<fs::path> roots{paths.runs};
  for (const auto& shard : shards) {
    const SweepPaths of_shard = sweep_paths(shard);
    roots.push_back(of_shard.runs);
    // The database of a directory, named in place of the directory.
    roots.push_back(sweep_paths(of_shard.database.parent_path()).runs);
  }
  write_curves(table, paths, roots);
  return table;
}

std::string sweep_table(const sweep::ResultTable& table, bool front_only) {
  const auto shown = shown_columns(table);
  std::vector<std::string> header{"front", "point"};
  for (const auto& axis : table.axes) header.push_back(axis.key);
  header.insert(header.end(), {"variant", "preset"});
  for (const size_t c : shown) header.push_back(table.columns[c].name);
  std::vector<std::vector<std::string>> rows{header};
  for (const auto& row : table.rows) {
    if (front_only ? row.front : row.state != "open") rows.push_back(cells(row, shown));
  }
  std::string text = text_table(rows);
  text += fmt::format("\n* not beaten in {} and {} at once, among the rows of its preset ({})\n",
                      table.x, table.y, table.fidelity);
  if (table.assumed)
    text += "The activity is assumed: no network was trained, no quality is known.\n";
  return text + troubles(table);
}

void print_sweep(const fs::path& database, const SweepView& view, const Common& common) {
  sweep::Store store = sweep::Store::open(database);
  sweep::ResultTable table = sweep::read_table(store);
  if (!view.over.empty()) {
    const SpreadView spread{.axis = view.over, .baseline = view.against};
    fmt::print("{}\n",
               common.json ? spread_json(table, spread).dump(1) : spread_text(table, spread));
    return;
  }
  if (!view.against.empty()) {
    fmt::print("{}\n", common.json ? ratio_json(table, view.against).dump(1)
                                   : ratio_text(table, view.against));
    return;
  }
  sweep::mark_front(table, view.x.empty() ? table.x : view.x, view.y.empty() ? table.y : view.y);
  if (common.json) {
    fmt::print("{}\n", nlohmann::ordered_json::parse(sweep::to_json(table)).dump(1));
  } else {
    fmt::print("{}\n{}", database.string(), sweep_table(table, view.front_only));
  }
}

}  // namespace ranvier::app
