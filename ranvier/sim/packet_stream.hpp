#pragma once
// When one tile makes packets and for whom: a Bernoulli process that depends on the seed and the
// tile alone, never on the network.

#include "ranvier/core/rng.hpp"
#include "ranvier/sim/pattern.hpp"

#include <cmath>
#include <cstdint>

namespace ranvier::sim {

/// In every cycle a packet is made with probability p, drawn as geometric gaps, so that idle cycles
/// cost nothing. The packets ahead are a function of the state: a source queue needs no memory, it
/// is the part of the stream that lies in the past and has not been taken. A copy can look ahead.
class PacketStream {
 public:
  /// `p` in (0, 1]: packets per cycle.
  PacketStream(uint64_t seed, int tile, double p, const Targets& targets)
      : rng_(core::Rng(seed).fork(static_cast<uint64_t>(tile)).next()),
        tile_(tile),
        log_none_(std::log1p(-p)) {
    advance(targets);
  }

  int64_t created() const { return created_; }  // cycle of the next packet
  int target() const { return target_; }        // its tile

  void advance(const Targets& targets) {
    // P(gap > k) = (1 - p)^k; for p = 1 the quotient is 0.
    created_ += 1 + static_cast<int64_t>(std::log1p(-rng_.uniform()) / log_none_);
    target_ = targets.draw(tile_, rng_);
  }

 private:
  // Seeded by a mixed number: the states that fork() itself gives for neighbouring streams are few
  // steps apart on one sequence.
  core::Rng rng_;
  int tile_;
  int target_ = 0;
  int64_t created_ = -1;
  double log_none_;
};

}  // namespace ranvier::sim
