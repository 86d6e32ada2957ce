#pragma once
// What all logical processes tell each other between two windows.

#include "ranvier/sim/timed_rings.hpp"

#include <algorithm>
#include <cstdint>

namespace ranvier::sim {

struct Pulse {
  int64_t next = kNever;       // [core cycle] first one in which something is due
  int64_t moves = 0;           // of flits, since the start
  int64_t under_way = 0;       // flits injected and not ejected
  int64_t open = 0;            // tasks not finished, or messages not offered
  int64_t arrived = 0;         // measured packets of synthetic traffic
  int64_t failed_at = kNever;  // [core cycle] of the first error
  int64_t failed_in = kNever;  // its process
  int64_t interrupted = 0;     // processes that were asked to stop

  /// That of both together. Associative and commutative.
  void add(const Pulse& other) {
    if (other.failed_at < failed_at ||
        (other.failed_at == failed_at && other.failed_in < failed_in)) {
      failed_at = other.failed_at;
      failed_in = other.failed_in;
    }
    next = std::min(next, other.next);
    moves += other.moves;
    under_way += other.under_way;
    open += other.open;
    arrived += other.arrived;
    interrupted += other.interrupted;
  }
};

}  // namespace ranvier::sim
