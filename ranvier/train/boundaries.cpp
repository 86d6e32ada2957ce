#include "ranvier/train/boundaries.hpp"

#include "ranvier/core/error.hpp"

namespace ranvier::train {

using torch::Tensor;

BoundaryCost total_cost(const std::vector<Boundary>& boundaries) {
  BoundaryCost total{torch::zeros({}), torch::zeros({}), 0, 0.0};
  for (const Boundary& boundary : boundaries) {
    const BoundaryCost& cost = boundary->cost();
    total.events_per_neuron =
        total.events_per_neuron + cost.events_per_neuron * static_cast<double>(cost.neurons);
    total.wire_bits_per_neuron =
        total.wire_bits_per_neuron + cost.wire_bits_per_neuron * cost.crossings;
    total.neurons += cost.neurons;
    total.crossings += cost.crossings;
  }
  if (total.neurons == 0) return total;
  total.events_per_neuron = total.events_per_neuron / static_cast<double>(total.neurons);
  total.wire_bits_per_neuron = total.wire_bits_per_neuron / total.crossings;
  return total;
}

Tensor weighted_bits(const std::vector<Boundary>& boundaries, const std::vector<double>& weights) {
  RANVIER_CONTRACT(boundaries.size() == weights.size(), "one weight for each boundary");
  Tensor sum = torch::zeros({});
  for (size_t b = 0; b < boundaries.size(); ++b) {
    const BoundaryCost& cost = boundaries[b]->cost();
    sum = sum + cost.wire_bits_per_neuron * (cost.crossings * weights[b]);
  }
  return sum;
}

std::vector<RansMeter> meters_of(const std::vector<Boundary>& boundaries) {
  std::vector<RansMeter> meters;
  for (Boundary boundary : boundaries) meters.push_back(boundary->rans_meter());
  return meters;
}

void restore_meters(const std::vector<Boundary>& boundaries, const std::vector<RansMeter>& meters) {
  if (meters.empty()) return;
  RANVIER_CONTRACT(boundaries.size() == meters.size(), "one meter for each boundary");
  auto meter = meters.begin();
  for (Boundary boundary : boundaries) boundary->rans_meter() = *meter++;
}

}  // namespace ranvier::train
