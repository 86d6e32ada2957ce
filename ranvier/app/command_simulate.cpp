// `ranvier simulate` and `ranvier report`: everything after training, again, without LibTorch.

#include "ranvier/app/commands.hpp"
#include "ranvier/app/experiment_options.hpp"
#include "ranvier/app/run_files.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/report/report.hpp"
#include "ranvier/sweep/evaluate.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace ranvier::app {
namespace fs = std::filesystem;
namespace {

/// Bundles stay where they are; results go to --out, which is the run directory itself unless
/// given.
void simulate(ExperimentOptions options, const std::string& timelines, const Common& common) {
  const sweep::Experiment experiment = load(options, common);
  if (options.out.empty()) options.out = options.source;
  core::require_writable_directory(options.out, "--out");
  if (fs::absolute(options.out).lexically_normal() !=
      fs::absolute(options.source).lexically_normal()) {
    fs::create_directories(fs::path(options.out) / "bundle");
    fs::copy(fs::path(options.source) / "bundle", fs::path(options.out) / "bundle",
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  remove_results(options.out);
  write_configuration(experiment, options.out);
  if (!timelines.empty()) core::require_writable_directory(timelines, "--timeline");
  const auto result = sweep::evaluate(
      experiment, options.out,
      {.threads = thread_count(options), .quiet = common.quiet, .timelines = timelines});
  write_results(experiment, result, options.out, command_text("simulate", options, common));
  print_summary(options.out, common);
}

}  // namespace

void attach_simulate(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<ExperimentOptions>();
  app.add_option("DIR", options->source, "run directory with trained bundles")->required();
  app.add_option("--out", options->out, "where the results go [DIR]");
  add_set(app, *options);
  add_threads(app, *options);
  auto timelines = std::make_shared<std::string>();
  app.add_option("--timeline", *timelines,
                 "directory for timelines of the first sample, to open in ui.perfetto.dev");
  app.callback([options, timelines, &common, &action] {
    action = [options, timelines, &common] { simulate(*options, *timelines, common); };
  });
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
