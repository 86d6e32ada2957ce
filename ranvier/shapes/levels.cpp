#include "ranvier/shapes/levels.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::shapes {
namespace {

constexpr double kEven = 0.5;
constexpr int kHalvings = 60;      // of the interval that holds the ratio
constexpr double kClosest = 1e-9;  // to a ratio of 1, where the closed form loses its digits

/// Mean of 1..top with P ~ ratio^level, 0 < ratio < 1: that of the endless geometric law, less what
/// lies above the top.
double mean_of(double ratio, int top) {
  const double cut = std::pow(ratio, top);
  return 1 / (1 - ratio) - top * cut / (1 - cut);
}

}  // namespace

LevelDraw::LevelDraw(int top, double share) : top_(top) {
  RANVIER_CONTRACT(top >= 1 && share >= 0 && share <= kEven, "levels are 1..top, small ones first");
  const double mean = 1 + share * (top - 1);
  double low = 0;
  double high = 1 - kClosest;
  for (int i = 0; i < kHalvings; ++i) {
    ratio_ = (low + high) / 2;
    (mean_of(ratio_, top) < mean ? low : high) = ratio_;
  }
  if (share >= kEven) ratio_ = 1;
  below_ = std::pow(ratio_, top);
}

int LevelDraw::operator()(core::Rng& rng) const {
  if (ratio_ >= 1) return 1 + static_cast<int>(rng.below(static_cast<uint64_t>(top_)));
  const double above = std::log(1 - rng.uniform() * (1 - below_)) / std::log(ratio_);
  return 1 + std::clamp(static_cast<int>(above), 0, top_ - 1);
}

}  // namespace ranvier::shapes
