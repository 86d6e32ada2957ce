#pragma once
// Sums per channel of the boundary kernels. Private to the kernels.

#include "ranvier/train/kernels/blocks.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ranvier::train {

enum ForwardSum : int { kEvents, kSaturated, kMagnitude, kSum, kSquareSum, kForwardSums };
using ForwardSums = ChannelSums<kForwardSums>;

enum BackwardSum : int { kLogStep, kLogThreshold, kLogScale, kBackwardSums };
using BackwardSums = ChannelSums<kBackwardSums>;

/// Values of a channels-last tensor after which the sums per channel go on in double precision: at
/// most kBlock values of a channel, and few additions for many channels.
int64_t pixel_span(const ChannelLayout& layout) {
  constexpr int64_t kPixels = 64;
  return std::max(kBlock, kPixels * layout.channels / kBlock * kBlock);
}

/// The sums over a span of a channels-last tensor, channel by channel. A span has at most 1024
/// values of a channel, each at most 2^16.
class PixelForwardSums {
 public:
  explicit PixelForwardSums(int64_t channels)
      : channels_(channels),
        counts_(static_cast<size_t>(3 * channels)),
        reals_(static_cast<size_t>(2 * channels)) {}

  void add(int64_t n, const float* a, const int32_t* levels, int32_t top, bool is_rate,
           int64_t channel) {
    int32_t* const events = counts_.data() + channel;
    int32_t* const saturated = events + channels_;
    int32_t* const total = saturated + channels_;
    float* const sum = reals_.data() + channel;
    float* const square_sum = sum + channels_;
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) {
      const int32_t magnitude = levels[i] < 0 ? -levels[i] : levels[i];
      const int32_t fired = magnitude > 0 ? 1 : 0;
      events[i] += is_rate ? magnitude : fired;
      saturated[i] += magnitude == top ? 1 : 0;
      total[i] += magnitude;
      sum[i] += a[i];
      square_sum[i] += a[i] * a[i];
    }
  }

  /// Into the sums of the chunk; starts again at 0.
  void flush(int64_t chunk, ForwardSums& sums) {
    for (int64_t c = 0; c < channels_; ++c) {
      const auto at = [ c, this ](auto& values, int row) -> auto& {
        return values[static_cast<size_t>(row * channels_ + c)];
      };
      sums.at(chunk, kEvents, c) += at(counts_, 0);
      sums.at(chunk, kSaturated, c) += at(counts_, 1);
      sums.at(chunk, kMagnitude, c) += at(counts_, 2);
      sums.at(chunk, kSum, c) += double{at(reals_, 0)};
      sums.at(chunk, kSquareSum, c) += double{at(reals_, 1)};
    }
    std::fill(counts_.begin(), counts_.end(), 0);
    std::fill(reals_.begin(), reals_.end(), 0.0F);
  }

 private:
  int64_t channels_;
  std::vector<int32_t> counts_;
  std::vector<float> reals_;
};

/// The terms of a span of a channels-last tensor, added up channel by channel.
class PixelBackwardSums {
 public:
  explicit PixelBackwardSums(int64_t channels)
      : channels_(channels), sums_(static_cast<size_t>(kBackwardSums * channels)) {}

  /// terms [kBackwardSums][kBlock] of the pixel's first value.
  void add(int64_t n, const float* terms, int64_t channel) {
    for (int row = 0; row < kBackwardSums; ++row) {
      const float* const from = terms + row * kBlock;
      float* const to = sums_.data() + row * channels_ + channel;
#pragma omp simd
      for (int64_t i = 0; i < n; ++i) to[i] += from[i];
    }
  }

  /// Into the sums of the chunk; starts again at 0.
  void flush(int64_t chunk, BackwardSums& sums) {
    for (int row = 0; row < kBackwardSums; ++row) {
      for (int64_t c = 0; c < channels_; ++c) {
        sums.at(chunk, row, c) += double{sums_[static_cast<size_t>(row * channels_ + c)]};
      }
    }
    std::fill(sums_.begin(), sums_.end(), 0.0F);
  }

 private:
  int64_t channels_;
  std::vector<float> sums_;
};

}  // namespace ranvier::train
