#pragma once
// Tables for the wire format rans, learned from recorded activity.

#include "ranvier/ir/activity.hpp"
#include "ranvier/ir/network.hpp"

namespace ranvier::ir {

/// Gives every boundary the tables of the symbols that were recorded at it. The activity should be
/// of training samples: never of those that are simulated. A spiking network sends one frame per
/// step, its tables know no step before.
/// Errors: UserError when a boundary was not recorded, or with another number of elements.
/// Cost: O(samples x elements x steps).
void learn_entropy(Network& network, const Activity& activity);

}  // namespace ranvier::ir
