#pragma once
// Closed forms in exact arithmetic: a die crossing between two clock domains, and a train of flits
// on a mesh. Core times are core cycles, link times are cycles of the link clock (one beat each).
// Core cycle 0 begins at time 0, link cycle 0 one phase later.

#include "ranvier/analytic/clock_ratio.hpp"
#include "ranvier/arch/package.hpp"

#include <cstdint>

namespace ranvier::analytic {

/// The die crossing of docs/models/analytic.md for one package. Clock rates are whole hertz, so
/// every time is rational and every rounding to an edge is exact.
class CrossingModel {
 public:
  explicit CrossingModel(const arch::PackageSpec& package);

  /// Link cycle in which the serialiser can take a flit that left the edge router's link at core
  /// cycle `core`.
  int64_t ready(int64_t core) const { return ready_(core) + fifo_sync_; }
  /// Link cycles on the wire, tag, framing and checksum included.
  int64_t beats(int64_t flit_bits) const;
  /// Link cycle from which the next flit can start behind one of `beats` that started at `start`:
  /// the merge passes one flit in each core cycle.
  int64_t next_start(int64_t start, int64_t beats) const;
  /// Link cycles between the starts of two flits on a link that never stops sending, on average:
  /// the beats, but no less than a core cycle.
  double interval(int64_t flit_bits) const;
  /// Core cycle in which a flit enters the far edge router whose last beat ended at link cycle
  /// `link`.
  int64_t arrival(int64_t link) const { return arrival_(link) + fifo_sync_ + split_; }
  /// Link cycle in which the lane credit of a flit that arrived at core cycle `core` is usable
  /// again.
  int64_t credit_return(int64_t core) const { return credit_(core) + fifo_sync_; }
  /// Link cycle in which the near FIFO can offer a flit that takes the slot of one sent at link
  /// cycle `link`.
  int64_t slot_return(int64_t link) const { return ready(core_at(link) + slot_loop_); }
  /// First core cycle at or after link cycle `link`.
  int64_t core_at(int64_t link) const { return core_at_(link); }
  /// Core cycles that `link` link cycles last, rounded up.
  int64_t lasting(int64_t link) const;
  /// Bits one link can carry in `core_cycles`, rounded down.
  int64_t capacity(int64_t core_cycles) const;
  /// Tag, framing and checksum bits of one flit.
  int64_t overhead() const { return overhead_; }
  /// Whether damaged flits are sent again.
  bool retries() const { return retries_; }
  /// Probability that one of the flit's bits on the link is flipped.
  double damage(int64_t flit_bits) const;
  /// Expected transmissions that arrive damaged for one that does not; 0 without retry.
  double errors(int64_t flit_bits) const;
  /// Link cycles from the end of a flit to the arrival of its answer.
  int64_t answer() const { return answer_; }
  /// Link cycles from the start of a damaged flit to going back.
  int64_t window(int64_t flit_bits) const { return beats(flit_bits) + answer_; }
  /// The same on a link that never stops sending: whole intervals.
  int64_t busy_window(int64_t flit_bits) const;

 private:
  int64_t core_hz_;
  int64_t link_hz_;
  int64_t lanes_;
  int64_t overhead_;
  int64_t fifo_sync_;
  int64_t split_;
  double merge_interval_;  // link cycles of one core cycle
  bool retries_;
  double bit_error_rate_;
  int64_t answer_;
  int64_t slot_loop_;   // from a free slot to the next flit in the merge [core cycles]
  ClockRatio ready_;    // link cycles, without the synchroniser
  ClockRatio arrival_;  // core cycles, without synchroniser and split
  ClockRatio credit_;   // link cycles, without the synchroniser
  ClockRatio core_at_;
  ClockRatio link_at_;  // first link cycle at or after a core cycle
};

/// Time of flit `index` of a train whose flits pass evenly between `head` and `tail`.
inline int64_t flit_time(int64_t head, int64_t tail, int64_t index, int64_t flits) {
  return flits == 1 ? head : head + (tail - head) * index / (flits - 1);
}

}  // namespace ranvier::analytic
