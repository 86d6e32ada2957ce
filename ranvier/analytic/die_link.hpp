#pragma once
// One die side as a queueing station: a queue per lane, a merge that serves lanes in turn or the
// lowest first, one serialiser.

#include "ranvier/analytic/crossing.hpp"
#include "ranvier/analytic/fifo.hpp"
#include "ranvier/analytic/lane_queues.hpp"
#include "ranvier/analytic/never.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ranvier::analytic {

/// A message before a die-to-die link. Its flits leave the near edge router evenly between `head`
/// and `tail` [core cycles].
struct LinkTrain {
  int32_t message = 0;
  int64_t flits = 1;
  int64_t first_bits = 0;  // of the first flit
  int64_t bits = 0;        // of every other
  int64_t head = 0;
  int64_t tail = 0;
};

/// A flit that goes over the link.
struct Grant {
  int32_t message = 0;
  int64_t index = 0;  // of the flit within the message
  bool last = false;  // of the message
  int lane = 0;
  int64_t ready = 0;    // link cycle from which it could be sent
  int64_t start = 0;    // link cycle
  int64_t arrival = 0;  // core cycle at the far edge router, expected repetitions included
};

class DieLink {
 public:
  /// One lane per core of the side; FIFO depth and receive buffer limit the flits of a lane under
  /// way, the replay buffer those of all.
  DieLink(const CrossingModel& crossing, const arch::PackageSpec& package, int lanes);

  void push(int lane, const LinkTrain& train);

  /// Flits of a lane that have not been sent.
  int64_t waiting(int lane) const { return lanes_[static_cast<size_t>(lane)].waiting; }

  /// Link cycle of the next grant; kNever when no flit waits.
  int64_t next_grant() const {
    const bool no_room = replay_flits_ > 0 && answers_.size() >= replay_flits_;
    if (soonest_ == kNever || !no_room) return std::max(free_, soonest_);
    return std::max({free_, soonest_, answers_.front()});
  }

  /// Sends the flit whose turn it is at next_grant(). Cost: O(lanes).
  Grant grant();

  /// Expected bits of the flits so far that are sent again, discarded ones included.
  double resent_bits() const { return resent_bits_; }

 private:
  struct Lane {
    Fifo<LinkTrain> trains;
    int64_t sent = 0;     // flits of the first train
    int64_t waiting = 0;  // flits of all of them
    int64_t ready = 0;    // of the next flit
  };
  /// A flit that may turn out to be damaged: what is sent before `end` is sent again then.
  struct Suspect {
    int64_t end = 0;  // link cycle, repetitions before it taken out
    double errors = 0;
  };
  void renew(size_t lane);
  size_t whose_turn(int64_t start) const;
  Grant take(size_t turn, int64_t start);
  int64_t repeat(int64_t bits, double errors, int64_t start);

  const CrossingModel* crossing_;
  bool in_turn_;  // else the lowest lane that can send goes first
  std::vector<Lane> lanes_;
  LaneQueues slots_;    // link cycles of the flits that took the near FIFO's slots last
  LaneQueues credits_;  // core cycles at which the flits that took the far buffer's arrive
  std::vector<int64_t> eligible_;  // [lane] link cycle from which its next flit can go, or kNever
  int64_t soonest_ = kNever;       // the least of them
  size_t last_;                    // lane that is asked last
  int64_t free_ = 0;               // link cycle from which the serialiser can start
  size_t replay_flits_;
  Fifo<int64_t> answers_;   // link cycles at which the replay buffer gets room again
  Fifo<Suspect> suspects_;  // whose window is open
  double open_errors_ = 0;  // their expected errors
  double owed_ = 0;         // link cycles of repetitions that were not paid yet, below one
  int64_t repeated_ = 0;    // that were
  double resent_bits_ = 0;
};

}  // namespace ranvier::analytic
