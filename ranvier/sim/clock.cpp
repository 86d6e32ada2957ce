#include "ranvier/sim/clock.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ranvier::sim {
namespace {

__extension__ typedef __int128 Wide;

constexpr int64_t kPicosecondsPerSecond = 1'000'000'000'000;
constexpr double kFastest = 1e12;  // [Hz] keeps every product below inside 128 bits

int64_t floor_ratio(Wide a, Wide b) { return static_cast<int64_t>(a / b); }
/// a > -b.
int64_t ceil_ratio(Wide a, Wide b) { return static_cast<int64_t>((a + b - 1) / b); }

int64_t whole_hertz(core::Hertz clock, const char* key) {
  const double hz = clock.value();
  if (!(hz >= 1 && hz <= kFastest) || hz != std::floor(hz)) {
    throw core::UserError({.key = key,
                           .given = fmt::format("{} Hz", hz),
                           .allowed = "a whole number of hertz, 1..1e12",
                           .place = "",
                           .hint = "The simulator keeps clock edges as exact integers."});
  }
  return static_cast<int64_t>(hz);
}

}  // namespace

ClockPair::ClockPair(core::Hertz core, core::Hertz link, core::Picoseconds delay,
                     core::Picoseconds phase)
    : core_hz_(whole_hertz(core, "hardware.core_clock")),
      link_hz_(whole_hertz(link, "hardware.serdes.lane_rate")),
      delay_ps_(delay.value()),
      phase_ps_(phase.value()) {
  if (phase_ps_ >= 0 && Wide{phase_ps_} * link_hz_ < kPicosecondsPerSecond) return;
  throw core::UserError({.key = "hardware.serdes.clock_phase",
                         .given = fmt::format("{} ps", phase_ps_),
                         .allowed = "0 ps or more, less than one period of the lane rate",
                         .place = "",
                         .hint = ""});
}

// Without a phase the products are smaller, and so is the division.

int64_t ClockPair::link_at_or_after(int64_t core_cycle) const {
  if (phase_ps_ == 0) return ceil_ratio(Wide{core_cycle} * link_hz_, core_hz_);
  const Wide time = Wide{core_cycle} * kPicosecondsPerSecond - Wide{phase_ps_} * core_hz_;
  return ceil_ratio(time * link_hz_, Wide{core_hz_} * kPicosecondsPerSecond);
}

int64_t ClockPair::core_at_or_before(int64_t link_cycle) const {
  if (phase_ps_ == 0) return floor_ratio(Wide{link_cycle} * core_hz_, link_hz_);
  const Wide time = Wide{link_cycle} * kPicosecondsPerSecond + Wide{phase_ps_} * link_hz_;
  return floor_ratio(time * core_hz_, Wide{link_hz_} * kPicosecondsPerSecond);
}

int64_t ClockPair::core_at_or_after(int64_t link_cycle) const {
  if (phase_ps_ == 0) return ceil_ratio(Wide{link_cycle} * core_hz_, link_hz_);
  const Wide time = Wide{link_cycle} * kPicosecondsPerSecond + Wide{phase_ps_} * link_hz_;
  return ceil_ratio(time * core_hz_, Wide{link_hz_} * kPicosecondsPerSecond);
}

int64_t ClockPair::core_after_delay(int64_t link_cycle) const {
  const Wide time =
      Wide{link_cycle} * kPicosecondsPerSecond + Wide{delay_ps_ + phase_ps_} * link_hz_;
  return ceil_ratio(time * core_hz_, Wide{link_hz_} * kPicosecondsPerSecond);
}

int64_t ClockPair::link_after_delay(int64_t core_cycle) const {
  const Wide time =
      Wide{core_cycle} * kPicosecondsPerSecond + Wide{delay_ps_ - phase_ps_} * core_hz_;
  return ceil_ratio(time * link_hz_, Wide{core_hz_} * kPicosecondsPerSecond);
}

int64_t ClockPair::core_cycles_in(int64_t link_cycles, bool with_delay) const {
  const Wide delay = with_delay ? Wide{delay_ps_} * link_hz_ : 0;
  const Wide time = Wide{link_cycles} * kPicosecondsPerSecond + delay;
  return floor_ratio(time * core_hz_, Wide{link_hz_} * kPicosecondsPerSecond);
}

int64_t ClockPair::link_cycles_of_two_delays() const {
  return ceil_ratio(Wide{2} * delay_ps_ * link_hz_, kPicosecondsPerSecond);
}

int64_t ClockPair::floor_link_cycles(int64_t core_cycles, int64_t parts) const {
  return floor_ratio(Wide{core_cycles} * link_hz_ * parts, core_hz_);
}

}  // namespace ranvier::sim
