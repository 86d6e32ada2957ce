#include "ranvier/shapes/assumed.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/quantity.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/shapes/levels.hpp"

#include <algorithm>

namespace ranvier::shapes {
namespace {

using codec::CodecKind;
using codec::CodecSpec;

/// Levels that an element with an event may have: 1..this.
int top_level(const CodecSpec& spec) {
  constexpr int kSymbolBits = 15;
  switch (spec.kind) {
    case CodecKind::kDense:
      return (1 << std::min(spec.bits - (spec.is_signed ? 1 : 0), kSymbolBits)) - 1;
    case CodecKind::kRate:
      return spec.steps;
    case CodecKind::kTtfs:
      return spec.window;
    case CodecKind::kGraded:
    case CodecKind::kTopk:
      return 1 << spec.bits;
  }
  throw core::ContractViolation("every codec has a largest level");
}

/// The smallest current that a converter turns into `level`.
int16_t current_of(int level, const codec::BoundaryParams& params) {
  const int32_t threshold = params.channels.front().threshold;
  const int64_t current =
      params.spec.kind == CodecKind::kRate
          ? core::ceil_div(int64_t{level} * threshold, params.spec.steps)
          : std::min<int64_t>(int64_t{level} << params.current_frac_bits, INT16_MAX);
  return static_cast<int16_t>(current);
}

/// The current of one element after the other.
class CurrentDraw {
 public:
  CurrentDraw(const codec::BoundaryParams& params, const Assumption& assumption)
      : params_(params), level_(top_level(params.spec), assumption.level_share) {
    const bool is_dense = params.spec.kind == CodecKind::kDense;
    const double mean = most_events(params.spec, assumption.level_share);
    density_ = is_dense ? assumption.nonzero_share : assumption.events_per_neuron / mean;
  }

  int16_t operator()(core::Rng& rng) const {
    if (rng.uniform() >= density_) return 0;
    const int16_t current = current_of(level_(rng), params_);
    return params_.spec.is_signed && rng.below(2) == 1 ? static_cast<int16_t>(-current) : current;
  }

 private:
  const codec::BoundaryParams& params_;
  LevelDraw level_;
  double density_;
};

void assume_boundary(const ir::Network& network, const ir::Boundary& boundary,
                     const Assumption& assumption, core::Rng rng, ir::BoundaryActivity& activity) {
  const ir::Shape& shape = network.layers[static_cast<size_t>(boundary.layer)].out;
  const auto codec = codec::make_codec(boundary.params);
  const CurrentDraw draw(boundary.params, assumption);
  activity.elements = static_cast<int>(shape.size());
  activity.steps = boundary.params.spec.steps;
  std::vector<uint16_t> channel(static_cast<size_t>(shape.size()));
  const auto positions = static_cast<size_t>(shape.height * shape.width);
  for (size_t e = 0; e < channel.size(); ++e) channel[e] = static_cast<uint16_t>(e / positions);
  for (int sample = 0; sample < assumption.samples; ++sample) {
    std::vector<int16_t> current(channel.size());
    for (auto& one : current) one = draw(rng);
    const codec::Frame frame = codec->encode(current, channel);
    const std::vector<int32_t> value = codec->decode(frame, channel);
    activity.current.insert(activity.current.end(), current.begin(), current.end());
    activity.symbols.insert(activity.symbols.end(), frame.symbols.begin(), frame.symbols.end());
    activity.value.insert(activity.value.end(), value.begin(), value.end());
  }
}

std::vector<uint8_t> assume_spikes(const ir::Network& network, const ir::Layer& layer,
                                   const Assumption& assumption, core::Rng rng) {
  std::vector<uint8_t> spikes(
      static_cast<size_t>(layer.out.size() * network.steps * assumption.samples));
  for (auto& spike : spikes) spike = rng.uniform() < assumption.spikes_per_step ? 1 : 0;
  return spikes;
}

}  // namespace

double most_events(const CodecSpec& spec, double level_share) {
  return spec.kind == CodecKind::kRate ? 1 + level_share * (spec.steps - 1) : 1.0;
}

ir::Activity assume_activity(const ir::Network& network, const Assumption& assumption,
                             uint64_t seed) {
  const core::Rng rng(seed);
  ir::Activity activity;
  activity.variant = network.name;
  activity.assumed = true;
  activity.samples = assumption.samples;
  activity.steps = network.steps;
  activity.labels.assign(static_cast<size_t>(assumption.samples), -1);
  activity.predictions = activity.labels;
  const bool is_spiking = network.kind == ir::NetworkKind::kSnn;
  if (is_spiking) {
    RANVIER_CONTRACT(assumption.spikes_per_step >= 0 && assumption.spikes_per_step <= 1,
                     "a neuron spikes at most once per step");
    for (size_t l = 1; l < network.layers.size(); ++l) {
      const ir::Layer& layer = network.layers[l];
      activity.layer_spikes[layer.name] = assume_spikes(network, layer, assumption, rng.fork(l));
    }
  }
  for (const ir::Boundary& boundary : network.boundaries) {
    ir::BoundaryActivity& of = activity.boundaries[boundary.name];
    if (!is_spiking) {
      RANVIER_CONTRACT(assumption.events_per_neuron >= 0 &&
                           assumption.events_per_neuron <=
                               most_events(boundary.params.spec, assumption.level_share),
                       "the codec can send so many events");
      assume_boundary(network, boundary, assumption,
                      rng.fork(static_cast<uint64_t>(boundary.layer)), of);
      continue;
    }
    const auto& spikes =
        activity.layer_spikes.at(network.layers[static_cast<size_t>(boundary.layer)].name);
    of.elements = static_cast<int>(network.layers[static_cast<size_t>(boundary.layer)].out.size());
    of.steps = network.steps;
    of.symbols.assign(spikes.begin(), spikes.end());
  }
  return activity;
}

void assume_entropy(ir::Network& network, const Assumption& assumption, uint64_t seed) {
  constexpr int kMostEntries = 64;
  constexpr uint64_t kOtherDraws = 1;
  const bool is_spiking = network.kind == ir::NetworkKind::kSnn;
  const auto is_named = [&](const ir::Boundary& boundary) {
    return codec::entropy_entries(boundary.params.spec) <= kMostEntries;
  };
  if (std::ranges::none_of(network.boundaries, is_named)) return;
  Assumption once = assumption;
  once.samples = 1;
  const ir::Activity other =
      assume_activity(network, once, core::Rng(seed).fork(kOtherDraws).next());
  for (ir::Boundary& boundary : network.boundaries) {
    if (!is_named(boundary)) continue;
    const ir::Shape& shape = network.layers[static_cast<size_t>(boundary.layer)].out;
    const auto& symbols = other.boundaries.at(boundary.name).symbols;
    CodecSpec spec = boundary.params.spec;
    if (is_spiking) spec.steps = 1;  // a frame is one step
    const auto frame_size = static_cast<std::ptrdiff_t>(shape.size() * spec.steps);
    codec::SymbolStatistics statistics(spec, 1, shape.channels * shape.height, shape.width);
    for (auto at = symbols.begin(); at != symbols.end(); at += frame_size) {
      statistics.add({spec.steps, static_cast<int>(shape.size()), {at, at + frame_size}});
    }
    codec::EntropyTables tables = statistics.tables();
    const std::vector<uint16_t> row = tables.frequency;
    for (int c = 1; c < shape.channels; ++c) {
      tables.frequency.insert(tables.frequency.end(), row.begin(), row.end());
    }
    tables.height = shape.height;
    boundary.params.entropy = std::move(tables);
  }
}

}  // namespace ranvier::shapes
