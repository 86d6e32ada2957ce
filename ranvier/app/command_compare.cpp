// `ranvier compare DIR...`: the variants of finished runs in one table; `ranvier compare
// FILE.sqlite`: the points of a sweep.

#include "ranvier/app/cli.hpp"
#include "ranvier/app/commands.hpp"
#include "ranvier/app/summary_table.hpp"
#include "ranvier/app/sweep_files.hpp"
#include "ranvier/app/table.hpp"
#include "ranvier/core/file.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace ranvier::app {

namespace {

struct CompareOptions {
  std::vector<std::string> sources;
  SweepView view;
};

bool is_sweep(const std::string& source) {
  return std::filesystem::path(source).extension() == ".sqlite" ||
         std::filesystem::exists(sweep_paths(source).database);
}

void compare_runs(const std::vector<std::string>& directories, const Common& common) {
  auto all = nlohmann::ordered_json::object();
  std::string text;
  for (const auto& directory : directories) {
    const auto summary = read_summary(directory);
    all[directory] = summary;
    if (!text.empty()) text += "\n";
    text += directory + "\n" + summary_table(summary) + "\n" + ratio_table(summary);
    if (const std::string losses = loss_table(summary); !losses.empty()) text += "\n" + losses;
  }
  if (common.json) {
    fmt::print("{}\n", all.dump(2));
  } else {
    fmt::print("{}", text);
  }
}

void compare(const CompareOptions& options, const Common& common) {
  if (options.sources.size() == 1 && is_sweep(options.sources.front())) {
    print_sweep(sweep_paths(options.sources.front()).database, options.view, common);
    return;
  }
  for (const auto& source : options.sources) {
    if (!is_sweep(source)) continue;
    refuse_flag("DIR", "'" + source + "' beside others", "one sweep alone, or run directories",
                "ranvier sweep merge joins sweeps.");
  }
  const std::pair<const char*, bool> only_sweeps[] = {{"--x", !options.view.x.empty()},
                                                      {"--y", !options.view.y.empty()},
                                                      {"--front", options.view.front_only},
                                                      {"--against", !options.view.against.empty()},
                                                      {"--over", !options.view.over.empty()}};
  for (const auto& [flag, given] : only_sweeps) {
    if (!given) continue;
    refuse_flag(flag, "run directories", "the database of a sweep");
  }
  compare_runs(options.sources, common);
}

}  // namespace

void attach_compare(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<CompareOptions>();
  app.add_option("DIR", options->sources,
                 "run directories (each holds a summary.json), or the database of one sweep")
      ->required();
  app.add_option("--x", options->view.x, "sweep: first column of the Pareto front");
  app.add_option("--y", options->view.y, "sweep: second column of the Pareto front");
  app.add_flag("--front", options->view.front_only, "sweep: only the rows on the front");
  app.add_option("--against", options->view.against,
                 "sweep: print what every variant gains over this one at every point")
      ->excludes("--x")
      ->excludes("--y")
      ->excludes("--front");
  app.add_option("--over", options->view.over,
                 "sweep: means and deviations along this axis, for example seed")
      ->excludes("--x")
      ->excludes("--y")
      ->excludes("--front");
  app.callback(
      [options, &common, &action] { action = [options, &common] { compare(*options, common); }; });
}

}  // namespace ranvier::app
