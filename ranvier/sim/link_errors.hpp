#pragma once
// Which flits arrive damaged at the far end of a die-to-die link, and which of their bits are
// flipped. A function of seed and place alone: neither order nor threads nor time change it.

#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/simulator.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::sim {

/// Bits are flipped independently with probability `rate` (bit_error_rate), and transmissions that
/// were chosen are damaged too. Source: docs/models/emio.md.
class LinkErrors {
 public:
  /// A transmission is named by its side and its number on it, repetitions counted, from 0.
  struct Chosen {
    int32_t side = 0;
    int64_t transmission = 0;
    auto operator<=>(const Chosen&) const = default;
  };

  LinkErrors() = default;  // a link without errors
  LinkErrors(double rate, uint64_t seed, std::vector<Chosen> chosen);

  bool any() const { return rate_ > 0 || !chosen_.empty(); }

  /// Whether one of the `bits` bits of this transmission is flipped: with probability
  /// 1 - (1 - rate)^bits.
  bool hits(int side, int64_t transmission, int64_t bits) const;

  /// Flipped bits of a damaged flit of `bits` bits, ascending, at least one: as independent errors
  /// fall when it is known that one fell. `flit` names the flit.
  std::vector<int64_t> flips(uint64_t flit, int64_t bits) const;

 private:
  double damage_probability(int64_t bits) const;

  double rate_ = 0;
  double log_right_ = 0;  // ln(1 - rate)
  uint64_t seed_ = 0;
  std::vector<Chosen> chosen_;  // sorted
};

/// Of a package as configured, with the faults that were asked for.
/// Errors: UserError for a fault between chips that do not face each other.
LinkErrors link_errors(const Lowered& lowered, uint64_t seed,
                       const std::vector<LinkFault>& faults = {});

}  // namespace ranvier::sim
