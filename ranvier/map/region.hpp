#pragma once
// Boxes of neurons, and which input elements they need: interval arithmetic, never element by
// element.

#include "ranvier/ir/network.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ranvier::map {

/// begin..end-1.
struct Interval {
  int begin = 0;
  int end = 0;
  int size() const { return end - begin; }
  bool operator==(const Interval&) const = default;
};

inline Interval intersect(Interval a, Interval b) {
  const int begin = std::max(a.begin, b.begin);
  return {begin, std::max(begin, std::min(a.end, b.end))};
}

/// Part `index` of `parts` nearly equal parts of 0..size-1; no part is larger than ceil(size /
/// parts).
inline Interval part_of(int size, int parts, int index) {
  const auto cut = [&](int at) { return static_cast<int>(int64_t{1} * size * at / parts); };
  return {cut(index), cut(index + 1)};
}

/// A channel group and a spatial patch of one layer's outputs.
struct Region {
  Interval channels;
  Interval rows;
  Interval columns;
  int64_t neurons() const { return int64_t{1} * channels.size() * rows.size() * columns.size(); }
  int64_t positions() const { return int64_t{1} * rows.size() * columns.size(); }
  bool operator==(const Region&) const = default;
};

Region whole(const ir::Shape& shape);
Region intersect(const Region& a, const Region& b);

/// Smallest region that holds both; an empty one adds nothing.
Region hull(const Region& a, const Region& b);
/// `region` counted from the first element of `origin`.
Region shifted(const Region& region, const Region& origin);

/// Positions of the region's elements in the CHW tensor of `shape`, ascending.
std::vector<uint32_t> elements_of(const Region& region, const ir::Shape& shape);

/// One axis of a receptive field: into how many outputs of a range each input coordinate goes.
class AxisNeed {
 public:
  /// Outputs `range` of a window of `kernel`, `stride`, `padding` over `input_size` coordinates.
  static AxisNeed window(Interval range, int kernel, int stride, int padding, int input_size);
  /// The same of a transposed convolution.
  static AxisNeed transposed(Interval range, int kernel, int stride, int padding, int input_size);
  /// Outputs `range` of a layer with a window.
  static AxisNeed of(const ir::Layer& layer, Interval range, int input_size);
  /// Every coordinate of `range` once; the others are not needed.
  static AxisNeed identity(Interval range, int input_size);

  int fan_out(int coordinate) const { return fan_out_[static_cast<size_t>(coordinate)]; }
  /// Coordinates of `range` that are needed at all.
  int needed(Interval range) const {
    return before_[static_cast<size_t>(range.end)] - before_[static_cast<size_t>(range.begin)];
  }
  /// From the first to the last needed coordinate of `range`.
  Interval extent(Interval range) const;

 private:
  explicit AxisNeed(std::vector<int> fan_out);
  std::vector<int> fan_out_;  // [input_size] outputs reached
  std::vector<int> before_;   // [input_size + 1] needed coordinates below
};

enum class Operand : uint8_t { kInput, kResidual, kGate };
inline constexpr int kOperands = 3;

/// Index of the layer that `layer` reads as `operand`, or -1.
int source_of(const ir::Layer& layer, Operand operand);

/// Input channels that the output channels `outputs` of `layer` read.
Interval input_channels(const ir::Layer& layer, Interval outputs, int in_channels);

/// What one tile of a layer needs of one operand: a product of three axes.
struct Need {
  Interval channels;
  AxisNeed rows;
  AxisNeed columns;

  /// Needed elements among those of `producer`.
  int64_t elements(const Region& producer) const;
};

/// Smallest region that holds the elements of `producer` that are needed; empty if none is.
Region box_of(const Need& need, const Region& producer);

/// Whether both need the same elements of `producer`. Cost: O(its rows + columns).
bool is_alike(const Need& a, const Need& b, const Region& producer);

/// Errors: none for a validated network. Cost: O(height + width + window).
Need need_of(const ir::Network& network, const ir::Layer& layer, const Region& outputs,
             Operand operand);

}  // namespace ranvier::map
