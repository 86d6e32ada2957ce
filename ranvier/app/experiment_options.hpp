#pragma once
// Flags that commands on experiments and run directories share.

#include "ranvier/app/cli.hpp"
#include "ranvier/sweep/experiment.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace ranvier::app {

struct ExperimentOptions {
  std::string source;  // experiment file, or run directory
  std::string out;
  std::vector<std::string> set;  // "a.b=c"
  bool resume = false;
  int threads = 0;  // 0: not given
  std::string device = "cpu";
};

void add_set(CLI::App& app, ExperimentOptions& options);
void add_threads(CLI::App& app, ExperimentOptions& options);

/// Overrides of --set, with --seed as the last of them.
std::vector<std::string> overrides(const ExperimentOptions& options, const Common& common);

/// The experiment of a file, or of a run directory's config.resolved.yaml.
/// Errors: UserError when neither is there, and all of load_experiment's.
sweep::Experiment load(const ExperimentOptions& options, const Common& common);

/// The preset of that name, or all of them for no name. Errors: UserError (--preset) when the
/// experiment has no such preset.
std::vector<sweep::PresetSetup> presets_named(const sweep::Experiment& experiment,
                                              const std::string& preset);

/// As given; all hardware threads unless given, one for each of several ranks.
int thread_count(const ExperimentOptions& options, const Common& common);

/// `ranvier run EXP.yaml --out DIR --set a=b`, as it would be typed again.
std::string command_text(std::string_view command, const ExperimentOptions& options,
                         const Common& common);

/// Table for people or summary.json for programs, on stdout.
void print_summary(const std::filesystem::path& directory, const Common& common);

}  // namespace ranvier::app
