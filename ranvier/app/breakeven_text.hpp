#pragma once
// Words, tables and JSON of `ranvier breakeven`.

#include "ranvier/sweep/study.hpp"
#include "ranvier/sweep/tornado.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace ranvier::app {

/// One sentence: what the best HNN gains or loses against the best dense design, the link at which
/// that turns, and whether one constant's range could turn it.
std::string manager_sentence(const sweep::PresetStudy& study, const sweep::Tornado& tornado);

/// Tables: energies, who is best on which links, thresholds against every baseline, tornado bars of
/// `quantity`.
std::string breakeven_tables(const sweep::PresetStudy& study, const sweep::Tornado& tornado,
                             sweep::Quantity quantity);

nlohmann::ordered_json breakeven_json(const sweep::PresetStudy& study,
                                      const sweep::Tornado& tornado);

/// "above 1.93", "below 12", "everywhere", "nowhere", "3 to 4 and above 9"; an end of `axis` is no
/// limit.
std::string words_of(const std::vector<sweep::Range>& ranges, const sweep::Range& axis,
                     double unit);

}  // namespace ranvier::app
