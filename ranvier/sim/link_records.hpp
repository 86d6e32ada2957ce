#pragma once
// All that passes over a die-to-die link: flits one way, credits the other, each with the time from
// which on it counts at the end that gets it.

#include "ranvier/sim/timed_rings.hpp"

#include <cstdint>

namespace ranvier::sim {

/// A flit for a far FIFO. A side's queues: lane by lane, VC by VC.
struct LinkFlit {
  int32_t side = 0;
  int32_t queue = 0;
  int64_t visible = 0;  // [core cycle] from which on the split sees it
  Flit flit;
};

/// A slot of a far FIFO for the serializer.
struct LinkCredit {
  int32_t side = 0;
  int32_t queue = 0;
  int64_t free_at = 0;  // [near link cycle] from which on it may be used
};

class LinkPort {
 public:
  virtual ~LinkPort() = default;
  virtual void carry(const LinkFlit& flit) = 0;
  virtual void carry(const LinkCredit& credit) = 0;
};

}  // namespace ranvier::sim
