#pragma once
// For which die-to-die links a variant beats a baseline.

#include <cstdint>

namespace ranvier::report {

enum class Wins : uint8_t { kAlways, kNever, kAbove, kBelow };

struct Threshold {
  Wins wins = Wins::kNever;
  double value = 0;  // kAbove, kBelow: the break-even point
};

/// Region of x >= 0 where `fixed + slope * x` is below `baseline_fixed + baseline_slope * x`.
/// Energy: fixed = joules without the link, slope = bits on the link, x = joules per bit.
Threshold break_even(double fixed, double slope, double baseline_fixed, double baseline_slope);

}  // namespace ranvier::report
