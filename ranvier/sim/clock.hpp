#pragma once
// Two clocks whose ratio is any rational number, without rounding: instants are edges of one clock
// or the other.

#include "ranvier/core/quantity.hpp"

#include <cstdint>

namespace ranvier::sim {

/// The core clock of both dies, with an edge at time 0, and the link clock between them, whose edge
/// number 0 comes `phase` later. The far end works on the forwarded link clock: its edges come
/// `delay` after the near ones of the same number. Shape/units: every argument and result is the
/// number of an edge (core cycles or link cycles since time 0). Source: docs/models/emio.md.
class ClockPair {
 public:
  ClockPair() = default;
  /// Errors: UserError (hardware.core_clock, hardware.serdes.lane_rate,
  /// hardware.serdes.clock_phase) unless both are whole hertz of at least 1 and the phase is below
  /// one link period.
  ClockPair(core::Hertz core, core::Hertz link, core::Picoseconds delay,
            core::Picoseconds phase = core::Picoseconds(0));

  int64_t core_hz() const { return core_hz_; }
  int64_t link_hz() const { return link_hz_; }

  /// First link edge at or after a core edge.
  int64_t link_at_or_after(int64_t core_cycle) const;
  /// Core period that contains a link edge.
  int64_t core_at_or_before(int64_t link_cycle) const;
  int64_t core_at_or_after(int64_t link_cycle) const;

  /// First core edge at or after edge `link_cycle` of the far, delayed link clock.
  int64_t core_after_delay(int64_t link_cycle) const;
  /// First near link edge at or after (core edge + delay): when something sent back from the far
  /// die can be seen.
  int64_t link_after_delay(int64_t core_cycle) const;
  /// There and back: link cycles in twice the delay, rounded up.
  int64_t link_cycles_of_two_delays() const;
  /// Whole core cycles in (link_cycles + delay), rounded down.
  int64_t core_cycles_in(int64_t link_cycles, bool with_delay) const;
  /// Whole multiples of (link cycle / parts) in a number of core cycles: parts lanes carry so many
  /// bits.
  int64_t floor_link_cycles(int64_t core_cycles, int64_t parts) const;

 private:
  int64_t core_hz_ = 1;
  int64_t link_hz_ = 1;
  int64_t delay_ps_ = 0;
  int64_t phase_ps_ = 0;
};

}  // namespace ranvier::sim
