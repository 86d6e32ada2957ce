#pragma once
// Which cuts of a trained run to keep, for `ranvier map --cuts`.

#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace ranvier::app {

/// What every cut of the variant sends, over all recorded samples, and for every number of chips
/// the cuts of least bits, on the chips of the first preset. Errors: UserError (--cuts) for a
/// network without cuts.
nlohmann::ordered_json cuts_json(const sweep::Experiment& experiment, const sweep::Bundle& bundle);

/// The same for people.
std::string cuts_text(const nlohmann::ordered_json& cuts);

}  // namespace ranvier::app
