#pragma once
// From an experiment file to trained, measured bundles. The rest of ranvier meets training through
// these files alone.

#include "ranvier/config/values.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/train/framing.hpp"
#include "ranvier/train/launch.hpp"
#include "ranvier/train/settings.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ranvier::train {

/// Looks at a network that is about to be trained, its thresholds still uncalibrated; throws to
/// refuse it.
using Examine = std::function<void(const ir::Network&)>;

struct TrainOptions {
  std::filesystem::path out;  // run directory
  bool resume = false;        // go on from out/checkpoints; finished variants are skipped
  bool quiet = false;
  int threads = 0;             // 0 = as many as the machine has
  std::string device = "cpu";  // or "cuda", "cuda:1": usable_device()
  Examine examine = {};        // of every variant, before the first step; may be empty
  FramingOf framing = {};      // of every network with boundaries; empty: even ones
  Launch launch = {};  // of the processes that share every batch; train_all alone takes several
};

/// Trains every variant in order and writes out/bundle/<variant>/{network.json,
/// weights.safetensors, activity.h5, metrics.json}; metrics.json comes last, so a bundle without it
/// is not a result. Of several processes the first one writes, and returns last. Errors: UserError
/// (settings, data, directory, processes), RunError (loss not finite, disk, a process ended),
/// Interrupted.
void train_all(const config::Values& values, const TrainOptions& options);

/// The same, from settings that were parsed or made otherwise. The calling thread keeps one Torch
/// thread.
void train_all(const Settings& settings, const TrainOptions& options);

/// Scores the bundles under out/bundle again from their weights; rewrites metric_float and
/// metric_deployed.
void evaluate_bundles(const config::Values& values, const TrainOptions& options);

/// Scores networks whose links lose values: what `links`, files VARIANT.PRESET.links.json, say of
/// the bundles under out/bundle. On the first `samples` test samples; VARIANT.PRESET.score.json
/// comes beside each file. Errors: UserError when bundle and links do not belong together.
using LossScorer =
    std::function<void(const std::vector<std::filesystem::path>& links, int64_t samples)>;

/// Loads the data now. Errors: UserError (settings, data).
LossScorer loss_scorer(const config::Values& values, const TrainOptions& options);

/// Measured speed of a 768 x 768 float matrix product [GFLOP/s], median of several, on `threads`
/// threads.
double matmul_gflops(int threads);

std::string torch_version();

/// GPUs that --device cuda can run on, and whether this program has its own kernels for them.
struct GpuFinding {
  int count = 0;
  bool has_kernels = false;
};
GpuFinding find_gpus();

}  // namespace ranvier::train
