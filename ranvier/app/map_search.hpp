#pragma once
// `ranvier map --objective`: the naive mapping against the best one found.

#include "ranvier/app/cli.hpp"
#include "ranvier/map/search.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace ranvier::app {

struct MapSearch {
  map::Objective objective = map::Objective::kLatency;
  bool confirm = false;  // simulate both mappings cycle by cycle
};

/// One variant under one preset: every candidate, the gain in the analytic model and, when asked
/// for, in the cycle simulation, where every decoded value is checked.
/// Errors: RunError when a simulation fails its checks.
nlohmann::ordered_json search_variant(const sweep::Experiment& experiment,
                                      const sweep::PresetSetup& setup, const sweep::Bundle& bundle,
                                      const MapSearch& search, const Common& common);

/// Ratios naive / found of bits, hops, latency and energy; above 1 means found is better.
nlohmann::ordered_json gain_json(const nlohmann::ordered_json& naive,
                                 const nlohmann::ordered_json& found);
/// One line about a gain.
std::string gain_line(const char* model, const nlohmann::ordered_json& gain);

/// What search_variant found, for people.
std::string search_text(const nlohmann::ordered_json& found);

}  // namespace ranvier::app
