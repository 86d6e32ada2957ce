#pragma once
// Activity that nobody measured: random events of a given density, the same for the same seed.

#include "ranvier/ir/activity.hpp"
#include "ranvier/ir/network.hpp"

#include <cstdint>

namespace ranvier::shapes {

/// What is assumed of a network's activity.
struct Assumption {
  double events_per_neuron = 0.3;  // of a window, at boundaries with a spiking codec
  double nonzero_share = 0.6;      // of the values at boundaries with a dense codec
  double level_share = 0.15;       // (mean level of an event - 1) / (highest level - 1), 0..0.5
  double spikes_per_step = 0.1;    // of every neuron of a spiking network
  int samples = 1;
};

/// Events a codec can be given: 0..this per neuron.
double most_events(const codec::CodecSpec& spec, double level_share);

/// Currents, symbols and values of every boundary, or spikes of every layer, each element on its
/// own: it sends an event (dense: a value that is not 0) with the probability that gives the mean;
/// its level, for rate its number of events, is drawn by LevelDraw. Labels and predictions are -1.
/// `assumed` is set.
/// Errors: ContractViolation for a density outside 0..most_events, 0..1.
/// Cost: O(samples x elements x steps).
ir::Activity assume_activity(const ir::Network& network, const Assumption& assumption,
                             uint64_t seed);

/// Gives every boundary whose codec has at most 64 symbols the tables of the wire format rans,
/// learned from other draws of the same assumption. Nothing tells its channels apart, so all have
/// the same. More symbols would make network.json of a large network huge.
/// Cost: O(elements x steps).
void assume_entropy(ir::Network& network, const Assumption& assumption, uint64_t seed);

}  // namespace ranvier::shapes
