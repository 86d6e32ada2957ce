#pragma once
// Bundles of an experiment that names a network without weights (shapes.model).

#include "ranvier/ir/network.hpp"
#include "ranvier/sweep/experiment.hpp"

#include <filesystem>
#include <functional>

namespace ranvier::app {

/// Writes bundle/<variant> with assumed activity for every variant, named as in training; shows
/// each network to `examine` before.
/// Errors: UserError for what a network without weights cannot have (a budget of bits, a
/// bottleneck) and whatever `examine` throws.
void write_shape_bundles(const sweep::Experiment& experiment, const std::filesystem::path& run,
                         const std::function<void(const ir::Network&)>& examine);

}  // namespace ranvier::app
