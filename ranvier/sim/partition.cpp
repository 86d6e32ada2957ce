#include "ranvier/sim/partition.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <numeric>

namespace ranvier::sim {
namespace {

constexpr int64_t kWithoutLinks = 64;  // [core cycles]

/// Parts needed when none may weigh more than `limit`, which is at least the heaviest chip.
int fill(std::span<const int64_t> weights, int64_t limit, std::vector<int32_t>& part_of) {
  int part = 0;
  int64_t sum = 0;
  for (size_t chip = 0; chip < weights.size(); ++chip) {
    if (sum + weights[chip] > limit) {
      ++part;
      sum = 0;
    }
    sum += weights[chip];
    part_of[chip] = part;
  }
  return part + 1;
}

}  // namespace

Partition::Partition(const Lowered& lowered, std::span<const int64_t> loads, int most)
    : lowered_(lowered), part_of_(loads.size()) {
  RANVIER_CONTRACT(most >= 1 && !loads.empty(), "at least one chip and one part");
  std::vector<int64_t> weights(loads.begin(), loads.end());
  for (int64_t& weight : weights) ++weight;  // an idle chip is no part of its own for nothing
  int64_t low = *std::max_element(weights.begin(), weights.end());
  int64_t high = std::accumulate(weights.begin(), weights.end(), int64_t{0});
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (fill(weights, middle, part_of_) <= most) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  parts_ = fill(weights, high, part_of_);
}

std::vector<int64_t> chip_loads(const Lowered& lowered, std::span<const Load> loads) {
  const int width = lowered.mesh.width;
  const int side = lowered.lanes_per_side;
  std::vector<int64_t> sums(static_cast<size_t>(width / side * (lowered.mesh.height / side)));
  // Adds the routers first..last, both included, of one row or column, chip by chip.
  const auto add = [&](int first, int last, int64_t flits, auto chip_at) {
    if (first > last) std::swap(first, last);
    for (int at = first; at <= last;) {
      const int end = std::min(last + 1, (at / side + 1) * side);
      sums[static_cast<size_t>(chip_at(at))] += flits * (end - at);
      at = end;
    }
  };
  for (const Load& load : loads) {
    const Place from = lowered.place(load.source);
    const Place to = lowered.place(load.target);
    const auto chip_of = [&](int x, int y) {
      return lowered.chip_of[static_cast<size_t>(y * width + x)];
    };
    add(from.x, to.x, load.flits, [&](int x) { return chip_of(x, from.y); });
    if (from.y == to.y) continue;
    const int step = from.y < to.y ? 1 : -1;  // the corner was counted
    add(from.y + step, to.y, load.flits, [&](int y) { return chip_of(to.x, y); });
  }
  return sums;
}

int64_t lookahead(const Lowered& lowered) {
  if (lowered.sides.empty()) return kWithoutLinks;
  const CrossingTiming& timing = lowered.crossing;
  const int64_t beats = core::ceil_div(1 + timing.overhead_bits, timing.wires);
  // A flit of one bit that starts on the link edge that coincides with the core edge.
  const int64_t flit =
      timing.clocks.core_cycles_in(beats + timing.fifo_source, true) + timing.fifo_sync;
  const int64_t credit = timing.fifo_source + timing.clocks.core_cycles_in(timing.fifo_sync, true);
  return std::min(flit, credit);
}

}  // namespace ranvier::sim
