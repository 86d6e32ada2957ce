#pragma once
// The last word on a budget: thresholds of a trained network, moved until its deployed integers pay
// what was asked for.

#include "ranvier/train/models.hpp"
#include "ranvier/train/trainer.hpp"

namespace ranvier::train {

/// What the deployed network pays on training samples, in the unit of the phase's budget or price.
double deployed_cost(Model& model, const Sets& sets, const Phase& phase);

/// Moves the logs of all thresholds (dense: steps) by one number, found by the secant rule on
/// training samples. Nothing moves while the cost is within 1 % of `target`. Returns the number.
/// Cost: at most 8 deployed passes over the calibration samples.
double settle_budget(Model& model, const Sets& sets, const Phase& phase, double target);

}  // namespace ranvier::train
