#pragma once
// Bits that a die-to-die link flips: which transmissions are damaged, and where. A function of seed
// and names alone: neither order nor threads nor time change it. Equations: docs/models/emio.md.

#include <cstdint>
#include <vector>

namespace ranvier::codec {

/// Every bit is flipped by itself with probability `rate`.
class BitErrors {
 public:
  BitErrors() = default;  // none
  BitErrors(double rate, uint64_t seed);

  double rate() const { return rate_; }

  /// That one of `bits` bits is flipped: 1 - (1 - rate)^bits.
  double damage_probability(int64_t bits) const;

  /// Whether one of the `bits` bits of transmission `number` of `stream` is flipped.
  bool hits(uint64_t stream, uint64_t number, int64_t bits) const;

  /// Whether flit `flit` (flit_name) of `bits` bits is damaged where it leaves `chip`, on a link
  /// that repeats nothing.
  bool hits_leaving(int32_t chip, uint64_t flit, int64_t bits) const;

  /// Flipped bits of a damaged flit of `bits` bits, ascending, at least one: as independent errors
  /// fall when it is known that one fell. `flit` names the flit.
  std::vector<int64_t> flips(uint64_t flit, int64_t bits) const;

 private:
  double rate_ = 0;
  double log_right_ = 0;  // ln(1 - rate)
  uint64_t seed_ = 0;
};

/// A number that no other flit of an inference has, but for collisions that do not matter.
uint64_t flit_name(int32_t block, int32_t packet, int32_t flit);

/// Seed of the errors of one inference: of test sample `sample` in an experiment with `seed`.
uint64_t error_seed(uint64_t seed, int64_t sample);

}  // namespace ranvier::codec
