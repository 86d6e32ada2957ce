#pragma once
// What lossy links leave of a boundary while a test set passes it, row by row. Private to train/.

#include "ranvier/codec/lossy_boundary.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <cstdint>
#include <span>
#include <utility>

namespace ranvier::train {

/// Rows are counted from the first forward on: images, or tokens of a text.
class LossHook {
 public:
  explicit LossHook(codec::LossyBoundary boundary) : boundary_(std::move(boundary)) {}

  /// The next `rows` rows of currents, and the values that they were decoded to. Both [rows][N].
  void lose(std::span<const int16_t> current, std::span<int32_t> value, int64_t rows);

  /// Spikes [T, N, C, ...] of the next N rows -> those that arrive.
  torch::Tensor lose_spikes(const torch::Tensor& spikes);

  const codec::LossTotals& totals() const { return totals_; }

 private:
  codec::LossyBoundary boundary_;
  codec::LossTotals totals_;
  int64_t next_row_ = 0;
};

}  // namespace ranvier::train
