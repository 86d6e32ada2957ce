#pragma once
// What a training charges boundaries for the bits that they send.

#include "ranvier/train/boundaries.hpp"
#include "ranvier/train/trainer.hpp"

#include <vector>

namespace ranvier::train {

/// unit x (bits per activation) + fixed, when all boundaries send alike. Controllers count in bits
/// per activation, whatever the user counts in.
class BitPrice {
 public:
  explicit BitPrice(const Phase& phase);

  double unit() const { return unit_; }

  /// wire_bits: the boundaries' mean, what is charged without links. -> scalar, differentiable.
  torch::Tensor of(const std::vector<Boundary>& boundaries, const torch::Tensor& wire_bits) const;

 private:
  std::vector<double> per_bit_;  // [boundary], none: bits are what is charged
  double unit_ = 1.0;
  double fixed_ = 0.0;
};

}  // namespace ranvier::train
