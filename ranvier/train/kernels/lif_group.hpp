#pragma once
// How the LIF kernels walk a block: a few cache lines of neurons at a time, all their steps, while
// the lines of the next block are asked for. Private to the kernels.

#include "ranvier/train/kernels/lanes.hpp"
#include "ranvier/train/kernels/lif_step.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <vector>

namespace ranvier::train {

constexpr int64_t kGroupLanes = 8;  // their membranes of all steps stay in the first-level cache
constexpr int64_t kGroup = kGroupLanes * kLanes;
static_assert(kBlock % kGroup == 0);

/// Asks for the lines of the next block in the order of memory, as many as are worked on: pages
/// are walked one after the other, and requests never pile up.
class ReadAhead {
 public:
  /// All steps of every tensor; rows of a step are `size` apart.
  ReadAhead(std::initializer_list<const float*> tensors, int64_t steps, int64_t size,
            int64_t next_block)
      : steps_(steps), size_(size) {
    for (const float* tensor : tensors) first_[tensors_++] = tensor + next_block;
    from_ = first_[0];
  }

  void lines(int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      __builtin_prefetch(from_ + line_ * kLanes, kToRead, kUsedOnce);
      if (++line_ == kBlock / kLanes) next_row();
    }
  }

 private:
  void next_row() {
    line_ = 0;
    if (++row_ == steps_) {
      row_ = 0;
      tensor_ = tensor_ + 1 < tensors_ ? tensor_ + 1 : 0;
    }
    from_ = first_[tensor_] + row_ * size_;
  }

  static constexpr size_t kMostTensors = 2;
  static constexpr int kToRead = 0;
  static constexpr int kUsedOnce = 0;  // so that it pushes nothing out of the outer caches
  const float* first_[kMostTensors] = {};
  size_t tensors_ = 0;
  size_t tensor_ = 0;
  int64_t steps_;
  int64_t size_;
  const float* from_;
  int64_t row_ = 0;
  int64_t line_ = 0;
};

/// A parameter of a group of neurons.
template <bool kShared>
class Parameter {
 public:
  explicit Parameter(const float* row) : row_(row), first_(all<Lanes>(*row)) {}
  Lanes operator[](int64_t j) const { return kShared ? first_ : load(row_ + j * kLanes); }

 private:
  const float* row_;
  Lanes first_;
};

/// f(shared, whole, at, count, channel, neurons) for every group of the block; a whole group has
/// kGroup neurons.
template <class F>
void for_each_group(const BlockWalk& walk, const F& f) {
  walk.runs([&](auto shared, int64_t offset, int64_t count, int64_t channel, Neurons p) {
    for (int64_t i = 0; i < count; i += kGroup) {
      const int64_t at = walk.begin() + offset + i;
      if (count - i >= kGroup) {
        f(shared, std::true_type{}, at, kGroup, channel, p);
      } else {
        f(shared, std::false_type{}, at, count - i, channel, p);
      }
      for (int r = 0; r < kRowCount && !shared; ++r) p.row[r] += kGroup;
    }
  });
}

/// Runs of `layout` start at cache lines when the tensor does.
inline bool has_whole_lines(const ChannelLayout& layout) {
  return layout.size % kLanes == 0 && (!has_long_runs(layout) || layout.inner % kLanes == 0);
}

}  // namespace ranvier::train
