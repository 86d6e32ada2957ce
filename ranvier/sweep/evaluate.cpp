#include "ranvier/sweep/evaluate.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/codec/bit_errors.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/core/interrupt.hpp"
#include "ranvier/core/progress.hpp"
#include "ranvier/ir/cut_names.hpp"
#include "ranvier/sim/recorder.hpp"
#include "ranvier/sweep/identity.hpp"
#include "ranvier/sweep/link_errors.hpp"
#include "ranvier/sweep/mapping.hpp"
#include "ranvier/sweep/measure.hpp"
#include "ranvier/sweep/power.hpp"
#include "ranvier/sweep/summary.hpp"
#include "ranvier/sweep/timeline.hpp"
#include "ranvier/workload/trace.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace ranvier::sweep {
namespace fs = std::filesystem;

std::string code_of(const ir::Network& network) {
  if (network.boundaries.empty()) return {};
  const ir::Boundary& boundary = network.boundaries.front();
  const std::string codec = codec::to_string(boundary.params.spec);
  if (boundary.activations == 0) return codec;
  const auto& layer = network.layers[static_cast<size_t>(boundary.layer)];
  return ir::bottleneck_prefix(boundary.activations / layer.out.size(), layer.kernel, layer.stride,
                               layer.groups) +
         codec;
}

namespace {

/// One simulation to do: a variant, a preset, a recorded sample.
struct Job {
  size_t variant;
  size_t preset;
  int sample;
};

struct JobResult {
  sim::Result simulated;
  analytic::Estimate estimated;
};

/// The files about one inference that were asked for.
void write_views(const Job& job, const std::string& name, const workload::Workload& workload,
                 const arch::PackageSpec& package, const sim::Result& result,
                 const EvaluateOptions& options) {
  if (!options.timelines.empty() && job.sample == 0) {
    write_timeline(workload, package, result, options.timelines / (name + ".json"));
  }
  if (!options.traces.empty()) {
    auto trace = sim::trace_of(workload, package, result);
    trace.name = fmt::format("{}.{}", name, job.sample);
    workload::write_trace(trace, options.traces / (trace.name + "." + options.trace_format));
  }
}

sim::Checkpointing checkpointing(const Job& job, const Experiment& experiment,
                                 const VariantResult& variant, const EvaluateOptions& wanted,
                                 const sim::Options& options) {
  if (wanted.checkpoints.empty()) return {};
  const PresetSetup& setup = experiment.presets[job.preset];
  const std::string name = fmt::format("{}.{}.{}", variant.name, setup.name, job.sample);
  const std::string identity = fmt::format(
      "{} {} {:016x} {:016x} {} watchdog {} messages {} tasks {} window {} {}", name,
      variant.bundle.hash, setup.values.hash(), experiment.values.hash(),
      codec::to_string(wire_of(experiment.values, variant.name)), options.watchdog_cycles,
      options.record_messages, options.record_tasks, options.window.value(), wanted.program);
  return {.file = wanted.checkpoints / (name + ".state"),
          .identity = core::content_hash(identity),
          .every_s = wanted.checkpoint_every_s,
          .resume = wanted.resume};
}

sim::Options options_of(const Job& job, const Experiment& experiment, const VariantResult& variant,
                        const EvaluateOptions& wanted, const sim::Team& team) {
  const PresetSetup& setup = experiment.presets[job.preset];
  sim::Options options{.team = team};
  options.error_seed = codec::error_seed(experiment.seed, job.sample);
  options.watchdog_cycles = experiment.values.integer("simulate.watchdog_cycles");
  if (!wanted.timelines.empty() && job.sample == 0) options = with_timeline(options);
  if (!wanted.traces.empty()) options.record_messages = true;
  if (!wanted.power_window.empty() && job.sample == 0) {
    options.window = power_window(wanted.power_window, setup.package);
  }
  options.checkpoint = checkpointing(job, experiment, variant, wanted, options);
  return options;
}

JobResult run_job(const Job& job, const Experiment& experiment, const VariantResult& variant,
                  const EvaluateOptions& wanted, const sim::Team& team) {
  const PresetSetup& setup = experiment.presets[job.preset];
  const auto mapping = mapping_of(experiment, variant.bundle, setup.package);
  const auto workload =
      map::build_workload(variant.bundle.network, mapping, variant.bundle.activity, job.sample,
                          wire_of(experiment.values, variant.name), setup.package);
  const sim::Options options = options_of(job, experiment, variant, wanted, team);
  JobResult result{sim::simulate(workload, setup.package, options),
                   analytic::estimate(workload, setup.package)};
  if (team.rank() == 0) {
    write_views(job, fmt::format("{}.{}", variant.name, setup.name), workload, setup.package,
                result.simulated, wanted);
  }
  return result;
}

/// Jobs that run side by side: ranks take part in one after the other.
int side_by_side(const EvaluateOptions& options, size_t jobs) {
  if (options.ranks != nullptr) return 1;
  return std::max(1, std::min(options.threads, static_cast<int>(jobs)));
}

/// Runs every job on `threads` threads; the first error by job order is rethrown.
std::vector<JobResult> run_jobs(const std::vector<Job>& jobs, const Experiment& experiment,
                                const std::vector<VariantResult>& variants,
                                const EvaluateOptions& options) {
  std::vector<JobResult> results(jobs.size());
  std::vector<std::exception_ptr> errors(jobs.size());
  std::atomic<size_t> next{0};
  std::atomic<int64_t> done{0};
  std::mutex drawing;
  const int jobs_at_once = side_by_side(options, jobs.size());
  const sim::Team team{.threads = std::max(1, options.threads / jobs_at_once),
                       .transport = options.ranks};
  core::Progress progress("simulate", static_cast<int64_t>(jobs.size()), options.quiet);
  const auto work = [&] {
    for (size_t i = next++; i < jobs.size() && !core::interrupt_requested(); i = next++) {
      try {
        results[i] = run_job(jobs[i], experiment, variants[jobs[i].variant], options, team);
      } catch (...) {
        errors[i] = std::current_exception();
      }
      const std::lock_guard lock(drawing);
      progress.update(++done, variants[jobs[i].variant].name);
    }
  };
  std::vector<std::jthread> pool;
  for (int t = 1; t < jobs_at_once; ++t) pool.emplace_back(work);
  work();
  pool.clear();
  core::check_interrupt("the bundles are kept; rerun with --resume to simulate them");
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  return results;
}

PresetResult combine(const PresetSetup& setup, const std::vector<const JobResult*>& samples) {
  PresetResult result{.preset = setup.name,
                      .core_period_s = 1 / setup.package.core_clock.value(),
                      .samples = static_cast<int>(samples.size()),
                      .ledger = {},
                      .priced = {},
                      .first = {},
                      .boundaries = {}};
  for (const JobResult* sample : samples) {
    result.latency_s += static_cast<double>(sample->simulated.latency.value());
    result.latency_analytic_s += static_cast<double>(sample->estimated.latency.value());
    result.congested = result.congested || sample->estimated.congested;
    result.ledger += sample->simulated.ledger;
    add_boundaries(result.boundaries, sample->simulated.boundaries);
  }
  const double to_mean_seconds = result.core_period_s / static_cast<double>(samples.size());
  result.latency_s *= to_mean_seconds;
  result.latency_analytic_s *= to_mean_seconds;
  result.first = samples.front()->simulated;
  result.priced = price_mean(result.ledger, result.latency_s, result.samples, setup.cost);
  return result;
}

VariantResult prepare(const Experiment& experiment, const fs::path& run_directory,
                      const std::string& name, bool quiet) {
  VariantResult variant{.name = name,
                        .codec = {},
                        .wire = {},
                        .bundle = read_bundle(run_directory, name),
                        .boundaries = {},
                        .cores_of_layer = {},
                        .chips_of_layer = {},
                        .presets = {}};
  find_mapping(experiment, variant.bundle, quiet);
  const ir::Network& network = variant.bundle.network;
  const codec::WireKind wire = wire_of(experiment.values, name);
  const arch::PackageSpec& package = experiment.presets.front().package;
  const auto mapping = mapping_of(experiment, variant.bundle, package);
  variant.boundaries =
      map::boundary_statistics(network, mapping, variant.bundle.activity, wire, package);
  variant.bits_per_activation = variant.boundaries.total.bits_per_activation;
  variant.wire = variant.boundaries.total.wire_format();
  variant.codec = code_of(network);
  variant.chips = mapping.chips_used;
  variant.cores = mapping.tiles_used;
  for (size_t l = 0; l < mapping.layers.size(); ++l) {
    variant.cores_of_layer.push_back(static_cast<int>(mapping.layers[l].size()));
    variant.chips_of_layer.emplace_back(mapping.first_chip(l), mapping.last_chip(l));
  }
  return variant;
}

}  // namespace

Metrics read_metrics(const fs::path& path) {
  const auto json = nlohmann::json::parse(core::read_file(path, "metrics.json"), nullptr, false);
  const auto need = [&](const char* key) -> const nlohmann::json& {
    if (json.is_object() && json.contains(key)) return json.at(key);
    throw core::UserError({.key = "metrics.json",
                           .given = "no '" + std::string(key) + "'",
                           .allowed = "a metrics file as training writes it",
                           .place = path.string(),
                           .hint = "The bundle is damaged; train again."});
  };
  const bool assumed = json.is_object() && json.value("activity", "measured") == "assumed";
  const auto quality = [&](const char* key) -> std::optional<double> {
    const nlohmann::json& value = need(key);
    if (assumed && value.is_null()) return std::nullopt;
    return value.get<double>();
  };
  return {.metric = need("metric").get<std::string>(),
          .assumed = assumed,
          .metric_float = quality("metric_float"),
          .metric_deployed = quality("metric_deployed"),
          .events_per_neuron = need("events_per_neuron").get<double>(),
          .boundary_neurons = need("boundary_neurons").get<int64_t>(),
          .test_samples = need("test_samples").get<int64_t>()};
}

Bundle read_bundle(const fs::path& directory, const std::string& variant) {
  const fs::path bundle = directory / "bundle" / variant;
  Bundle read{.variant = variant,
              .network = ir::read_network(bundle / "network.json"),
              .activity = ir::read_activity(bundle / "activity.h5"),
              .metrics = read_metrics(bundle / "metrics.json"),
              .mapping = {}};
  if (read.metrics.assumed != read.activity.assumed) {
    throw core::UserError({.key = "metrics.json:activity",
                           .given = read.metrics.assumed ? "assumed" : "measured",
                           .allowed = "what activity.h5 says of itself",
                           .place = bundle.string(),
                           .hint = "The bundle mixes two runs; write it again."});
  }
  return read;
}

void remove_checkpoints(const fs::path& directory) {
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".state") fs::remove(entry.path());
  }
}

std::vector<std::string> bundle_names(const fs::path& run_directory, const config::Values& values) {
  std::vector<std::string> candidates = baseline_names();
  for (const auto& name : values.children("variants")) {
    if (std::find(candidates.begin(), candidates.end(), name) == candidates.end()) {
      candidates.push_back(name);
    }
  }
  std::vector<std::string> names;
  for (const auto& name : candidates) {
    if (fs::exists(run_directory / "bundle" / name / "metrics.json")) names.push_back(name);
  }
  if (names.empty()) {
    throw core::UserError({.key = "DIR",
                           .given = "'" + run_directory.string() + "'",
                           .allowed = "a run directory with trained bundles",
                           .place = {},
                           .hint = "Train first: ranvier train EXPERIMENT --out DIR."});
  }
  return names;
}

void require_fit(const Experiment& experiment, const ir::Network& network) {
  for (const auto& setup : experiment.presets) map::map_network(network, setup.package);
}

ExperimentResult evaluate(const Experiment& experiment, const fs::path& run_directory,
                          const EvaluateOptions& options) {
  ExperimentResult result{.name = experiment.name, .variants = {}};
  for (const auto& name : bundle_names(run_directory, experiment.values)) {
    result.variants.push_back(prepare(experiment, run_directory, name, options.quiet));
    if (options.checkpoints.empty()) continue;
    result.variants.back().bundle.hash = bundle_hash(run_directory, name);
  }
  std::vector<Job> jobs;
  for (size_t v = 0; v < result.variants.size(); ++v) {
    const int samples =
        std::min(experiment.simulated_samples, result.variants[v].bundle.activity.samples);
    for (size_t p = 0; p < experiment.presets.size(); ++p) {
      for (int s = 0; s < samples; ++s) jobs.push_back({v, p, s});
    }
  }
  // A checkpoint that is refused is refused before anything is simulated or overwritten.
  for (const Job& job : jobs) {
    sim::read_state(
        options_of(job, experiment, result.variants[job.variant], options, {}).checkpoint);
  }
  const auto done = run_jobs(jobs, experiment, result.variants, options);
  for (size_t v = 0; v < result.variants.size(); ++v) {
    for (size_t p = 0; p < experiment.presets.size(); ++p) {
      std::vector<const JobResult*> samples;
      for (size_t i = 0; i < jobs.size(); ++i) {
        if (jobs[i].variant == v && jobs[i].preset == p) samples.push_back(&done[i]);
      }
      result.variants[v].presets.push_back(combine(experiment.presets[p], samples));
    }
  }
  return result;
}

}  // namespace ranvier::sweep
