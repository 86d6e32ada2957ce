#pragma once
// Quality of a deployed network whose links lose values. Model: docs/models/emio.md, "Accuracy
// under loss".

#include "ranvier/ir/link_loss.hpp"
#include "ranvier/train/evaluate.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::train {

/// Scores `model` in deployed arithmetic on the first `samples` test samples, once with every value
/// and once on the links of each of `losses`; those that lose alike share a score. `network`: of
/// the bundle, with its tables.
/// Errors: UserError when network, links and weights do not belong together.
std::vector<ir::LossScore> score_losses(Model& model, const Sets& sets, int64_t calibration_samples,
                                        const ir::Network& network,
                                        const std::vector<ir::LinkLoss>& losses, int64_t samples);

}  // namespace ranvier::train
