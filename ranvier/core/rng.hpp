#pragma once
// A small, portable random stream: the same seed gives the same numbers on every machine and thread
// count.

#include <cstdint>

namespace ranvier::core {

/// SplitMix64 (Steele, Lea, Flood 2014): 64-bit state, passes BigCrush, cheap to seed per object.
class Rng {
 public:
  explicit constexpr Rng(uint64_t seed) : state_(seed) {}

  /// An independent stream for one purpose: Rng(seed).fork(kAugment).fork(epoch).
  constexpr Rng fork(uint64_t stream) const {
    Rng child(state_ ^ (0x9E3779B97F4A7C15ULL * (stream + 1)));
    child.next();
    return child;
  }

  constexpr uint64_t next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, 1).
  constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// Uniform in 0..bound-1 for 0 < bound <= 2^32. The multiply-high bias is below bound / 2^32.
  constexpr uint64_t below(uint64_t bound) { return ((next() >> 32) * bound) >> 32; }

  constexpr uint64_t state() const { return state_; }

 private:
  uint64_t state_;
};

}  // namespace ranvier::core
