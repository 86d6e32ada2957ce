// `ranvier run`, `train`, `eval`: from an experiment file to bundles and results.

#include "ranvier/app/commands.hpp"
#include "ranvier/app/experiment_options.hpp"
#include "ranvier/app/launch.hpp"
#include "ranvier/app/loss_scoring.hpp"
#include "ranvier/app/run_files.hpp"
#include "ranvier/app/shape_bundles.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/shapes/settings.hpp"
#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/train/settings.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include <optional>
#ifdef RANVIER_HAS_TORCH
#include "ranvier/app/framing.hpp"
#include "ranvier/train/train.hpp"
#endif

namespace ranvier::app {
namespace fs = std::filesystem;
namespace {

/// A finished run is never overwritten by accident.
void require_fresh_or_resume(const ExperimentOptions& options) {
  if (options.resume || !fs::exists(fs::path(options.out) / "summary.json")) return;
  throw core::UserError({.key = "--out",
                         .given = "'" + options.out + "'",
                         .allowed = "a new directory, or --resume",
                         .place = {},
                         .hint = "It holds a finished run."});
}

#ifdef RANVIER_HAS_TORCH
train::TrainOptions train_options(const sweep::Experiment& experiment,
                                  const ExperimentOptions& options, const Common& common,
                                  const train::Launch& launch) {
  return {.out = options.out,
          .resume = options.resume,
          .quiet = common.quiet,
          .threads = thread_count(options, common),
          .device = options.device,
          .examine = [&experiment](
                         const ir::Network& network) { sweep::require_fit(experiment, network); },
          .framing =
              [&experiment](const ir::Network& network, const std::string& variant) {
                return framing_of(experiment, network, variant);
              },
          .launch = launch};
}

void train_bundles(const sweep::Experiment& experiment, const ExperimentOptions& options,
                   const Common& common, const train::Launch& launch) {
  train::train_all(experiment.values, train_options(experiment, options, common, launch));
}

void score_bundles(const sweep::Experiment& experiment, const ExperimentOptions& options,
                   const Common& common) {
  train::evaluate_bundles(experiment.values, train_options(experiment, options, common, {}));
}
#else
[[noreturn]] void refuse_training() {
  throw core::UserError({.key = "command",
                         .given = "a command that trains",
                         .allowed = "map, simulate, report, compare, codec, describe, doctor",
                         .place = {},
                         .hint = "This program was built with RANVIER_WITH_TORCH=OFF."});
}
void train_bundles(const sweep::Experiment&, const ExperimentOptions&, const Common&,
                   const train::Launch&) {
  refuse_training();
}
void score_bundles(const sweep::Experiment&, const ExperimentOptions&, const Common&) {
  refuse_training();
}
#endif

void add_options(CLI::App& app, ExperimentOptions& options) {
  app.add_option("EXPERIMENT", options.source, "experiment file (YAML)")->required();
  app.add_option("--out", options.out, "run directory")->required();
  app.add_flag("--resume", options.resume, "Go on where an interrupted run stopped");
  app.add_option("--device", options.device, "cpu or cuda [cpu]")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  add_set(app, options);
  add_threads(app, options);
}

/// The first of several processes writes and speaks for all.
sweep::Experiment start(const ExperimentOptions& options, const Common& common,
                        const train::Launch& launch) {
  sweep::Experiment experiment = load(options, common);
  require_fresh_or_resume(options);
  if (!launch.is_first()) {
    spdlog::set_level(spdlog::level::err);
    return experiment;
  }
  core::require_writable_directory(options.out, "--out");
  remove_results(options.out);
  return experiment;
}

void make_bundles(const sweep::Experiment& experiment, const ExperimentOptions& options,
                  const Common& common, const train::Launch& launch) {
  if (shapes::is_requested(experiment.values)) {
    if (!launch.is_first()) return;
    return write_shape_bundles(experiment, options.out, [&](const ir::Network& network) {
      sweep::require_fit(experiment, network);
    });
  }
  train_bundles(experiment, options, common, launch);
}

void run(const ExperimentOptions& options, const Common& common) {
  const train::Launch launch = launch_of(common);
  const sweep::Experiment experiment = start(options, common, launch);
  make_bundles(experiment, options, common, launch);
  common.meet();  // the bundles are written
  const int threads = thread_count(options, common);
  std::optional<LossScoring> scoring;  // of the first process
  if (launch.is_first()) {
    write_configuration(experiment, options.out);
    scoring.emplace(experiment, options.out, threads, common.quiet);
    spdlog::info("simulating {} under {} preset(s)", experiment.name, experiment.presets.size());
  } else if (common.ranks == nullptr) {
    return;  // without MPI there is nothing more to share
  }
  const auto result = sweep::evaluate(
      experiment, options.out, {.threads = threads, .ranks = common.ranks, .quiet = common.quiet});
  if (!launch.is_first()) return;
  write_results(experiment, result, scoring->score(result), options.out,
                command_text("run", options, common));
  print_summary(options.out, common);
}

void train_only(const ExperimentOptions& options, const Common& common) {
  const train::Launch launch = launch_of(common);
  const sweep::Experiment experiment = start(options, common, launch);
  make_bundles(experiment, options, common, launch);
  if (!launch.is_first()) return;
  write_configuration(experiment, options.out);
  spdlog::info("bundles are in {}; next: ranvier simulate {}",
               (fs::path(options.out) / "bundle").string(), options.out);
}

}  // namespace

void attach_run(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<ExperimentOptions>();
  add_options(app, *options);
  app.callback(
      [options, &common, &action] { action = [options, &common] { run(*options, common); }; });
}

void attach_train(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<ExperimentOptions>();
  add_options(app, *options);
  app.callback([options, &common, &action] {
    action = [options, &common] { train_only(*options, common); };
  });
}

void attach_eval(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<ExperimentOptions>();
  app.add_option("DIR", options->source, "run directory with trained bundles")->required();
  app.add_option("--device", options->device, "cpu or cuda [cpu]")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  add_set(app, *options);
  add_threads(app, *options);
  app.callback([options, &common, &action] {
    action = [options, &common] {
      options->out = options->source;
      score_bundles(load(*options, common), *options, common);
    };
  });
}

}  // namespace ranvier::app
