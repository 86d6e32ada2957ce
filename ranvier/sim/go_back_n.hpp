#pragma once
// The sending end of a die-to-die link with retry: what was sent and must be sent again, from the
// damaged flit on. The sender knows what the far end will see, so flits that are not accepted never
// get there; their far slots stay theirs. Equations: docs/models/emio.md.

#include "ranvier/sim/timed_rings.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace ranvier::sim {

/// All times are link cycles. The link carries one numbered sequence of flits of all queues; the
/// far end accepts them in order only.
class GoBackN {
 public:
  struct Sent {
    int queue = 0;
    Flit flit;
    int32_t attempts = 1;  // transmissions so far
  };

  /// `round_trip`: from the end of a flit to the arrival of its answer. `capacity`: flits of the
  /// replay buffer.
  GoBackN(int64_t round_trip, int capacity)
      : round_trip_(round_trip), answered_(static_cast<size_t>(capacity)) {}

  bool at_rest() const { return pending_.empty(); }

  /// When the replay buffer has room for one more flit; kNever: not before going back.
  int64_t room_at() const {
    if (pending_.size() >= answered_.size()) return kNever;
    return answered_[(accepted_ + pending_.size()) % answered_.size()];
  }

  /// Start of the next transmission, when a new flit could start at `fresh` (room_at() included)
  /// and the serializer is free at `free`.
  int64_t next_start(int64_t fresh, int64_t free) const;
  /// Whether the transmission that starts at `start` is a repetition: next() is it.
  bool repeats(int64_t start);
  const Sent& next() const { return pending_[cursor_]; }

  /// The transmission next() / of a new flit ends at `end`. True: the far end accepts it. Errors:
  /// RunError when a flit has been damaged kMostAttempts times.
  bool repeated(bool damaged, int64_t end);
  bool sent(int queue, const Flit& flit, bool damaged, int64_t end);

  static constexpr int32_t kMostAttempts = 1000;

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    std::vector<Sent> pending(pending_.begin(), pending_.end());
    archive(pending, cursor_, back_, accepted_, answered_);
    pending_.assign(pending.begin(), pending.end());
  }

 private:
  void accept(int64_t end);

  int64_t round_trip_;
  std::deque<Sent> pending_;  // sent and not accepted, in order
  size_t cursor_ = 0;         // of them, the next to be sent again; size(): none before going back
  int64_t back_ = kNever;     // arrival of the request to go back; kNever: no error is outstanding
  size_t accepted_ = 0;       // flits, so far
  std::vector<int64_t> answered_;  // [capacity] acknowledgement of flit n at n modulo capacity
};

}  // namespace ranvier::sim
