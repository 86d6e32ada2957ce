#pragma once
// Scores of a network: as a float graph and in deployed arithmetic; and the events it sends.

#include "ranvier/ir/activity.hpp"
#include "ranvier/train/batches.hpp"
#include "ranvier/train/models.hpp"

#include <string>
#include <string_view>
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

/// What is measured of logits: images: top-1 in percent; texts: cross-entropy in bits per byte.
enum class Metric : uint8_t { kAccuracyPercent, kBitsPerByte };

std::string_view to_string(Metric metric);
Metric metric_of(const Sets& sets);

/// Number of hits, or bits, summed over rows. Shape: logits [N, classes], labels [N].
double metric_sum(Metric metric, const torch::Tensor& logits, const torch::Tensor& labels);
double metric_mean(Metric metric, double sum, double rows);
/// "62.50 %" or "2.223 bits per byte".
std::string metric_text(Metric metric, double value);

struct Score {
  double metric = 0;
  std::vector<BoundaryScore> boundaries;
  double events_per_neuron() const;
  int64_t neurons() const;
};

/// On the first `samples` test samples, in the arithmetic that is set.
double test_metric(Model& model, const Sets& sets, int64_t samples);

/// A model in deployed arithmetic while this lives: weights rounded to 8 bits per output channel,
/// dense activations and shortcuts to 8 bits per tensor (ranges from `calibration` training
/// samples), boundaries in exact integers. The float weights come back at the end.
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

/// First thresholds of boundaries and spiking neurons, from `samples` training samples and the
/// warm-started weights. Texts: of 32768 tokens at most.
void calibrate(Model& model, const Sets& sets, int64_t samples);

/// Finds dead and saturated boundary channels on `samples` training images and brings them back
/// (Boundary::revive). The state of the network alone decides, so a resumed training does the same.
Revived revive_channels(Model& model, const Sets& sets, int64_t samples);

/// Scores the whole test set in the arithmetic that is set.
Score score(Model& model, const Sets& sets);

/// Training samples that the tables of the entropy coder are learned from: images as for the
/// calibration, of a text 8192 tokens (where the calibration has as many).
int table_samples(const Sets& sets, int calibration_samples);

/// Events of the first `samples` images of a half, in the arithmetic that is set. Texts: of
/// `samples` tokens at even distances in the first windows.
ir::Activity record_activity(Model& model, const Sets& sets, Half half, int samples,
                             const std::string& variant);

}  // namespace ranvier::train
