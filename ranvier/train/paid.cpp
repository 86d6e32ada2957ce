#include "ranvier/train/paid.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/ir/entropy.hpp"

#include <algorithm>

namespace ranvier::train {
namespace {

using Boundaries = std::vector<Paid::Boundary>;

double ratio(const Boundaries& all, double Paid::Boundary::*upper, double Paid::Boundary::*lower) {
  double up = 0;
  double down = 0;
  for (const auto& boundary : all) {
    up += boundary.*upper;
    down += boundary.*lower;
  }
  return down > 0 ? up / down : 0.0;
}

/// The symbols alone of the samples that `wanted` picks.
template <class Wanted>
ir::Activity symbols_of(const ir::Activity& activity, const Wanted& wanted) {
  ir::Activity out;
  out.variant = activity.variant;
  for (int s = 0; s < activity.samples; ++s) out.samples += wanted(s) ? 1 : 0;
  for (const auto& [name, from] : activity.boundaries) {
    ir::BoundaryActivity& to = out.boundaries[name];
    to.elements = from.elements;
    to.steps = from.steps;
    const int64_t row = int64_t{1} * from.elements * from.steps;
    for (int s = 0; s < activity.samples; ++s) {
      if (!wanted(s)) continue;
      const auto begin = from.symbols.begin() + s * row;
      to.symbols.insert(to.symbols.end(), begin, begin + row);
    }
  }
  return out;
}

}  // namespace

double Paid::events_per_neuron() const {
  return ratio(boundaries, &Boundary::events, &Boundary::neurons);
}

double Paid::bits_per_activation() const {
  return ratio(boundaries, &Boundary::bits, &Boundary::crossings);
}

double Paid::nanojoules(const std::vector<Framing>& framings) const {
  double sum = 0;
  for (size_t b = 0; b < framings.size(); ++b) {
    sum += boundaries[b].bits * framings[b].prices.nanojoules_per_bit;
  }
  return sum / static_cast<double>(samples);
}

double Paid::nanoseconds(const std::vector<Framing>& framings) const {
  double sum = 0;
  for (size_t b = 0; b < framings.size(); ++b) {
    const LinkPrices& prices = framings[b].prices;
    sum += boundaries[b].bits * prices.nanoseconds_per_bit / static_cast<double>(samples) +
           prices.nanoseconds_crossing;
  }
  return sum;
}

Paid& Paid::operator+=(const Paid& other) {
  boundaries.resize(std::max(boundaries.size(), other.boundaries.size()));
  for (size_t b = 0; b < other.boundaries.size(); ++b) {
    boundaries[b].events += other.boundaries[b].events;
    boundaries[b].neurons += other.boundaries[b].neurons;
    boundaries[b].bits += other.boundaries[b].bits;
    boundaries[b].crossings += other.boundaries[b].crossings;
  }
  samples += other.samples;
  return *this;
}

Paid count_paid(const ir::Network& network, const ir::Activity& activity, codec::WireKind wire,
                const std::vector<Framing>& framings) {
  RANVIER_CONTRACT(framings.empty() || framings.size() == network.boundaries.size(),
                   "one framing for each boundary");
  Paid paid;
  paid.samples = activity.samples;
  for (size_t b = 0; b < network.boundaries.size(); ++b) {
    const ir::Boundary& cut = network.boundaries[b];
    const int64_t elements = network.layers[static_cast<size_t>(cut.layer)].out.size();
    const Framing framing = framings.empty() ? even_framing(elements) : framings[b];
    const auto format = codec::make_wire_format(wire, cut.params, framing.layout);
    const auto& symbols = activity.boundaries.at(cut.name).symbols;
    const int steps = cut.params.spec.steps;
    const int64_t activations = cut.activations > 0 ? cut.activations : elements;
    Paid::Boundary sum;
    for (int64_t s = 0; s < activity.samples; ++s) {
      const auto begin = symbols.begin() + s * elements * steps;
      const codec::Frame whole{
          steps, static_cast<int>(elements), {begin, begin + elements * steps}};
      const bool is_dense = cut.params.spec.kind == codec::CodecKind::kDense;
      sum.events += static_cast<double>(is_dense ? elements : whole.events());
      sum.bits += static_cast<double>(link_bits(whole, framing, *format));
    }
    const auto samples = static_cast<double>(activity.samples);
    const double stands_for = static_cast<double>(activations) / static_cast<double>(elements);
    sum.neurons = samples * static_cast<double>(activations);
    sum.crossings = samples * static_cast<double>(framing.crossings()) * stands_for;
    paid.boundaries.push_back(sum);
  }
  return paid;
}

Paid deployed_paid(Model& model, const Sets& sets, int calibration_samples, codec::WireKind wire,
                   const std::vector<Framing>& framings) {
  constexpr int kParts = 4;
  const DeployedScope deployed(model, sets, calibration_samples);
  const ir::Activity activity =
      record_activity(model, sets, Half::kTrain, table_samples(sets, calibration_samples), "");
  const int parts = std::min(kParts, activity.samples);
  ir::Network network = model.describe();
  if (parts < 2) {  // one sample: its own tables
    ir::learn_entropy(network, activity);
    return count_paid(network, activity, wire, framings);
  }
  Paid paid;
  for (int part = 0; part < parts; ++part) {
    const auto is_coded = [&](int sample) { return sample % parts == part; };
    ir::learn_entropy(network, symbols_of(activity, [&](int s) { return !is_coded(s); }));
    paid += count_paid(network, symbols_of(activity, is_coded), wire, framings);
  }
  return paid;
}

}  // namespace ranvier::train
