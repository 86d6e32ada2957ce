#include "ranvier/sweep/envelope.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace ranvier::sweep {
namespace {

constexpr double kRelativeWidth = 1e-3;
constexpr double kForever = std::numeric_limits<double>::infinity();

/// Adds what is lowest between two points; halves the span (in logarithms) until the ends agree or
/// are as good as one point.
void refine(const std::function<size_t(double)>& best_at, double low, size_t at_low, double high,
            size_t at_high, std::vector<Stretch>& stretches) {
  if (at_low == at_high) {
    stretches.back().to = high;
    return;
  }
  if (high / low < 1 + kRelativeWidth) {
    stretches.back().to = high;
    stretches.push_back({high, high, at_high});
    return;
  }
  const double middle = std::sqrt(low * high);
  const size_t at_middle = best_at(middle);
  refine(best_at, low, at_low, middle, at_middle, stretches);
  refine(best_at, middle, at_middle, high, at_high, stretches);
}

}  // namespace

std::vector<Stretch> lower_envelope(std::span<const Line> lines) {
  RANVIER_CONTRACT(!lines.empty(), "an envelope is of at least one line");
  size_t best = 0;
  for (size_t i = 1; i < lines.size(); ++i) {
    const auto height = [&](size_t k) { return std::tuple(lines[k].at_zero, lines[k].slope); };
    if (height(i) < height(best)) best = i;
  }
  std::vector<Stretch> stretches{{0, kForever, best}};
  while (true) {
    const Line& here = lines[best];
    double next_x = kForever;
    size_t next = best;
    for (size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].slope >= here.slope) continue;
      const double x = (lines[i].at_zero - here.at_zero) / (here.slope - lines[i].slope);
      if (std::tuple(x, lines[i].slope) < std::tuple(next_x, lines[next].slope)) {
        next_x = x;
        next = i;
      }
    }
    if (next == best) return stretches;
    stretches.back().to = next_x;
    stretches.push_back({next_x, kForever, next});
    best = next;
  }
}

std::vector<Stretch> lowest(const std::function<size_t(double)>& best_at, double low, double high,
                            int per_decade) {
  RANVIER_CONTRACT(low > 0 && high > low && per_decade > 0, "a logarithmic axis has an extent");
  const int steps =
      std::max(1, static_cast<int>(std::ceil(std::log10(high / low) * per_decade - 1e-9)));
  double from = low;
  size_t at_from = best_at(low);
  std::vector<Stretch> stretches{{low, low, at_from}};
  for (int i = 1; i <= steps; ++i) {
    const double to = i == steps ? high : low * std::pow(high / low, double(i) / steps);
    const size_t at_to = best_at(to);
    refine(best_at, from, at_from, to, at_to, stretches);
    from = to;
    at_from = at_to;
  }
  return stretches;
}

}  // namespace ranvier::sweep
