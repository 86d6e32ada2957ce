#pragma once
// Which flits arrive damaged at the far end of a die-to-die link: those that codec::BitErrors hits,
// and those that were chosen.

#include "ranvier/codec/bit_errors.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/simulator.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::sim {

/// Source: docs/models/emio.md.
class LinkErrors {
 public:
  /// A transmission is named by its side and its number on it, repetitions counted, from 0.
  struct Chosen {
    int32_t side = 0;
    int64_t transmission = 0;
    auto operator<=>(const Chosen&) const = default;
  };

  LinkErrors() = default;  // a link without errors
  LinkErrors(codec::BitErrors bits, std::vector<Chosen> chosen);

  bool any() const { return bits_.rate() > 0 || !chosen_.empty(); }
  const codec::BitErrors& bits() const { return bits_; }

  /// Whether a transmission was chosen.
  bool chosen(int side, int64_t transmission) const;

  /// Whether it was chosen, or one of its `bits` bits is flipped.
  bool hits(int side, int64_t transmission, int64_t bits) const;

 private:
  codec::BitErrors bits_;
  std::vector<Chosen> chosen_;  // sorted
};

/// Of a package as configured, with the faults that were asked for.
/// Errors: UserError for a fault between chips that do not face each other.
LinkErrors link_errors(const Lowered& lowered, uint64_t seed,
                       const std::vector<LinkFault>& faults = {});

}  // namespace ranvier::sim
