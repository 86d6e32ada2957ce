#pragma once
// One die side as a queueing station: a queue per lane, a merge that serves lanes in turn or the
// lowest first, one serialiser.

#include "ranvier/analytic/crossing.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace ranvier::analytic {

/// A flit that waits for, or has crossed, a die-to-die link.
struct LinkFlit {
  int32_t message = 0;
  int64_t index = 0;  // within the message
  int64_t bits = 0;
  int64_t ready = 0;  // link cycle from which it can be sent
};

struct Grant {
  LinkFlit flit;
  int lane = 0;
  int64_t start = 0;    // link cycle
  int64_t arrival = 0;  // core cycle at the far edge router, expected repetitions included
};

class DieLink {
 public:
  /// One lane per core of the side; FIFO depth and receive buffer limit the flits of a lane under
  /// way, the replay buffer those of all.
  DieLink(const CrossingModel& crossing, const arch::PackageSpec& package);

  void push(int lane, const LinkFlit& flit) {
    lanes_[static_cast<size_t>(lane)].queue.push_back(flit);
  }

  /// Flits of a lane that have not been sent.
  size_t waiting(int lane) const { return lanes_[static_cast<size_t>(lane)].queue.size(); }

  /// Link cycle of the next grant, if any flit waits.
  std::optional<int64_t> next_grant() const;

  /// Sends the flit whose turn it is at next_grant(). Cost: O(lanes).
  Grant grant();

  /// Expected bits of the flits so far that are sent again, discarded ones included.
  double resent_bits() const { return resent_bits_; }

 private:
  struct Lane {
    std::deque<LinkFlit> queue;
    std::deque<int64_t> slots;    // link cycles at which near FIFO slots can be offered again
    std::deque<int64_t> credits;  // link cycles at which far buffer credits return
  };
  /// A flit that may turn out to be damaged: what is sent before `end` is sent again then.
  struct Suspect {
    int64_t end = 0;  // link cycle, repetitions before it taken out
    double errors = 0;
  };
  int64_t eligible(const Lane& lane) const;
  int64_t repeat(const LinkFlit& flit, int64_t start);

  const CrossingModel* crossing_;
  size_t fifo_depth_;
  size_t lane_buffer_;
  bool in_turn_;  // else the lowest lane that can send goes first
  std::vector<Lane> lanes_;
  size_t last_ = 0;   // lane that is asked last
  int64_t free_ = 0;  // link cycle from which the serialiser can start
  size_t replay_flits_;
  std::deque<int64_t> answers_;   // link cycles at which the replay buffer gets room again
  std::deque<Suspect> suspects_;  // whose window is open
  double open_errors_ = 0;        // their expected errors
  double owed_ = 0;               // link cycles of repetitions that were not paid yet, below one
  int64_t repeated_ = 0;          // that were
  double resent_bits_ = 0;
};

}  // namespace ranvier::analytic
