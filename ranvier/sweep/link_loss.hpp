#pragma once
// Quality of a network whose links lose values: what training's side must know of the hardware, and
// what it answers. They meet in one folder of the run directory.

#include "ranvier/ir/link_loss.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <filesystem>
#include <vector>

namespace ranvier::sweep {

/// Whether links of the package damage bits and repeat nothing.
bool loses_values(const arch::PackageSpec& package);

/// What of a variant crosses which links under a preset, in the simulator's order.
/// Errors: those of the mapping.
ir::LinkLoss link_loss(const Experiment& experiment, const Bundle& bundle,
                       const PresetSetup& setup);

/// DIRECTORY/VARIANT.PRESET.links.json of every variant with boundaries and every preset that loses
/// values; returns their paths, none when nothing is lost.
std::vector<std::filesystem::path> write_link_losses(const Experiment& experiment,
                                                     const ExperimentResult& result,
                                                     const std::filesystem::path& directory);

/// The scores that stand beside those files, VARIANT.PRESET.score.json.
/// Errors: UserError when one is missing or damaged.
std::vector<ir::LossScore> read_loss_scores(const std::vector<std::filesystem::path>& links);

/// Where the score of such a file stands.
std::filesystem::path score_path(const std::filesystem::path& links);

}  // namespace ranvier::sweep
