#pragma once
// Activity that nobody measured: random events of a given density, the same for the same seed.

#include "ranvier/ir/activity.hpp"
#include "ranvier/ir/network.hpp"

#include <cstdint>

namespace ranvier::shapes {

/// What is assumed of a network's activity.
struct Assumption {
  double events_per_neuron = 0.3;  // of a window, at boundaries with a spiking codec
  double spikes_per_step = 0.1;    // of every neuron of a spiking network
  int samples = 1;
};

/// Events a codec can be given: 0..this per neuron.
double most_events(const codec::CodecSpec& spec);

/// Currents, symbols and values of every boundary, or spikes of every layer. An element sends an
/// event (or several, evenly spread over 1..T) with the probability that gives the mean; graded
/// levels and dense values are evenly spread. Labels and predictions are -1. `assumed` is set.
/// Errors: ContractViolation for a density outside 0..most_events, 0..1.
/// Cost: O(samples x elements x steps).
ir::Activity assume_activity(const ir::Network& network, const Assumption& assumption,
                             uint64_t seed);

}  // namespace ranvier::shapes
