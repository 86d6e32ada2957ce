#include "ranvier/train/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace ranvier::train {

namespace {

using torch::Tensor;

constexpr double kWeightLevels = 127.0;
constexpr double kSmallest = 1e-12;
constexpr int64_t kBatch = 250;

/// Runs the first `samples` images of `set` in published order through the model, without
/// gradients.
void for_each_batch(Model& model, const Dataset& set, const Normalisation& normalisation,
                    int64_t samples, int64_t batch_size,
                    const std::function<void(const Tensor& logits, const Batch& batch)>& visit) {
  torch::NoGradGuard no_grad;
  model.eval();
  samples = std::min(samples, set.size());
  Batches batches(set, normalisation,
                  {.batch_size = std::min(batch_size, samples), .shuffle = false});
  for (int64_t done = 0; done < samples;) {
    auto batch = batches.next();
    batch.position.size = std::min(batch.position.size, samples - done);
    batch.images = batch.images.narrow(0, 0, batch.position.size);
    batch.labels = batch.labels.narrow(0, 0, batch.position.size);
    visit(model.forward(batch.images), batch);
    done += batch.position.size;
  }
}

/// Symmetric 8-bit rounding, one scale per output channel, in place.
void round_weights(Tensor& weight) {
  std::vector<int64_t> shape(static_cast<size_t>(weight.dim()), 1);
  shape[0] = weight.size(0);
  const auto largest = weight.abs().flatten(1).amax(1).clamp_min(kSmallest);
  const auto scale = (largest / kWeightLevels).view(shape);
  weight.copy_((weight / scale).round() * scale);
}

std::vector<Tensor> multiplied_weights(const Model& model) {
  std::vector<Tensor> out;
  for (const auto& p : model.network_parameters()) {
    if (p.dim() >= 2) out.push_back(p);
  }
  return out;
}

/// Spikes per channel of the neurons at the cuts of an SNN.
struct SpikeTally {
  std::vector<std::shared_ptr<LifSite>> sites;
  std::vector<Tensor> events;  // [C]
  std::vector<int64_t> neurons;
  int64_t samples = 0;

  explicit SpikeTally(const Model& model) {
    for (const auto& site : model.spiking_sites()) {
      if (site->at_cut()) sites.push_back(site);
    }
    events.resize(sites.size());
    neurons.resize(sites.size());
    for (const auto& site : sites) site->set_recording(true);
  }
  ~SpikeTally() {
    for (const auto& site : sites) site->set_recording(false);
  }
  SpikeTally(const SpikeTally&) = delete;
  SpikeTally& operator=(const SpikeTally&) = delete;

  void add(int64_t batch) {
    for (size_t i = 0; i < sites.size(); ++i) {
      const auto& spikes = sites[i]->spikes();  // [T, N, C, ...]
      const auto sum = spikes.transpose(0, 2).flatten(1).sum(1).to(torch::kDouble);
      events[i] = events[i].defined() ? events[i] + sum : sum;
      neurons[i] = spikes.numel() / spikes.size(0) / spikes.size(1);
    }
    samples += batch;
  }

  BoundaryScore result(size_t i, const std::string& name) const {
    BoundaryScore out;
    out.name = name;
    out.neurons = neurons[i];
    out.events_per_neuron =
        events[i].sum().item<double>() / static_cast<double>(neurons[i] * samples);
    out.dead_channels = static_cast<int>(events[i].eq(0).sum().item<int64_t>());
    const double per_channel =
        static_cast<double>(neurons[i]) / static_cast<double>(events[i].numel());
    const double most = per_channel * static_cast<double>(samples * sites[i]->spikes().size(0));
    out.saturated_channels = static_cast<int>(events[i].gt(0.5 * most).sum().item<int64_t>());
    return out;
  }
};

/// [T, N, C, ...] -> [N][T][C * ...] in CHW order.
template <class Integer>
std::vector<Integer> by_sample(const Tensor& spikes, c10::ScalarType type) {
  const auto flat = spikes.transpose(0, 1).contiguous().to(type);
  const auto* data = flat.data_ptr<Integer>();
  return {data, data + flat.numel()};
}

void take_spikes(const Model& model, ir::Activity& activity) {
  const auto& cuts = model.spec().network.cuts;
  size_t cut = 0;
  for (const auto& site : model.spiking_sites()) {
    const auto& spikes = site->spikes();
    activity.steps = static_cast<int>(spikes.size(0));
    activity.layer_spikes[site->layer()] = by_sample<uint8_t>(spikes, torch::kByte);
    if (!site->at_cut()) continue;
    ir::BoundaryActivity boundary;
    boundary.elements = static_cast<int>(spikes.numel() / spikes.size(0) / spikes.size(1));
    boundary.steps = static_cast<int>(spikes.size(0));
    boundary.symbols = by_sample<int16_t>(spikes, torch::kShort);
    activity.boundaries["after_" + cuts[cut++]] = std::move(boundary);
  }
}

}  // namespace

double Score::events_per_neuron() const {
  double events = 0;
  for (const auto& b : boundaries) events += b.events_per_neuron * static_cast<double>(b.neurons);
  return boundaries.empty() ? 0.0 : events / static_cast<double>(neurons());
}

int64_t Score::neurons() const {
  int64_t sum = 0;
  for (const auto& b : boundaries) sum += b.neurons;
  return sum;
}

double test_accuracy(Model& model, const Sets& sets, int64_t samples) {
  double hits = 0;
  double seen = 0;
  for_each_batch(model, sets.data.test, sets.normalisation, samples, kBatch,
                 [&](const Tensor& logits, const Batch& batch) {
                   hits += logits.argmax(1).eq(batch.labels).sum().item<double>();
                   seen += static_cast<double>(batch.position.size);
                 });
  return 100.0 * hits / seen;
}

void calibrate(Model& model, const Sets& sets, int64_t samples) {
  model.set_boundary_mode(BoundaryMode::kBypass);
  const auto sites = model.boundary_sites();
  for (const auto& site : sites) site->capture(samples);
  for (const auto& site : model.spiking_sites()) site->calibrate_next();
  for_each_batch(model, sets.data.train, sets.normalisation, samples, samples,
                 [](const Tensor&, const Batch&) {});
  for (const auto& site : sites) site->calibrate();
  model.fold_thresholds();
  model.set_boundary_mode(BoundaryMode::kTrain);
}

Revived revive_channels(Model& model, const Sets& sets, int64_t samples) {
  constexpr double kShare = 0.02;  // of a revived channel's elements
  auto boundaries = model.boundaries();
  for (auto& boundary : boundaries) {
    boundary->reset_counts();
    boundary->capture(samples);
  }
  for_each_batch(model, sets.data.train, sets.normalisation, samples, kBatch,
                 [](const Tensor&, const Batch&) {});
  Revived total;
  for (auto& boundary : boundaries) {
    const Revived found = boundary->revive(kShare);
    total.dead += found.dead;
    total.saturated += found.saturated;
  }
  return total;
}

DeployedScope::DeployedScope(Model& model, const Sets& sets, int64_t calibration) : model_(model) {
  torch::NoGradGuard no_grad;
  model_.set_arithmetic(Arithmetic::kMeasure);
  for_each_batch(model_, sets.data.train, sets.normalisation, calibration, kBatch,
                 [](const Tensor&, const Batch&) {});
  for (auto& weight : multiplied_weights(model_)) {
    weights_.push_back(weight.clone());
    round_weights(weight);
  }
  model_.set_arithmetic(Arithmetic::kDeployed);
}

DeployedScope::~DeployedScope() {
  torch::NoGradGuard no_grad;
  auto weights = multiplied_weights(model_);
  for (size_t i = 0; i < weights.size(); ++i) weights[i].copy_(weights_[i]);
  model_.set_arithmetic(Arithmetic::kFloat);
}

Score score(Model& model, const Sets& sets) {
  for (auto& boundary : model.boundaries()) boundary->reset_counts();
  SpikeTally spikes(model);
  double hits = 0;
  for_each_batch(model, sets.data.test, sets.normalisation, sets.data.test.size(), kBatch,
                 [&](const Tensor& logits, const Batch& batch) {
                   hits += logits.argmax(1).eq(batch.labels).sum().item<double>();
                   spikes.add(batch.position.size);
                 });
  Score out;
  out.accuracy_percent = 100.0 * hits / static_cast<double>(sets.data.test.size());
  for (const auto& boundary : model.boundaries()) {
    const auto& counts = boundary->counts();
    const double share = boundary->share();
    out.boundaries.push_back(
        {boundary->options().name, std::llround(static_cast<double>(counts.neurons) / share),
         counts.events_per_neuron() * share, counts.dead_channels(), counts.saturated_channels()});
  }
  for (size_t i = 0; i < spikes.sites.size(); ++i) {
    out.boundaries.push_back(spikes.result(i, "after_" + model.spec().network.cuts[i]));
  }
  return out;
}

ir::Activity record_activity(Model& model, const Sets& sets, const Dataset& images, int samples,
                             const std::string& variant) {
  ir::Activity activity;
  activity.variant = variant;
  activity.samples = static_cast<int>(std::min<int64_t>(samples, images.size()));
  auto boundaries = model.boundaries();
  const auto sites = model.spiking_sites();
  for (auto& boundary : boundaries) boundary->set_recording(true);
  for (const auto& site : sites) site->set_recording(true);
  for_each_batch(model, images, sets.normalisation, activity.samples, activity.samples,
                 [&](const Tensor& logits, const Batch& batch) {
                   const auto predicted = logits.argmax(1);
                   for (int64_t i = 0; i < batch.position.size; ++i) {
                     activity.labels.push_back(batch.labels[i].item<int32_t>());
                     activity.predictions.push_back(predicted[i].item<int32_t>());
                   }
                 });
  for (auto& boundary : boundaries) {
    boundary->set_recording(false);
    activity.boundaries[boundary->options().name] = boundary->take_record();
  }
  if (!sites.empty()) take_spikes(model, activity);
  for (const auto& site : sites) site->set_recording(false);
  return activity;
}

}  // namespace ranvier::train
