#pragma once
// Who takes part in one simulation, and what it cost them.

#include "ranvier/sim/transport.hpp"

#include <cstdint>

namespace ranvier::sim {

/// What the processes of one rank did to run in step. Depends on how the chips were shared out.
struct Effort {
  int64_t windows = 0;
  int64_t moves = 0;    // of flits, in this rank
  int64_t flits = 0;    // records for other processes
  int64_t credits = 0;  // the same
  int64_t bytes = 0;    // of both, payload of packets included
};

/// No result depends on it.
struct Team {
  int threads = 1;                 // of this rank, for this simulation
  Transport* transport = nullptr;  // to the other ranks; null: there are none
  int64_t together = 64;     // moves of flits in a window from which on threads share the next one
  Effort* effort = nullptr;  // if set: filled at the end of a run

  int ranks() const { return transport == nullptr ? 1 : transport->ranks(); }
  int rank() const { return transport == nullptr ? 0 : transport->rank(); }
  int parts() const { return threads * ranks(); }  // that there are hands for
};

}  // namespace ranvier::sim
