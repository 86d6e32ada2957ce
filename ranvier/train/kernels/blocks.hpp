#pragma once
// How the kernels walk a tensor: fixed chunks of fixed blocks, so that sums do not depend on the
// number of threads.

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ranvier::train {

/// `size` values; the channel of value i is (i / inner) % channels.
/// NCHW: inner = H W. Channels-last and [N, C]: inner = 1.
struct ChannelLayout {
  int64_t size = 0;
  int64_t channels = 1;
  int64_t inner = 1;
};

inline constexpr int64_t kBlock = 1024;   // values of one step that are worked on together
inline constexpr int64_t kChunks = 64;    // units of work, and of partial sums
inline constexpr int64_t kShortRun = 32;  // below this, parameters are spread out value by value

/// True when a block is better cut into stretches of one channel than spread out.
inline bool has_long_runs(const ChannelLayout& layout) { return layout.inner >= kShortRun; }

/// f(chunk, begin, end) for every chunk, in parallel; begin and end are multiples of kBlock (or the
/// size).
template <class F>
void for_each_chunk(const ChannelLayout& layout, int threads, const F& f) {
  const int64_t blocks = (layout.size + kBlock - 1) / kBlock;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t chunk = 0; chunk < kChunks; ++chunk) {
    const int64_t begin = chunk * blocks / kChunks * kBlock;
    const int64_t end = std::min((chunk + 1) * blocks / kChunks * kBlock, layout.size);
    if (begin < end) f(chunk, begin, end);
  }
}

/// f(offset, count, channel) for every stretch of one channel in [begin, end); offset counts from
/// begin.
template <class F>
void for_each_run(const ChannelLayout& layout, int64_t begin, int64_t end, const F& f) {
  const int64_t plane = begin / layout.inner;
  int64_t channel = plane % layout.channels;
  int64_t next = (plane + 1) * layout.inner;
  for (int64_t i = begin; i < end; next += layout.inner) {
    const int64_t stop = std::min(next, end);
    f(i - begin, stop - i, channel);
    i = stop;
    if (++channel == layout.channels) channel = 0;
  }
}

/// f(offset, count, channel) for every pixel of a channels-last tensor in [begin, end), the first
/// and last perhaps in part: value begin + offset + i belongs to channel + i.
template <class F>
void for_each_pixel(const ChannelLayout& layout, int64_t begin, int64_t end, const F& f) {
  int64_t channel = begin % layout.channels;
  for (int64_t i = begin; i < end; channel = 0) {
    const int64_t count = std::min(layout.channels - channel, end - i);
    f(i - begin, count, channel);
    i += count;
  }
}

/// Per-channel sums of `kRows` kinds: one partial table per chunk, added up in the order of the
/// chunks.
template <int kRows>
class ChannelSums {
 public:
  explicit ChannelSums(int64_t channels)
      : channels_(channels), partial_(static_cast<size_t>(kChunks * kRows * channels), 0.0) {}

  double& at(int64_t chunk, int row, int64_t channel) {
    return partial_[static_cast<size_t>((chunk * kRows + row) * channels_ + channel)];
  }

  /// out [kRows][channels], overwritten.
  void reduce(double* out) const {
    const auto table = static_cast<size_t>(kRows * channels_);
    std::fill_n(out, table, 0.0);
    for (size_t chunk = 0; chunk < partial_.size(); chunk += table) {
      for (size_t i = 0; i < table; ++i) out[i] += partial_[chunk + i];
    }
  }

 private:
  int64_t channels_;
  std::vector<double> partial_;
};

/// A table of per-channel floats, and its rows spread out over one block.
template <int kRows>
struct ChannelTable {
  explicit ChannelTable(int64_t channels_in)
      : channels(channels_in), values(static_cast<size_t>(kRows * channels_in)) {}

  float* row(int r) { return values.data() + r * channels; }
  const float* row(int r) const { return values.data() + r * channels; }

  /// out [kRows][kBlock]: the parameters of values begin..end-1.
  void spread(const ChannelLayout& layout, int64_t begin, int64_t end, float* out) const {
    if (layout.inner == 1) {
      for_each_pixel(layout, begin, end, [&](int64_t offset, int64_t count, int64_t channel) {
        for (int r = 0; r < kRows; ++r) {
          std::copy_n(row(r) + channel, count, out + r * kBlock + offset);
        }
      });
      return;
    }
    for_each_run(layout, begin, end, [&](int64_t offset, int64_t count, int64_t channel) {
      for (int r = 0; r < kRows; ++r) {
        const float value = row(r)[channel];
        float* to = out + r * kBlock + offset;
        for (int64_t i = 0; i < count; ++i) to[i] = value;
      }
    });
  }

  int64_t channels;
  std::vector<float> values;
};

/// The parameters of one block, value by value. Blocks that start in the same channel share them.
template <int kRows>
class SpreadRows {
 public:
  /// [kRows][kBlock]; the first end - begin values of each row hold.
  const float* take(const ChannelLayout& layout, const ChannelTable<kRows>& table, int64_t begin,
                    int64_t end) {
    const int64_t phase = begin % (layout.channels * layout.inner);
    if (phase != phase_ || end - begin > count_) {
      values_.resize(static_cast<size_t>(kRows * kBlock));
      table.spread(layout, begin, end, values_.data());
      phase_ = phase;
      count_ = end - begin;
    }
    return values_.data();
  }

 private:
  std::vector<float> values_;
  int64_t phase_ = -1;
  int64_t count_ = 0;
};

}  // namespace ranvier::train
