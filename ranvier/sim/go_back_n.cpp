#include "ranvier/sim/go_back_n.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ranvier::sim {

int64_t GoBackN::next_start(int64_t fresh, int64_t free) const {
  const int64_t onward = cursor_ < pending_.size() ? free : fresh;
  return onward < back_ ? onward : std::max(back_, free);
}

bool GoBackN::repeats(int64_t start) {
  if (start >= back_) {
    cursor_ = 0;
    back_ = kNever;
  }
  return cursor_ < pending_.size();
}

void GoBackN::accept(int64_t end) {
  answered_[accepted_ % answered_.size()] = end + round_trip_;
  ++accepted_;
}

bool GoBackN::repeated(bool damaged, int64_t end) {
  const bool awaited = back_ == kNever;  // else the far end waits for an earlier one
  if (awaited && !damaged) {
    pending_.pop_front();
    accept(end);
    return true;
  }
  Sent& flit = pending_[cursor_++];
  if (awaited) back_ = end + round_trip_;
  if (awaited && ++flit.attempts > kMostAttempts) {
    throw core::RunError(
        fmt::format("a flit of {} bits was sent {} times over a die-to-die link and never arrived "
                    "undamaged; lower hardware.serdes.bit_error_rate",
                    flit.flit.bits, kMostAttempts));
  }
  return false;
}

bool GoBackN::sent(int queue, const Flit& flit, bool damaged, int64_t end) {
  const bool awaited = back_ == kNever;
  if (awaited && !damaged) {
    accept(end);
    return true;
  }
  pending_.push_back({queue, flit});
  cursor_ = pending_.size();
  if (awaited) back_ = end + round_trip_;
  return false;
}

}  // namespace ranvier::sim
