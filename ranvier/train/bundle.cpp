#include "ranvier/train/bundle.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/ir/entropy.hpp"
#include "ranvier/train/weights.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <numeric>

namespace ranvier::train {

namespace {

using nlohmann::json;

json history_json(const std::vector<EpochRecord>& history, Metric metric) {
  const std::string suffix(to_string(metric));
  json out = json::array();
  for (const auto& r : history) {
    out.push_back({{"epoch", r.epoch},
                   {"loss", r.loss},
                   {"train_" + suffix, r.train_metric},
                   {"test_" + suffix, r.test_metric},
                   {"learning_rate", r.learning_rate},
                   {"events_per_neuron", r.events_per_neuron},
                   {"wire_bits_per_neuron", r.wire_bits_per_neuron},
                   {"lambda", r.lambda},
                   {"seconds", r.seconds}});
  }
  return out;
}

/// Link bits per activation of recorded activity, in blocks of as many neurons as one core holds.
double link_bits_per_activation(const ir::Network& network, const ir::Activity& activity,
                                codec::WireKind wire) {
  const codec::WireLayout layout;
  const size_t block = size_t{1} << layout.address_bits;
  double bits = 0;
  double activations = 0;
  for (const auto& boundary : network.boundaries) {
    const auto& shape = network.layers[static_cast<size_t>(boundary.layer)].out;
    const auto size = static_cast<size_t>(shape.size());
    const int steps = boundary.params.spec.steps;
    const auto format = codec::make_wire_format(wire, boundary.params, layout);
    const auto& symbols = activity.boundaries.at(boundary.name).symbols;
    for (size_t sample = 0; sample < static_cast<size_t>(activity.samples); ++sample) {
      for (size_t begin = 0; begin < size; begin += block) {
        const size_t count = std::min(block, size - begin);
        codec::Frame frame{steps, static_cast<int>(count), {}};
        for (size_t step = 0; step < static_cast<size_t>(steps); ++step) {
          const auto from =
              symbols.begin() +
              static_cast<int64_t>((sample * static_cast<size_t>(steps) + step) * size + begin);
          frame.symbols.insert(frame.symbols.end(), from, from + static_cast<int64_t>(count));
        }
        std::vector<uint32_t> places(count);
        std::iota(places.begin(), places.end(), static_cast<uint32_t>(begin));
        bits += static_cast<double>(codec::link_bits(format->size(frame, places), layout));
      }
    }
    const int64_t stands_for = boundary.activations > 0 ? boundary.activations : shape.size();
    activations += static_cast<double>(stands_for) * activity.samples;
  }
  return activations > 0 ? bits / activations : 0.0;
}

/// What was asked for and what the deployed network does; null without a budget.
json budget_json(const Metrics& m) {
  if (!m.target_events && !m.target_bits) return nullptr;
  const double target = m.target_events ? *m.target_events : *m.target_bits;
  const double reached = m.target_events ? m.events_per_neuron : m.bits_per_activation;
  return {{"unit", m.target_events ? "events_per_neuron" : "bits_per_activation"},
          {"target", target},
          {"reached", reached},
          {"deviation_percent", 100.0 * (reached / target - 1.0)}};
}

json metrics_json(const Metrics& m) {
  int64_t revived = 0;
  for (const auto& record : m.history) revived += record.revived;
  int dead = 0;
  int saturated = 0;
  json boundaries = json::array();
  for (const auto& b : m.boundaries) {
    dead += b.dead_channels;
    saturated += b.saturated_channels;
    boundaries.push_back({{"name", b.name},
                          {"neurons", b.neurons},
                          {"events_per_neuron", b.events_per_neuron},
                          {"dead_channels", b.dead_channels},
                          {"saturated_channels", b.saturated_channels}});
  }
  return {{"schema", 1},
          {"variant", m.variant},
          {"kind", ir::to_string(m.kind)},
          {"metric", to_string(m.metric)},
          {"metric_float", m.metric_float},
          {"metric_deployed", m.metric_deployed},
          {"reference", "ann-ft"},
          {"reference_metric_float", m.reference_float},
          {"events_per_neuron", m.events_per_neuron},
          {"boundary_neurons", m.neurons},
          {"test_samples", m.test_samples},
          {"dead_channels", dead},
          {"saturated_channels", saturated},
          {"revived_channels", revived},
          {"bits_per_activation", m.bits_per_activation},
          {"budget", budget_json(m)},
          {"train_seconds", m.train_seconds},
          {"epochs", m.epochs},
          {"boundaries", boundaries},
          {"history", history_json(m.history, m.metric)},
          {"signature", m.signature}};
}

void warn_of_idle_channels(const Metrics& metrics) {
  for (const auto& b : metrics.boundaries) {
    if (b.dead_channels == 0 && b.saturated_channels == 0) continue;
    spdlog::warn("{}: boundary {} has {} dead and {} saturated channels on the test set",
                 metrics.variant, b.name, b.dead_channels, b.saturated_channels);
  }
}

}  // namespace

void write_bundle(Model& model, const Sets& sets, Metrics metrics, int calibration_samples,
                  int record_samples, const std::filesystem::path& directory, std::mutex& files) {
  std::filesystem::create_directories(directory);
  std::filesystem::remove(directory / "metrics.json");
  model.set_arithmetic(Arithmetic::kFloat);
  metrics.metric = metric_of(sets);
  metrics.metric_float = score(model, sets).metric;
  ir::Activity activity;
  ir::Network network;
  {
    const DeployedScope deployed(model, sets, calibration_samples);
    const auto result = score(model, sets);
    metrics.metric_deployed = result.metric;
    metrics.boundaries = result.boundaries;
    metrics.events_per_neuron = result.events_per_neuron();
    metrics.neurons = result.neurons();
    metrics.test_samples = sets.data.test_samples();
    activity = record_activity(model, sets, Half::kTest, record_samples, metrics.variant);
    // Tables of the entropy coder: from training samples, never from those that are simulated.
    network = model.describe();
    ir::learn_entropy(
        network, record_activity(model, sets, Half::kTrain, calibration_samples, metrics.variant));
    if (network.kind != ir::NetworkKind::kSnn) {
      metrics.bits_per_activation = link_bits_per_activation(network, activity, metrics.wire);
    }
  }
  warn_of_idle_channels(metrics);
  const std::lock_guard lock(files);
  ir::write_network(network, directory / "network.json");
  save_weights(model, directory / "weights.safetensors");
  ir::write_activity(activity, directory / "activity.h5");
  core::write_file_atomic(directory / "metrics.json", metrics_json(metrics).dump(2) + "\n");
  spdlog::info("{}: {} as floats, {} deployed, {:.3f} events per neuron", metrics.variant,
               metric_text(metrics.metric, metrics.metric_float),
               metric_text(metrics.metric, metrics.metric_deployed), metrics.events_per_neuron);
}

void rescore_bundle(Model& model, const Sets& sets, int calibration_samples,
                    const std::filesystem::path& directory) {
  const auto path = directory / "metrics.json";
  auto metrics = json::parse(core::read_file(path, "bundle"));
  metrics["metric_float"] = score(model, sets).metric;
  const DeployedScope deployed(model, sets, calibration_samples);
  metrics["metric_deployed"] = score(model, sets).metric;
  core::write_file_atomic(path, metrics.dump(2) + "\n");
}

bool is_complete_bundle(const std::filesystem::path& directory, const std::string& signature) {
  const auto path = directory / "metrics.json";
  if (!std::filesystem::exists(path)) return false;
  const auto metrics = json::parse(core::read_file(path, "--resume"), nullptr, false);
  return !metrics.is_discarded() && metrics.value("signature", "") == signature;
}

}  // namespace ranvier::train
