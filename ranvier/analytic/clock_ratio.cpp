#include "ranvier/analytic/clock_ratio.hpp"

#include "ranvier/core/error.hpp"

#include <limits>

namespace ranvier::analytic {
namespace {

Wide common_divisor(Wide a, Wide b) {
  if (a < 0) a = -a;
  if (b < 0) b = -b;
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

bool fits(Wide value) {
  using Limits = std::numeric_limits<int64_t>;
  return value >= Limits::min() && value <= Limits::max();
}

}  // namespace

ClockRatio::ClockRatio(Wide scale, Wide offset, Wide divisor) {
  RANVIER_CONTRACT(divisor > 0, "a clock has a rate");
  const Wide common = common_divisor(common_divisor(scale, offset), divisor);
  scale_ = scale / common;
  offset_ = offset / common;
  divisor_ = divisor / common;
  const Wide rounded = offset_ + divisor_ - 1;
  narrow_ = fits(scale_) && fits(rounded) && fits(divisor_);
  if (!narrow_) return;
  scale64_ = static_cast<int64_t>(scale_);
  offset64_ = static_cast<int64_t>(rounded);
  divisor64_ = static_cast<int64_t>(divisor_);
}

}  // namespace ranvier::analytic
