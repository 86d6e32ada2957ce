#pragma once
// What training has to know of the hardware: in which frames boundaries will cross.

#include "ranvier/ir/network.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/train/framing.hpp"

#include <string>
#include <vector>

namespace ranvier::app {

/// The frames of every boundary of a variant's network as b counts them, and what the links charge:
/// mapped in order onto the package of the first preset, or of `variants.NAME.preset`.
/// Errors: UserError when it does not fit, or the experiment has no such preset.
std::vector<train::Framing> framing_of(const sweep::Experiment& experiment,
                                       const ir::Network& network, const std::string& variant);

}  // namespace ranvier::app
