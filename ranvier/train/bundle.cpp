#include "ranvier/train/bundle.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/ir/entropy.hpp"
#include "ranvier/train/paid.hpp"
#include "ranvier/train/weights.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

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

/// What was asked for and what the deployed network does; null without a budget.
json budget_json(const Metrics& m) {
  const auto entry = [](const char* unit, double target, double reached) {
    return json{{"unit", unit},
                {"target", target},
                {"reached", reached},
                {"deviation_percent", 100.0 * (reached / target - 1.0)}};
  };
  if (m.target_events) {
    return entry("events_per_neuron", *m.target_events, m.events_per_neuron);
  }
  if (m.target_bits) return entry("bits_per_activation", *m.target_bits, m.bits_per_activation);
  if (m.target_energy_nj) return entry("link_energy_nj", *m.target_energy_nj, m.energy_nj);
  if (m.target_latency_ns) return entry("link_latency_ns", *m.target_latency_ns, m.latency_ns);
  return nullptr;
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
          {"link_energy_nj", m.energy_nj},
          {"link_latency_ns", m.latency_ns},
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
    ir::learn_entropy(network,
                      record_activity(model, sets, Half::kTrain,
                                      table_samples(sets, calibration_samples), metrics.variant));
    if (network.kind != ir::NetworkKind::kSnn) {
      const Paid paid = count_paid(network, activity, metrics.wire, metrics.framings);
      metrics.bits_per_activation = paid.bits_per_activation();
      metrics.energy_nj = paid.nanojoules(metrics.framings);
      metrics.latency_ns = paid.nanoseconds(metrics.framings);
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
