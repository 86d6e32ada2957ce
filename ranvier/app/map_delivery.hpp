#pragma once
// What multicast saves over a copy for each reader, for `ranvier map`.

#include "ranvier/map/mapper.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace ranvier::app {

/// Sample 0 of a mapping that delivers by multicast against the same tiles by unicast, under one
/// preset in the analytic model; and what its trees ask of routers. Errors: those of
/// map::build_workload.
nlohmann::ordered_json delivery_gain(const sweep::Experiment& experiment,
                                     const sweep::PresetSetup& setup, const sweep::Bundle& bundle,
                                     const map::Mapping& mapping);

/// The same for people: two lines.
std::string delivery_text(const nlohmann::ordered_json& gain);

}  // namespace ranvier::app
