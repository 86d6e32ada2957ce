#include "ranvier/shapes/bundle.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/core/quantity.hpp"
#include "ranvier/ir/cut_names.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ranvier::shapes {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

codec::BoundaryParams params_of(const codec::CodecSpec& spec, int channels) {
  codec::BoundaryParams params;
  params.spec = spec;
  // The highest level times 2^F has to fit the 16-bit current.
  constexpr int kCurrentBits = 15;
  if (spec.kind != codec::CodecKind::kRate) {
    const int bits =
        spec.kind == codec::CodecKind::kTtfs ? core::bits_to_name(spec.window) : spec.bits;
    params.current_frac_bits =
        std::min(params.current_frac_bits, std::max(0, kCurrentBits - 1 - bits));
  }
  const int32_t one = 1 << params.current_frac_bits;
  params.channels.resize(static_cast<size_t>(channels));
  if (spec.kind == codec::CodecKind::kGraded || spec.kind == codec::CodecKind::kTtfs) {
    for (auto& channel : params.channels) channel.threshold = one;
  }
  if (spec.kind == codec::CodecKind::kTtfs) {  // evenly spaced, as levels of graded are
    for (int level = 1; level <= spec.window; ++level) {
      if (level > 1) params.levels.threshold.push_back(static_cast<int16_t>(level * one));
      params.levels.value.push_back(static_cast<int16_t>(level));
    }
  }
  return params;
}

std::vector<Cut> boundaries_of(const Settings& settings) {
  if (!settings.cuts.empty()) return settings.cuts;
  std::vector<Cut> all;
  const auto& layers = settings.architecture.layers;
  for (size_t l = 1; l + 1 < layers.size(); ++l) {
    all.push_back({layers[l].name, static_cast<int>(l)});
  }
  return all;
}

void refuse_topk(const Variant& variant) {
  if (variant.codec.kind != codec::CodecKind::kTopk) return;
  throw core::UserError({.key = "variants." + variant.name + ".codec",
                         .given = codec::to_string(variant.codec),
                         .allowed = "dense, rate, graded or ttfs without weights",
                         .place = {},
                         .hint = "topk sorts activations, which only a trained network has."});
}

void refuse_gates(const Settings& settings, const Variant& variant) {
  if (variant.kind != ir::NetworkKind::kSnn) return;
  for (const ir::Layer& layer : settings.architecture.layers) {
    if (!layer.gate) continue;
    throw core::UserError(
        {.key = "variants." + variant.name + ".kind",
         .given = "snn",
         .allowed = "ann or hnn for " + settings.architecture.name,
         .place = {},
         .hint = "Layer " + layer.name + " multiplies two activations, which spikes do not."});
  }
}

double events_of(const ir::Activity& activity) {
  int64_t events = 0, neurons = 0;
  for (const auto& [name, boundary] : activity.boundaries) {
    for (const int16_t symbol : boundary.symbols) events += symbol != 0;
    neurons += int64_t{1} * boundary.elements * activity.samples;
  }
  return neurons == 0 ? 0 : static_cast<double>(events) / static_cast<double>(neurons);
}

std::string metrics_json(const Settings& settings, const Variant& variant,
                         const ir::Network& network, const ir::Activity& activity) {
  int64_t neurons = 0;
  for (const auto& cut : network.boundaries) {
    neurons += network.layers[static_cast<size_t>(cut.layer)].out.size();
  }
  const bool is_dense = variant.codec.kind == codec::CodecKind::kDense;
  const Json metrics{{"schema", 1},
                     {"variant", variant.name},
                     {"kind", ir::to_string(variant.kind)},
                     {"activity", "assumed"},
                     {"metric", settings.metric},
                     {"metric_float", nullptr},
                     {"metric_deployed", nullptr},
                     {"events_per_neuron", is_dense ? 1.0 : events_of(activity)},
                     {"boundary_neurons", neurons},
                     {"test_samples", 0}};
  return metrics.dump(2) + "\n";
}

}  // namespace

ir::Network describe(const Settings& settings, const Variant& variant) {
  refuse_gates(settings, variant);
  refuse_topk(variant);
  ir::Network network;
  network.name = settings.architecture.name;
  network.kind = variant.kind;
  const bool is_spiking = variant.kind == ir::NetworkKind::kSnn;
  network.steps = is_spiking ? variant.steps : 1;
  network.layers = settings.architecture.layers;
  if (settings.cuts.empty()) network.chip_rule = ir::ChipRule::kFilled;
  for (const Cut& cut : boundaries_of(settings)) {
    const int channels = network.layers[static_cast<size_t>(cut.layer)].out.channels;
    network.boundaries.push_back(
        {ir::boundary_name(cut.name), cut.layer, params_of(variant.codec, channels)});
  }
  ir::validate(network, network.name);
  return network;
}

void write_bundle(const Settings& settings, const Variant& variant, const fs::path& run_directory) {
  Assumption assumption = settings.assumption;
  if (variant.codec.kind == codec::CodecKind::kDense || variant.kind == ir::NetworkKind::kSnn) {
    assumption.events_per_neuron = 0;  // not asked for
  } else {
    assumption.events_per_neuron = variant.events_per_neuron.value_or(assumption.events_per_neuron);
  }
  const double most = most_events(variant.codec, assumption.level_share);
  if (assumption.events_per_neuron > most) {
    const bool own = variant.events_per_neuron.has_value();
    throw core::UserError(
        {.key =
             own ? "variants." + variant.name + ".events_per_neuron" : "shapes.events_per_neuron",
         .given = fmt::format("{}", assumption.events_per_neuron),
         .allowed = fmt::format("0..{} with {}", most, codec::to_string(variant.codec)),
         .place = {},
         .hint = variant.codec.kind == codec::CodecKind::kRate
                     ? "A higher shapes.level_share allows more."
                     : ""});
  }
  ir::Network network = describe(settings, variant);
  assume_entropy(network, assumption, settings.seed);
  ir::Activity activity = assume_activity(network, assumption, settings.seed);
  activity.variant = variant.name;
  const fs::path directory = run_directory / "bundle" / variant.name;
  fs::create_directories(directory);
  fs::remove(directory / "metrics.json");
  ir::write_network(network, directory / "network.json");
  ir::write_activity(activity, directory / "activity.h5");
  core::write_file_atomic(directory / "metrics.json",
                          metrics_json(settings, variant, network, activity));
}

}  // namespace ranvier::shapes
