#pragma once
// The bundle of one variant, written so that an incomplete one is never mistaken for a result.

#include "ranvier/train/evaluate.hpp"
#include "ranvier/train/trainer.hpp"

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ranvier::train {

/// What metrics.json says.
struct Metrics {
  std::string variant;
  ir::NetworkKind kind = ir::NetworkKind::kAnn;
  Metric metric = Metric::kAccuracyPercent;
  double metric_float = 0;
  double metric_deployed = 0;
  std::vector<BoundaryScore> boundaries;  // deployed, whole test set
  double events_per_neuron = 0;
  int64_t neurons = 0;
  int64_t test_samples = 0;    // scored
  double reference_float = 0;  // the dense network trained equally long
  double train_seconds = 0;
  int epochs = 0;
  std::vector<EpochRecord> history;
  codec::WireKind wire = codec::WireKind::kAuto;
  std::vector<Framing> framings = {};  // of the boundaries as mapped; none: even ones
  double bits_per_activation = 0;      // recorded test samples on the real wire; 0: an SNN
  std::optional<double> target_events = std::nullopt;  // budgets
  std::optional<double> target_bits = std::nullopt;
  std::optional<double> target_energy_nj = std::nullopt;
  std::optional<double> target_latency_ns = std::nullopt;
  double energy_nj = 0;  // of one inference on the links, where they have prices
  double latency_ns = 0;
  std::string signature;
};

/// Scores `model`, records events, and writes all four files, metrics.json last. `files` is held
/// while files are written: HDF5 serves one thread at a time. Errors: RunError when a file cannot
/// be written.
void write_bundle(Model& model, const Sets& sets, Metrics metrics, int calibration_samples,
                  int record_samples, const std::filesystem::path& directory, std::mutex& files);

/// Scores `model` again and rewrites metric_float and metric_deployed of the bundle.
void rescore_bundle(Model& model, const Sets& sets, int calibration_samples,
                    const std::filesystem::path& directory);

/// True when `directory` holds a whole bundle made under `signature`.
bool is_complete_bundle(const std::filesystem::path& directory, const std::string& signature);

}  // namespace ranvier::train
