// `ranvier simulate` and `ranvier report`: everything after training, again, without LibTorch.

#include "ranvier/app/cli.hpp"
#include "ranvier/app/commands.hpp"
#include "ranvier/app/experiment_options.hpp"
#include "ranvier/app/loss_scoring.hpp"
#include "ranvier/app/replay.hpp"
#include "ranvier/app/run_files.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/report/report.hpp"
#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/sweep/power.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <optional>
#include <utility>

namespace ranvier::app {
namespace fs = std::filesystem;
namespace {

constexpr double kCheckpointSeconds = 60;

struct SimulateOptions {
  ExperimentOptions experiment;
  std::string timelines;
  std::string traces;
  std::string trace_format = "h5";
  std::string power_window;
  std::string checkpoints;
  double checkpoint_every = -1;  // [s]; below 0: not given
  std::string replay;
  std::string preset;
};

void check_checkpoints(const SimulateOptions& given, const Common& common) {
  if (given.checkpoints.empty()) {
    if (given.experiment.resume) {
      refuse_flag("--resume", "no --checkpoint", "it together with --checkpoint FOLDER");
    }
    if (given.checkpoint_every >= 0) {
      refuse_flag("--checkpoint-every", "no --checkpoint", "it together with --checkpoint FOLDER");
    }
  } else if (common.ranks != nullptr) {
    refuse_flag("--checkpoint", "several ranks",
                "it in a simulation on one process, of any threads");
  }
}

/// Makes --out ready for new results: the bundles and the configuration are there, older results
/// are not.
void prepare(const SimulateOptions& given, const sweep::Experiment& experiment) {
  const ExperimentOptions& options = given.experiment;
  core::require_writable_directory(options.out, "--out");
  if (fs::absolute(options.out).lexically_normal() !=
      fs::absolute(options.source).lexically_normal()) {
    fs::create_directories(fs::path(options.out) / "bundle");
    fs::copy(fs::path(options.source) / "bundle", fs::path(options.out) / "bundle",
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  remove_results(options.out);
  write_configuration(experiment, options.out);
  if (!given.timelines.empty()) core::require_writable_directory(given.timelines, "--timeline");
  if (!given.traces.empty()) core::require_writable_directory(given.traces, "--trace");
  if (!given.checkpoints.empty()) {
    core::require_writable_directory(given.checkpoints, "--checkpoint");
  }
}

/// Bundles stay where they are; results go to --out, which is the run directory itself unless
/// given. Every rank reads the bundles at their source; the first one writes.
void simulate_run(SimulateOptions given, const Common& common) {
  ExperimentOptions& options = given.experiment;
  if (!given.preset.empty()) {
    refuse_flag("--preset", given.preset, "it together with --replay only");
  }
  const sweep::Experiment experiment = load(options, common);
  check_checkpoints(given, common);
  for (const auto& setup : experiment.presets) {
    if (!given.power_window.empty()) sweep::power_window(given.power_window, setup.package);
  }
  if (options.out.empty()) options.out = options.source;
  common.meet();  // every rank has read the configuration before it is written again
  std::optional<LossScoring> scoring;  // of the first rank
  if (common.writes()) {
    prepare(given, experiment);
    scoring.emplace(experiment, options.out, thread_count(options, common), common.quiet);
  }
  const auto result =
      sweep::evaluate(experiment, options.source,
                      {.threads = thread_count(options, common),
                       .ranks = common.ranks,
                       .quiet = common.quiet,
                       .timelines = given.timelines,
                       .traces = given.traces,
                       .trace_format = given.trace_format,
                       .checkpoints = given.checkpoints,
                       .checkpoint_every_s = given.checkpoint_every >= 0 ? given.checkpoint_every
                                                                         : kCheckpointSeconds,
                       .resume = options.resume,
                       .program = program_text(),
                       .power_window = given.power_window});
  if (!common.writes()) return;
  if (!given.power_window.empty()) {
    core::write_file_atomic(fs::path(options.out) / "power.csv",
                            sweep::power_csv(experiment, result));
  }
  write_results(experiment, result, scoring->score(result), options.out,
                command_text("simulate", options, common));
  if (!given.checkpoints.empty()) sweep::remove_checkpoints(given.checkpoints);
  print_summary(options.out, common);
}

void simulate(const SimulateOptions& options, const Common& common) {
  const ExperimentOptions& experiment = options.experiment;
  if (options.replay.empty()) {
    if (experiment.source.empty()) {
      refuse_flag("DIR", "nothing", "a run directory, or --replay FILE");
    }
    simulate_run(options, common);
    return;
  }
  if (!experiment.source.empty()) refuse_flag("DIR", experiment.source, "no DIR beside --replay");
  for (const auto& [flag, value] : {std::pair{"--out", experiment.out},
                                    {"--timeline", options.timelines},
                                    {"--trace", options.traces},
                                    {"--checkpoint", options.checkpoints},
                                    {"--power-window", options.power_window}}) {
    if (!value.empty()) refuse_flag(flag, value, std::string("no ") + flag + " beside --replay");
  }
  replay_trace({.file = options.replay,
                .preset = options.preset.empty() ? "ucie16nm" : options.preset,
                .overrides = experiment.set,
                .threads = thread_count(experiment, common)},
               common);
}

}  // namespace

void attach_simulate(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<SimulateOptions>();
  app.add_option("DIR", options->experiment.source, "run directory with trained bundles");
  app.add_option("--out", options->experiment.out, "where the results go [DIR]");
  add_set(app, options->experiment);
  add_threads(app, options->experiment);
  app.add_option("--timeline", options->timelines,
                 "directory for timelines of the first sample, to open in ui.perfetto.dev");
  app.add_option("--trace", options->traces, "directory for a message trace of every sample");
  app.add_option("--trace-format", options->trace_format, "h5 or csv [h5]")
      ->check(CLI::IsMember({"h5", "csv"}));
  app.add_option(
      "--power-window", options->power_window,
      "write power.csv in windows of a time or of core cycles: \"1 us\", \"200 cycles\"");
  app.add_option("--checkpoint", options->checkpoints,
                 "directory for the states of simulations under way, removed at the end");
  app.add_option("--checkpoint-every", options->checkpoint_every,
                 "seconds between two checkpoints of a simulation [60]")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--resume", options->experiment.resume,
               "Go on from the checkpoints of a run that was stopped");
  app.add_option("--replay", options->replay,
                 "message trace to run instead of DIR; see docs/models/trace.md");
  app.add_option("--preset", options->preset,
                 "hardware of a replay: a preset or a presets/*.resolved.yaml [ucie16nm]");
  app.callback(
      [options, &common, &action] { action = [options, &common] { simulate(*options, common); }; });
}

void attach_report(CLI::App& app, const Common&, std::function<void()>& action) {
  auto directory = std::make_shared<std::string>();
  app.add_option("DIR", *directory, "directory of a finished run")->required();
  app.callback([directory, &action] {
    action = [directory] {
      report::write_report(*directory);
      fmt::print("{}\n", (fs::path(*directory) / "report.html").string());
    };
  });
}

}  // namespace ranvier::app
