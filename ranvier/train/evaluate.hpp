#pragma once
// Scores of a network: as a float graph and in deployed arithmetic; and the events it sends.

#include "ranvier/ir/activity.hpp"
#include "ranvier/train/batches.hpp"
#include "ranvier/train/models.hpp"

#include <string>
#include <vector>

namespace ranvier::train {

/// Traffic of one boundary over a test set.
struct BoundaryScore {
  std::string name;
  int64_t neurons = 0;
  double events_per_neuron = 0;  // dense: values that are not 0
  int dead_channels = 0;         // never an event on the whole test set
  int saturated_channels = 0;
};

struct Score {
  double accuracy_percent = 0;
  std::vector<BoundaryScore> boundaries;
  double events_per_neuron() const;
  int64_t neurons() const;
};

/// Top-1 in percent on the first `samples` test images, float graph.
double test_accuracy(Model& model, const Sets& sets, int64_t samples);

/// A model in deployed arithmetic while this lives: weights rounded to 8 bits per output channel,
/// dense activations and shortcuts to 8 bits per tensor (ranges from `calibration` training
/// images), boundaries in exact integers. The float weights come back at the end.
class DeployedScope {
 public:
  DeployedScope(Model& model, const Sets& sets, int64_t calibration);
  ~DeployedScope();
  DeployedScope(const DeployedScope&) = delete;
  DeployedScope& operator=(const DeployedScope&) = delete;

 private:
  Model& model_;
  std::vector<torch::Tensor> weights_;
};

/// First thresholds of boundaries and spiking neurons, from `samples` training images and the
/// warm-started weights.
void calibrate(Model& model, const Sets& sets, int64_t samples);

/// Finds dead and saturated boundary channels on `samples` training images and brings them back
/// (Boundary::revive). The state of the network alone decides, so a resumed training does the same.
Revived revive_channels(Model& model, const Sets& sets, int64_t samples);

/// Scores the whole test set in the arithmetic that is set.
Score score(Model& model, const Sets& sets);

/// Events of the first `samples` images of `images` (of sets.data), in the arithmetic that is set.
ir::Activity record_activity(Model& model, const Sets& sets, const Dataset& images, int samples,
                             const std::string& variant);

}  // namespace ranvier::train
