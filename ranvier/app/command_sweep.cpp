// `ranvier sweep`: many points of a design space into one database; `sweep merge` joins shards and
// `sweep export` writes CSV and page again.

#include "ranvier/app/cli.hpp"
#include "ranvier/app/commands.hpp"
#include "ranvier/app/experiment_options.hpp"
#include "ranvier/app/run_files.hpp"
#include "ranvier/app/shape_bundles.hpp"
#include "ranvier/app/sweep_files.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/shapes/settings.hpp"
#include "ranvier/sweep/provenance.hpp"
#include "ranvier/sweep/rank_worker.hpp"
#include "ranvier/sweep/ranks.hpp"
#include "ranvier/sweep/runner.hpp"
#include "ranvier/train/settings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <charconv>
#include <exception>
#ifdef RANVIER_HAS_TORCH
#include "ranvier/app/framing.hpp"
#include "ranvier/train/train.hpp"
#endif

namespace ranvier::app {
namespace fs = std::filesystem;
namespace {

struct SweepCommandOptions {
  std::string file;
  std::string out;
  std::string base;
  std::string shard = "1/1";
  std::string device = "cpu";
  std::vector<std::string> set;
  int jobs = 0;  // 0: all hardware threads
};

struct Shard {
  int index = 1;
  int count = 1;
};

/// "2/8". Errors: UserError (--shard).
Shard parse_shard(const std::string& text) {
  Shard shard;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, shard.index);
  bool good = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
  if (good) {
    const auto second = std::from_chars(first.ptr + 1, end, shard.count);
    good = second.ec == std::errc() && second.ptr == end;
  }
  if (good && shard.count >= 1 && shard.index >= 1 && shard.index <= shard.count) return shard;
  throw core::UserError({.key = "--shard",
                         .given = text,
                         .allowed = "I/N with 1 <= I <= N",
                         .place = {},
                         .hint = "--shard 2/8 runs every eighth point, from the second on."});
}

int jobs_of(const SweepCommandOptions& options, const Common& common) {
  ExperimentOptions all;
  all.threads = options.jobs;
  return thread_count(all, common);
}

#ifdef RANVIER_HAS_TORCH
constexpr bool kCanTrain = true;

/// A sweep trains once for all its hardware: budgets hold for the frames of its first point. Where
/// that one is too small for the network, for even ones.
std::vector<train::Framing> framing_or_even(const sweep::Experiment& experiment,
                                            const ir::Network& network,
                                            const std::string& variant) {
  try {
    return framing_of(experiment, network, variant);
  } catch (const core::UserError& error) {
    if (!error.refusal().key.starts_with("hardware.")) throw;
    spdlog::warn(
        "budgets of bits are held in even frames, since the first point cannot hold the "
        "network: {}",
        error.what());
    return {};
  }
}

void train_bundles(const sweep::Experiment& experiment, const fs::path& run,
                   const sweep::Examine& examine, const SweepCommandOptions& options,
                   const Common& common) {
  spdlog::info("training {} in {}", experiment.name, run.string());
  train::train_all(experiment.values,
                   {.out = run,
                    .resume = true,
                    .quiet = common.quiet,
                    .threads = jobs_of(options, common),
                    .device = options.device,
                    .examine = examine,
                    .framing = [&](const ir::Network& network, const std::string& variant) {
                      return framing_or_even(experiment, network, variant);
                    }});
}
#else
constexpr bool kCanTrain = false;
void train_bundles(const sweep::Experiment&, const fs::path&, const sweep::Examine&,
                   const SweepCommandOptions&, const Common&) {
  throw core::ContractViolation("only networks without weights need no training");
}
#endif

/// What repeats the sweep.
std::string sweep_command(const SweepCommandOptions& options) {
  std::string text = fmt::format("ranvier sweep {} --out {}", options.file, options.out);
  if (!options.base.empty()) text += " --base " + options.base;
  for (const auto& set : options.set) text += " --set " + set;
  return text;
}

/// Trains bundles, or assumes those of a network without weights. Empty where the base needs a
/// training that this program cannot do.
sweep::Train trainer(const sweep::SweepSpec& spec, const SweepCommandOptions& options,
                     const Common& common) {
  if (!kCanTrain && fs::is_regular_file(spec.base)) {
    const auto training = train::training_schema();
    const sweep::ExperimentBase base(spec.base, options.set, training);
    if (!shapes::is_requested(base.values({}))) return {};
  }
  return
      [&](const sweep::Experiment& experiment, const fs::path& run, const sweep::Examine& examine) {
        core::require_writable_directory(run, "--out");
        if (shapes::is_requested(experiment.values)) {
          write_shape_bundles(experiment, run, examine);
        } else {
          train_bundles(experiment, run, examine, options, common);
          core::write_file_atomic(
              run / "provenance.json",
              sweep::provenance_json(experiment, run, sweep_command(options), program_text()));
        }
        write_configuration(experiment, run);
      };
}

nlohmann::ordered_json outcome_json(const sweep::SweepOutcome& outcome, const SweepPaths& paths) {
  return {{"points", outcome.points},
          {"known", outcome.known},
          {"simulated", outcome.simulated},
          {"refused", outcome.refused},
          {"failed", outcome.failed},
          {"seconds", outcome.seconds},
          {"busy_fraction", outcome.busy_share},
          {"database", paths.database.string()},
          {"csv", paths.points.string()},
          {"page", paths.page.string()}};
}

void print_outcome(const sweep::SweepOutcome& outcome, const sweep::ResultTable& table,
                   const SweepPaths& paths, const Common& common) {
  if (common.json) {
    fmt::print("{}\n", outcome_json(outcome, paths).dump(2));
    return;
  }
  fmt::print("{}\n", sweep_table(table, true));
  fmt::print(
      "{} points: {} known before, {} refused, {} failed; {} simulations in {:.1f} s, {} "
      "worker{} busy {:.0f} %\n",
      outcome.points, outcome.known, outcome.refused, outcome.failed, outcome.simulated,
      outcome.seconds, outcome.workers, outcome.workers == 1 ? "" : "s", 100 * outcome.busy_share);
  fmt::print("database: {}\ntable: {}\npage: {}\n", paths.database.string(), paths.points.string(),
             paths.page.string());
}

/// Failures end in exit code 3, a sweep without one usable point in 2.
void raise_troubles(const sweep::SweepOutcome& outcome) {
  if (outcome.failed > 0) {
    throw core::RunError(fmt::format("{} of {} points failed, the first with: {}", outcome.failed,
                                     outcome.points, outcome.first_failure));
  }
  if (outcome.points > 0 && outcome.refused == outcome.points) {
    throw core::UserError({.key = "axes",
                           .given = fmt::format("{} points, all refused", outcome.points),
                           .allowed = "at least one that can be evaluated",
                           .place = {},
                           .hint = "The first one says: " + outcome.first_refusal});
  }
}

/// What one process does, or rank 0 of several.
void evaluate(const sweep::SweepSpec& spec, const sweep::SweepOptions& how, const SweepPaths& paths,
              const Common& common) {
  const fs::path directory = paths.database.parent_path();
  core::require_writable_directory(directory.empty() ? "." : directory, "--out");
  sweep::Store store = sweep::Store::create(paths.database);
  const auto outcome = sweep::run_sweep(spec, how, store);
  const auto table = write_sweep_files(store, paths);
  print_outcome(outcome, table, paths, common);
  raise_troubles(outcome);
}

/// The other ranks end as rank 0 does.
void evaluate_with_ranks(const sweep::SweepSpec& spec, sweep::SweepOptions how,
                         const SweepPaths& paths, const Common& common) {
  sweep::Ranks ranks(*common.mail);
  how.ranks = &ranks;
  std::exception_ptr error;
  try {
    evaluate(spec, how, paths, common);
  } catch (...) {
    error = std::current_exception();
  }
  ranks.end(error);
  if (error) std::rethrow_exception(error);
}

void run(const SweepCommandOptions& options, const Common& common) {
  if (options.file.empty() || options.out.empty()) {
    refuse_flag(options.file.empty() ? "SWEEP" : "--out", "nothing",
                "ranvier sweep SWEEP.yaml --out DIR", "configs/sweeps/ holds examples.");
  }
  const Shard shard = parse_shard(options.shard);
  const auto training = train::training_schema();
  const auto fields = sweep::full_schema(training);
  sweep::SweepOverrides overrides{.base = options.base, .seed = {}};
  if (common.seed) overrides.seed.push_back(fmt::format("seed={}", *common.seed));
  const sweep::SweepSpec spec = sweep::load_sweep(options.file, overrides, fields);
  const SweepPaths paths = sweep_paths(options.out);
  const sweep::SweepOptions how{.training = training,
                                .overrides = options.set,
                                .runs = paths.runs,
                                .program = std::string("ranvier ") + RANVIER_VERSION,
                                .jobs = jobs_of(options, common),
                                .shard = shard.index,
                                .shards = shard.count,
                                .quiet = common.quiet,
                                .train = trainer(spec, options, common)};
  if (common.mail == nullptr) {
    evaluate(spec, how, paths, common);
  } else if (common.writes()) {
    evaluate_with_ranks(spec, how, paths, common);
  } else {
    sweep::work_for_rank_zero(spec, how, *common.mail);
  }
}

void attach_merge(CLI::App& app, const Common& common, std::function<void()>& action) {
  CLI::App* merge = app.add_subcommand("merge", "Join the databases of shards into one");
  auto out = std::make_shared<std::string>();
  auto parts = std::make_shared<std::vector<std::string>>();
  merge->add_option("OUT", *out, "database or directory to write")->required();
  merge->add_option("SHARD", *parts, "databases of shards")->required();
  merge->fallthrough();
  merge->callback([=, &common, &action] {
    action = [=, &common] {
      const SweepPaths paths = sweep_paths(*out);
      const fs::path directory = paths.database.parent_path();
      core::require_writable_directory(directory.empty() ? "." : directory, "OUT");
      sweep::Store store = sweep::Store::create(paths.database);
      for (const auto& part : *parts) store.merge(sweep_paths(part).database);
      const auto table = write_sweep_files(store, paths, {parts->begin(), parts->end()});
      if (common.json) {
        fmt::print("{}\n", nlohmann::ordered_json{{"database", paths.database.string()},
                                                  {"page", paths.page.string()}}
                               .dump(2));
      } else {
        fmt::print("{}\ndatabase: {}\npage: {}\n", sweep_table(table, true),
                   paths.database.string(), paths.page.string());
      }
    };
  });
}

void attach_export(CLI::App& app, const Common& common, std::function<void()>& action) {
  CLI::App* command = app.add_subcommand("export", "Write CSV and page of a database again");
  auto file = std::make_shared<std::string>();
  command->add_option("FILE", *file, "database, or directory of a sweep")->required();
  command->fallthrough();
  command->callback([=, &common, &action] {
    action = [=, &common] {
      const SweepPaths paths = sweep_paths(*file);
      sweep::Store store = sweep::Store::open(paths.database);
      write_sweep_files(store, paths);
      if (common.json) {
        fmt::print("{}\n", nlohmann::ordered_json{{"csv", paths.points.string()},
                                                  {"page", paths.page.string()}}
                               .dump(2));
      } else {
        fmt::print("{}\n{}\n{}\n", paths.points.string(), paths.links.string(),
                   paths.page.string());
      }
    };
  });
}

}  // namespace

void attach_sweep(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<SweepCommandOptions>();
  app.add_option("SWEEP", options->file, "sweep file (YAML)");
  app.add_option("--out", options->out, "directory, or a database file ending in .sqlite");
  app.add_option("--base", options->base, "experiment file or trained run, in place of the file's");
  app.add_option("-j,--jobs", options->jobs,
                 "Simulations side by side [all threads; under mpirun 1 on each rank]")
      ->check(CLI::Range(1, 1024));
  app.add_option("--shard", options->shard, "I/N: only every N-th point, from the I-th on [1/1]");
  app.add_option("--device", options->device, "Where to train: cpu or cuda [cpu]")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--set", options->set,
                 "Set a key of every point, below the axes: --set hardware.mesh=16 (repeatable)")
      ->allow_extra_args(false);
  app.require_subcommand(0, 1);
  attach_merge(app, common, action);
  attach_export(app, common, action);
  app.callback([options, &app, &common, &action] {
    if (!app.get_subcommands().empty()) return;
    action = [options, &common] { run(*options, common); };
  });
}

}  // namespace ranvier::app
