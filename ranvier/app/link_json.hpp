#pragma once
// What die-to-die links carried, as the JSON of `noc` and of a replay says it.

#include "ranvier/sim/simulator.hpp"

#include <nlohmann/json_fwd.hpp>

#include <span>

namespace ranvier::app {

/// One object per direction between dies that carried something, in the order given.
nlohmann::ordered_json links_json(std::span<const sim::LinkUse> links);

}  // namespace ranvier::app
