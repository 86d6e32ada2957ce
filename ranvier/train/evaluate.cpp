#include "ranvier/train/evaluate.hpp"

#include "ranvier/ir/cut_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

namespace ranvier::train {

namespace {

using torch::Tensor;

constexpr double kWeightLevels = 127.0;
constexpr double kSmallest = 1e-12;
constexpr int64_t kBatch = 250;         // images
constexpr int64_t kBatchTokens = 8192;  // of a text
constexpr int64_t kCalibrationTokens = 32768;
constexpr int64_t kTableTokens = 8192;
constexpr int64_t kRecordedWindows = 8;  // at least, where the text has them

int64_t batch_of(const Sets& sets) {
  if (!sets.data.is_text()) return kBatch;
  return std::max<int64_t>(1, kBatchTokens / sets.rows_per_sample());
}

int64_t calibration_of(const Sets& sets, int64_t samples) {
  if (!sets.data.is_text()) return samples;
  return std::min(samples, std::max<int64_t>(1, kCalibrationTokens / sets.rows_per_sample()));
}

/// Runs the first `samples` samples of a half in published order through the model, without
/// gradients.
void for_each_batch(Model& model, const Sets& sets, Half half, int64_t samples, int64_t batch_size,
                    const std::function<void(const Tensor& logits, const Batch& batch)>& visit) {
  torch::NoGradGuard no_grad;
  model.eval();
  samples = std::min(samples,
                     half == Half::kTrain ? sets.data.train_samples() : sets.data.test_samples());
  Batches batches(sets, half, {.batch_size = std::min(batch_size, samples), .shuffle = false});
  for (int64_t done = 0; done < samples;) {
    auto batch = batches.next();
    batch = batch.first(std::min(batch.position.size, samples - done));
    visit(model.forward(batch.inputs), batch);
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

  void add() {
    for (size_t i = 0; i < sites.size(); ++i) {
      const auto& spikes = sites[i]->spikes();  // [T, N, C, ...]
      const auto sum = spikes.abs().transpose(0, 2).flatten(1).sum(1).to(torch::kDouble);
      events[i] = events[i].defined() ? events[i] + sum : sum;
      neurons[i] = spikes.numel() / spikes.size(0) / spikes.size(1);
    }
    if (!sites.empty()) samples += sites.front()->spikes().size(1);
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
  const auto flat = spikes.transpose(0, 1).to(torch::kCPU, type).contiguous();
  const auto* data = flat.data_ptr<Integer>();
  return {data, data + flat.numel()};
}

std::vector<int32_t> integers_of(const Tensor& values) {
  const auto plain = values.to(torch::kCPU, torch::kInt).contiguous();
  return {plain.data_ptr<int32_t>(), plain.data_ptr<int32_t>() + plain.numel()};
}

/// Images: as many as asked for. Texts: so many windows that their tokens are enough, from several
/// places.
int64_t windows_to_record(const Sets& sets, int64_t samples) {
  if (!sets.data.is_text()) return samples;
  const int64_t rows = sets.rows_per_sample();
  return std::max((samples + rows - 1) / rows, std::min(samples, kRecordedWindows));
}

/// Rows at even distances: `kept` out of `samples`. Empty columns stay empty.
template <class Integer>
void thin_out(std::vector<Integer>& values, int64_t samples, int64_t kept) {
  const int64_t row = static_cast<int64_t>(values.size()) / samples;
  for (int64_t i = 0; i < kept; ++i) {
    const auto from = values.begin() + i * samples / kept * row;
    std::copy(from, from + row, values.begin() + i * row);
  }
  values.resize(static_cast<size_t>(kept * row));
}

void thin_out(ir::Activity& activity, int kept) {
  const int samples = activity.samples;
  if (kept >= samples) return;
  thin_out(activity.labels, samples, kept);
  thin_out(activity.predictions, samples, kept);
  for (auto& [name, boundary] : activity.boundaries) {
    thin_out(boundary.current, samples, kept);
    thin_out(boundary.symbols, samples, kept);
    thin_out(boundary.value, samples, kept);
  }
  for (auto& [name, spikes] : activity.layer_spikes) thin_out(spikes, samples, kept);
  activity.samples = kept;
}

void take_spikes(const Model& model, ir::Activity& activity) {
  const auto& cuts = model.spec().network.cuts;
  size_t cut = 0;
  for (const auto& site : model.spiking_sites()) {
    const auto& spikes = site->spikes();
    activity.steps = static_cast<int>(spikes.size(0));
    activity.layer_spikes[site->layer()] = by_sample<uint8_t>(spikes.abs(), torch::kByte);
    if (!site->at_cut()) continue;
    ir::BoundaryActivity boundary;
    boundary.elements = static_cast<int>(spikes.numel() / spikes.size(0) / spikes.size(1));
    boundary.steps = static_cast<int>(spikes.size(0));
    boundary.symbols = by_sample<int16_t>(spikes, torch::kShort);
    activity.boundaries[ir::boundary_name(cuts[cut++])] = std::move(boundary);
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

std::string_view to_string(Metric metric) {
  return metric == Metric::kBitsPerByte ? "bits_per_byte" : "accuracy_percent";
}

Metric metric_of(const Sets& sets) {
  return sets.data.is_text() ? Metric::kBitsPerByte : Metric::kAccuracyPercent;
}

double metric_sum(Metric metric, const Tensor& logits, const Tensor& labels) {
  torch::NoGradGuard no_grad;
  if (metric == Metric::kAccuracyPercent) {
    return logits.argmax(1).eq(labels).sum().item<double>();
  }
  const auto of_label = torch::log_softmax(logits, 1).gather(1, labels.unsqueeze(1));
  return -of_label.sum(torch::kDouble).item<double>() / std::numbers::ln2;
}

double metric_mean(Metric metric, double sum, double rows) {
  return (metric == Metric::kAccuracyPercent ? 100.0 : 1.0) * sum / rows;
}

std::string metric_text(Metric metric, double value) {
  return metric == Metric::kBitsPerByte ? fmt::format("{:.4f} bits per byte", value)
                                        : fmt::format("{:.2f} %", value);
}

double test_metric(Model& model, const Sets& sets, int64_t samples) {
  const Metric metric = metric_of(sets);
  double sum = 0;
  double rows = 0;
  for_each_batch(model, sets, Half::kTest, samples, batch_of(sets),
                 [&](const Tensor& logits, const Batch& batch) {
                   sum += metric_sum(metric, logits, batch.labels);
                   rows += static_cast<double>(batch.labels.size(0));
                 });
  return metric_mean(metric, sum, rows);
}

void calibrate(Model& model, const Sets& sets, int64_t samples) {
  samples = calibration_of(sets, samples);
  model.set_boundary_mode(BoundaryMode::kBypass);
  const auto sites = model.boundary_sites();
  for (const auto& site : sites) site->capture(samples * sets.rows_per_sample());
  for (const auto& site : model.spiking_sites()) site->calibrate_next();
  for_each_batch(model, sets, Half::kTrain, samples, samples, [](const Tensor&, const Batch&) {});
  for (const auto& site : sites) site->calibrate();
  model.fold_thresholds();
  model.set_boundary_mode(BoundaryMode::kTrain);
}

int table_samples(const Sets& sets, int calibration_samples) {
  if (!sets.data.is_text()) return calibration_samples;
  const int64_t rows = sets.rows_per_sample() * calibration_of(sets, calibration_samples);
  return static_cast<int>(std::min(kTableTokens, rows));
}

Revived revive_channels(Model& model, const Sets& sets, int64_t samples) {
  constexpr double kShare = 0.02;  // of a revived channel's elements
  auto boundaries = model.boundaries();
  for (auto& boundary : boundaries) {
    boundary->reset_counts();
    boundary->capture(samples);
  }
  for_each_batch(model, sets, Half::kTrain, calibration_of(sets, samples), batch_of(sets),
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
  for (const Arithmetic pass : {Arithmetic::kMeasure, Arithmetic::kChoose}) {
    model_.set_arithmetic(pass);
    for_each_batch(model_, sets, Half::kTrain, calibration_of(sets, calibration), batch_of(sets),
                   [](const Tensor&, const Batch&) {});
  }
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
  const Metric metric = metric_of(sets);
  double sum = 0;
  double rows = 0;
  for_each_batch(model, sets, Half::kTest, sets.data.test_samples(), batch_of(sets),
                 [&](const Tensor& logits, const Batch& batch) {
                   sum += metric_sum(metric, logits, batch.labels);
                   rows += static_cast<double>(batch.labels.size(0));
                   spikes.add();
                 });
  Score out;
  out.metric = metric_mean(metric, sum, rows);
  for (const auto& boundary : model.boundaries()) {
    const auto& counts = boundary->counts();
    const double share = boundary->share();
    out.boundaries.push_back(
        {boundary->options().name, std::llround(static_cast<double>(counts.neurons) / share),
         counts.events_per_neuron() * share, counts.dead_channels(), counts.saturated_channels()});
  }
  for (size_t i = 0; i < spikes.sites.size(); ++i) {
    out.boundaries.push_back(spikes.result(i, ir::boundary_name(model.spec().network.cuts[i])));
  }
  return out;
}

ir::Activity record_activity(Model& model, const Sets& sets, Half half, int samples,
                             const std::string& variant) {
  const int64_t windows = windows_to_record(sets, samples);
  ir::Activity activity;
  activity.variant = variant;
  auto boundaries = model.boundaries();
  const auto sites = model.spiking_sites();
  for (auto& boundary : boundaries) boundary->set_recording(true);
  for (const auto& site : sites) site->set_recording(true);
  for_each_batch(model, sets, half, windows, windows,
                 [&](const Tensor& logits, const Batch& batch) {
                   activity.labels = integers_of(batch.labels);
                   activity.predictions = integers_of(logits.argmax(1));
                 });
  activity.samples = static_cast<int>(activity.labels.size());
  for (auto& boundary : boundaries) {
    boundary->set_recording(false);
    activity.boundaries[boundary->options().name] = boundary->take_record();
  }
  if (!sites.empty()) take_spikes(model, activity);
  for (const auto& site : sites) site->set_recording(false);
  thin_out(activity, samples);
  return activity;
}

}  // namespace ranvier::train
