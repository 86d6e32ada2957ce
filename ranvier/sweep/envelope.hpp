#pragma once
// Which of several candidates is lowest, and where: exact for straight lines, by bisection for
// curves that are known point by point.

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace ranvier::sweep {

struct Line {
  double at_zero = 0;
  double slope = 0;
  double at(double x) const { return at_zero + slope * x; }
};

/// Candidate `best` is lowest for from <= x < to.
struct Stretch {
  double from = 0;
  double to = 0;  // infinity: from there on
  size_t best = 0;
  bool operator==(const Stretch&) const = default;
};

/// Lower envelope of `lines` (at least one) over x >= 0: stretches without gaps, ascending. Equal
/// lines: the earlier one. Cost: O(lines^2).
std::vector<Stretch> lower_envelope(std::span<const Line> lines);

/// The same for curves over low <= x <= high, 0 < low: `best_at(x)` names the lowest at x. A change
/// is found when it shows at two of the sampled points, `per_decade` of them per factor of ten;
/// its place is bisected to a relative width of 1e-3.
std::vector<Stretch> lowest(const std::function<size_t(double)>& best_at, double low, double high,
                            int per_decade);

}  // namespace ranvier::sweep
