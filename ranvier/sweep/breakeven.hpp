#pragma once
// The die-to-die link at which one variant starts to beat another: price of a bit, and rate.

#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <string>

namespace ranvier::sweep {

/// Where link rates and prices are searched: around those of the preset.
inline constexpr double kDecadesEachWay = 3;
inline constexpr int kPointsPerDecade = 4;

/// Energy of a mean inference as a straight line in the price of a link bit: fixed + slope * price.
struct EnergyLine {
  double fixed_pj = 0;   // everything but the link
  double link_bits = 0;  // bits paid for, idle share included
};
/// Price of a die-to-die bit under this preset. [pJ/bit]
double link_pj_per_bit(const PresetSetup& setup);

EnergyLine energy_line(const PresetResult& result, const PresetSetup& setup);

/// Link rate [bit/s] at which the analytic latencies of two variants meet, searched over six
/// decades around the preset's rate; 0 when they do not meet there. `faster_below`: the variant is
/// faster on slower links.
struct RateCrossing {
  double rate_bit_per_s = 0;
  bool always = false;  // faster at every rate searched
  bool faster_below = false;
};
RateCrossing rate_crossing(const Experiment& experiment, const PresetSetup& setup,
                           const VariantResult& variant, const VariantResult& baseline);

}  // namespace ranvier::sweep
