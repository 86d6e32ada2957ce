#pragma once
// Times of one clock in cycles of another, rounded up to an edge without error.

#include <cstdint>

namespace ranvier::analytic {

// Products of two rates and a time do not fit 64 bits.
__extension__ typedef __int128 Wide;

/// ceil(numerator / denominator) for a numerator above -denominator.
inline int64_t ceil_ratio(Wide numerator, Wide denominator) {
  return static_cast<int64_t>((numerator + denominator - 1) / denominator);
}

/// ceil((scale x + offset) / divisor) of whole numbers above -1, exact. The three are reduced by
/// their common divisor once, so that 64 bits do for the usual clocks; the others take 128.
class ClockRatio {
 public:
  ClockRatio(Wide scale, Wide offset, Wide divisor);

  int64_t operator()(int64_t x) const {
    int64_t value = 0;
    const bool narrow = narrow_ && !__builtin_mul_overflow(scale64_, x, &value) &&
                        !__builtin_add_overflow(value, offset64_, &value);
    return narrow ? value / divisor64_ : ceil_ratio(scale_ * x + offset_, divisor_);
  }

 private:
  bool narrow_ = false;
  int64_t scale64_ = 0;
  int64_t offset64_ = 0;  // divisor - 1 included
  int64_t divisor64_ = 1;
  Wide scale_;
  Wide offset_;
  Wide divisor_;
};

}  // namespace ranvier::analytic
