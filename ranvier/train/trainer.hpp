#pragma once
// One training phase: a network, its data and a budget of epochs, from a start or a checkpoint to
// the end.

#include "ranvier/core/progress.hpp"
#include "ranvier/train/batches.hpp"
#include "ranvier/train/checkpoint.hpp"
#include "ranvier/train/models.hpp"
#include "ranvier/train/settings.hpp"
#include "ranvier/train/teacher.hpp"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ranvier::train {

/// What one phase does.
struct Phase {
  std::string name;  // "ann", "ann-ft", "dense8", "hnn-graded", ...
  OptimSettings optim;
  double boundary_learning_rate = 0.02;
  double distill = 0;
  double distill_temperature = 2;
  ObjectiveKind objective = ObjectiveKind::kNone;
  double lambda = 0;
  std::optional<double> events_per_neuron = std::nullopt;
  std::optional<double> bits_per_activation = std::nullopt;
  TrafficPrice price = TrafficPrice::kBits;
  std::optional<double> energy_nj = std::nullopt;
  std::optional<double> latency_ns = std::nullopt;
  codec::WireKind wire = codec::WireKind::kAuto;  // that budgets are held in
  std::vector<Framing> framings = {};             // of the boundaries as mapped; none: even ones
  int calibration_samples = 300;  // that dead and saturated channels are looked for in
  std::string signature = {};     // of everything that its weights depend on
};

/// Steps of all phases on one line; phases on several threads may share it.
class TrainProgress {
 public:
  TrainProgress(int64_t total_steps, bool quiet) : progress_("train", total_steps, quiet) {}
  void advance(int64_t steps, const std::string& note);
  /// Steps of a checkpoint: done, but no measure of how long the others will take.
  void restore(int64_t steps, const std::string& note);

 private:
  std::mutex mutex_;
  core::Progress progress_;
  int64_t done_ = 0;
};

/// What all phases of a run share, but for the processes.
struct TrainContext {
  const Sets* sets = nullptr;
  std::filesystem::path checkpoints;  // directory
  uint64_t seed = 1;
  bool augment = false;
  bool resume = false;
  bool quiet = false;
  double checkpoint_seconds = 60;
  int evaluate_samples = 2000;
  TrainProgress* progress = nullptr;        // may be absent
  const std::atomic<bool>* stop = nullptr;  // raised by another phase's failure; may be absent
  ProcessesPtr processes = one_process();   // that share every batch
  int64_t stop_after_steps =
      -1;  // end as if interrupted, this many steps after the start; -1 = never
};

struct PhaseResult {
  std::vector<EpochRecord> history;
  double seconds = 0;
};

/// Steps that a phase takes from its start.
int64_t phase_steps(const Phase& phase, const TrainContext& context);

/// Trains `model` in place. `teacher` is used when phase.distill > 0
/// and may be null otherwise. Several processes end with the same bits, which are those of one
/// process up to rounding; the first of them writes checkpoints, all read them.
/// Errors: RunError when the loss is not finite (names step, loss and learning rate; the last
/// checkpoint stays) or another process ended; Interrupted after a signal to any process, once a
/// checkpoint is written; UserError for a checkpoint of other settings, or when the processes do
/// not see the same one.
PhaseResult train_phase(Model& model, Teacher* teacher, const Phase& phase,
                        const TrainContext& context);

/// The finished phase's weights, when context.resume is set and they are there.
std::optional<PhaseResult> load_finished(Model& model, const Phase& phase,
                                         const TrainContext& context);

}  // namespace ranvier::train
