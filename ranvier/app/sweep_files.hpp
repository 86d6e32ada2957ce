#pragma once
// The files beside a sweep's database, and its table for people.

#include "ranvier/app/cli.hpp"
#include "ranvier/sweep/result_table.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ranvier::app {

/// Where everything of one sweep lies.
struct SweepPaths {
  std::filesystem::path database;
  std::filesystem::path points;  // CSV
  std::filesystem::path links;   // CSV
  std::filesystem::path page;
  std::filesystem::path runs;    // trained runs
  std::filesystem::path curves;  // JSON; the pictures of the curves lie beside it
};

/// `out` ending in .sqlite is the database, with the other files beside it under its name; anything
/// else is a directory with runs.sqlite in it.
SweepPaths sweep_paths(const std::filesystem::path& out);

/// Marks the front of the file's own columns and writes points.csv, links.csv and the page; of a
/// sweep that trained, points.json and a picture per curve too, as long as all its runs are there,
/// its own or beside the `shards` that were merged.
sweep::ResultTable write_sweep_files(sweep::Store& store, const SweepPaths& paths,
                                     const std::vector<std::filesystem::path>& shards = {});

/// A row per point, variant and preset, '*' on the Pareto front; `front_only` leaves out the
/// others.
std::string sweep_table(const sweep::ResultTable& table, bool front_only);

struct SweepView {
  std::string x;  // empty: as the sweep file says
  std::string y;
  bool front_only = false;
  std::string against;  // a variant: ratios to it in place of the table
  std::string over;     // an axis: means and deviations along it in place of the points
};
/// `ranvier compare FILE.sqlite`.
void print_sweep(const std::filesystem::path& database, const SweepView& view,
                 const Common& common);

}  // namespace ranvier::app
