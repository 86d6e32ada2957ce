#include "ranvier/report/break_even.hpp"

namespace ranvier::report {

Threshold break_even(double fixed, double slope, double baseline_fixed, double baseline_slope) {
  const double saved_fixed = baseline_fixed - fixed;
  const double saved_slope = baseline_slope - slope;
  if (saved_fixed >= 0 && saved_slope >= 0) {
    return {.wins = saved_fixed + saved_slope > 0 ? Wins::kAlways : Wins::kNever};
  }
  if (saved_fixed <= 0 && saved_slope <= 0) return {.wins = Wins::kNever};
  return {.wins = saved_slope > 0 ? Wins::kAbove : Wins::kBelow,
          .value = -saved_fixed / saved_slope};
}

}  // namespace ranvier::report
