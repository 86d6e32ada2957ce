#pragma once
// What recorded activity costs on the wire: events, and every bit on the links.

#include "ranvier/ir/activity.hpp"
#include "ranvier/train/evaluate.hpp"
#include "ranvier/train/framing.hpp"

#include <vector>

namespace ranvier::train {

/// Sums over samples, one entry per boundary.
struct Paid {
  struct Boundary {
    double events = 0;     // dense: every value
    double neurons = 0;    // activations, before a bottleneck
    double bits = 0;       // on all links of the way
    double crossings = 0;  // activations x die edges
  };
  std::vector<Boundary> boundaries;
  int64_t samples = 0;

  double events_per_neuron() const;
  double bits_per_activation() const;
  /// Of one sample at the prices of these framings, of the same boundaries; none: 0.
  double nanojoules(const std::vector<Framing>& framings) const;
  double nanoseconds(const std::vector<Framing>& framings) const;
  Paid& operator+=(const Paid& other);
};

/// Of all samples of `activity`, in `wire`, with the tables of `network`. `framings`: one for each
/// boundary, or none (even ones). Not for spiking networks, whose spikes are no frames of a codec.
Paid count_paid(const ir::Network& network, const ir::Activity& activity, codec::WireKind wire,
                const std::vector<Framing>& framings);

/// What the deployed network pays on training samples that its tables were not learned from: four
/// parts of what is recorded for the tables, each coded with those of the other three.
/// Cost: two passes over the samples.
Paid deployed_paid(Model& model, const Sets& sets, int calibration_samples, codec::WireKind wire,
                   const std::vector<Framing>& framings);

}  // namespace ranvier::train
