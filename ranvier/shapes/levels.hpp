#pragma once
// Levels of assumed events: geometric over 1..top, cut off at the top. Trained codecs send small
// levels more often than large ones; one number says how much more (docs/models/shapes.md).

#include "ranvier/core/rng.hpp"

namespace ranvier::shapes {

class LevelDraw {
 public:
  /// P(level) ~ r^(level - 1) for 1 <= level <= top, with the r that makes the mean
  /// 1 + share (top - 1). share: 0 (always 1) .. 0.5 (all alike).
  /// Errors: ContractViolation for a share outside 0..0.5, a top below 1.
  LevelDraw(int top, double share);

  /// 1..top. Cost: O(1).
  int operator()(core::Rng& rng) const;

 private:
  int top_;
  double ratio_ = 1.0;
  double below_ = 0.0;  // ratio^top
};

}  // namespace ranvier::shapes
