#pragma once
// From a trained bundle to latency and energy: map, simulate, price, under every preset.

#include "ranvier/sim/transport.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <filesystem>
#include <string>

namespace ranvier::sweep {

struct EvaluateOptions {
  // Simulations side by side; with fewer simulations than threads, several share the chips of one.
  // Results depend neither on it nor on the ranks.
  int threads = 1;
  sim::Transport* ranks = nullptr;  // that share every simulation; only rank 0 writes files
  bool quiet = false;
  std::filesystem::path timelines =
      {};                             // directory for VARIANT.PRESET.json of sample 0; empty: none
  std::filesystem::path traces = {};  // directory for VARIANT.PRESET.SAMPLE.h5; empty: none
  std::string trace_format = "h5";    // or csv
  std::filesystem::path checkpoints = {};  // directory for VARIANT.PRESET.SAMPLE.state; empty: none
  double checkpoint_every_s = 60;          // wall clock
  bool resume = false;                     // go on from the checkpoints that are there
  std::string program = {};                // that made them: others' are refused
  std::string power_window = {};  // of Result::windows of sample 0, as in power.hpp; empty: none
};

/// Errors: UserError when a file of the bundle is missing, malformed or does not fit the others.
Bundle read_bundle(const std::filesystem::path& directory, const std::string& variant);

/// Codec of the boundaries: "graded(3)", or "bottleneck(4)+graded(3)" where the first one's layer
/// narrows its input; empty without boundaries.
std::string code_of(const ir::Network& network);

/// What training reported. Errors: UserError when the file is missing or lacks a value.
Metrics read_metrics(const std::filesystem::path& path);

/// Names of the bundles in `run_directory`/bundle, baselines first, then in the experiment's order.
std::vector<std::string> bundle_names(const std::filesystem::path& run_directory,
                                      const config::Values& values);

/// Removes the checkpoints of a run whose results are written.
void remove_checkpoints(const std::filesystem::path& directory);

/// Errors: UserError when the network does not fit on the package of one of the presets.
void require_fit(const Experiment& experiment, const ir::Network& network);

/// Maps, simulates and prices every variant under every preset.
/// Errors: UserError when a network does not fit; RunError when a simulation fails its checks.
ExperimentResult evaluate(const Experiment& experiment, const std::filesystem::path& run_directory,
                          const EvaluateOptions& options);

}  // namespace ranvier::sweep
