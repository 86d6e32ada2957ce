#pragma once
// What is counted at a boundary: its traffic in training, and the events of a pass over a data set.

#include "ranvier/train/torch_compat.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::train {

/// Traffic of the last kTrain forward; in training, of the whole batch, whoever shares it.
struct BoundaryCost {
  torch::Tensor events_per_neuron;     // scalar, differentiable (topk: not); dense: 1
  torch::Tensor wire_bits_per_neuron;  // scalar, differentiable
  int64_t neurons = 0;                 // of one sample, before a bottleneck
  double crossings = 0;                // neurons x die edges that bits are counted over
};

/// The last measurement of `rans`: training renews it every few steps and checkpoints keep it.
struct RansMeter {
  double bits = -1.0;      // link bits per neuron; below 0: none yet
  double price = -1.0;     // price_per_neuron at that time
  int64_t steps_left = 0;  // with it, until the next one
};

/// Totals over all forwards since reset_counts() (kTrain and kDeployed).
struct BoundaryCounts {
  int64_t samples = 0;
  int64_t neurons = 0;             // of one sample
  std::vector<int64_t> events;     // [C]; dense: values that are not 0
  std::vector<int64_t> saturated;  // [C] elements at the largest level
  double events_per_neuron() const;
  int dead_channels() const;       // never an event
  int saturated_channels() const;  // more than half of the elements at the largest level
};

struct Revived {  // channels
  int64_t dead = 0, saturated = 0;
};

}  // namespace ranvier::train
