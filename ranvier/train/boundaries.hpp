#pragma once
// All boundaries of a network together: what they pay, and what checkpoints keep of them.

#include "ranvier/train/boundary.hpp"

#include <vector>

namespace ranvier::train {

/// Of a whole network: events over neurons, bits over crossings. Empty list: zeros.
BoundaryCost total_cost(const std::vector<Boundary>& boundaries);

/// Bits of one sample on all links, each boundary's times its weight. Differentiable.
torch::Tensor weighted_bits(const std::vector<Boundary>& all, const std::vector<double>& weights);

/// In the order of the boundaries. Restoring none leaves all to measure anew.
std::vector<RansMeter> meters_of(const std::vector<Boundary>& boundaries);
void restore_meters(const std::vector<Boundary>& boundaries, const std::vector<RansMeter>& meters);

}  // namespace ranvier::train
