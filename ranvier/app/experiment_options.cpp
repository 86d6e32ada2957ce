#include "ranvier/app/experiment_options.hpp"

#include "ranvier/app/cli.hpp"
#include "ranvier/app/summary_table.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/train/settings.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thread>

namespace ranvier::app {
namespace fs = std::filesystem;

void add_set(CLI::App& app, ExperimentOptions& options) {
  app.add_option("--set", options.set, "Override a key: --set finetune.epochs=2 (repeatable)")
      ->allow_extra_args(false);
}

void add_threads(CLI::App& app, ExperimentOptions& options) {
  app.add_option("--threads", options.threads, "Worker threads [all]")->check(CLI::Range(1, 1024));
}

std::vector<std::string> overrides(const ExperimentOptions& options, const Common& common) {
  std::vector<std::string> all = options.set;
  if (common.seed) all.push_back(fmt::format("seed={}", *common.seed));
  return all;
}

sweep::Experiment load(const ExperimentOptions& options, const Common& common) {
  fs::path file = options.source;
  if (fs::is_directory(file)) file /= "config.resolved.yaml";
  if (!fs::exists(file)) {
    throw core::UserError({.key = "EXPERIMENT",
                           .given = "'" + options.source + "'",
                           .allowed = "an experiment file or a run directory",
                           .place = {},
                           .hint = "configs/experiments/ holds examples."});
  }
  return sweep::load_experiment(file, overrides(options, common), train::training_schema());
}

std::vector<sweep::PresetSetup> presets_named(const sweep::Experiment& experiment,
                                              const std::string& preset) {
  if (preset.empty()) return experiment.presets;
  std::string known;
  for (const auto& setup : experiment.presets) {
    if (setup.name == preset) return {setup};
    known += (known.empty() ? "" : ", ") + setup.name;
  }
  refuse_flag("--preset", preset, "one of " + known,
              fmt::format("Simulate the run under it first: --set \"presets=[{}]\".", preset));
}

int thread_count(const ExperimentOptions& options, const Common& common) {
  if (options.threads > 0) return options.threads;
  if (common.ranks != nullptr) return 1;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::string command_text(std::string_view command, const ExperimentOptions& options,
                         const Common& common) {
  std::string text = fmt::format("ranvier {} {} --out {}", command, options.source, options.out);
  for (const auto& set : overrides(options, common)) text += " --set " + set;
  return text;
}

void print_summary(const fs::path& directory, const Common& common) {
  const auto summary = read_summary(directory);
  if (common.json) {
    fmt::print("{}\n", summary.dump(2));
    return;
  }
  std::string losses = loss_table(summary);
  if (!losses.empty()) losses += "\n";
  fmt::print("{}\n{}\n{}report: {}\n", summary_table(summary), ratio_table(summary), losses,
             (directory / "report.html").string());
}

}  // namespace ranvier::app
