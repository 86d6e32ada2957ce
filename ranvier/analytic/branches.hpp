#pragma once
// Messages that share packets (multicast): the tree of their ways in closed form, and where one way
// parts from another.

#include "ranvier/analytic/route.hpp"
#include "ranvier/arch/package.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ranvier::analytic {

/// Appends the union of the XY ways from one tile to all `targets`, every link once: the row of
/// `from` as far east and west as any target lies, then every column with a target as far north and
/// south. Cost: O(targets log targets).
void append_tree(const arch::PackageSpec& package, core::TileId from,
                 std::span<const core::TileId> targets, std::vector<Leg>& legs);

/// Which way carries the packets up to where each message's own way begins.
class Branches {
 public:
  /// After `hops` hops of a way (kAtTarget: at its end, in the same tile) that of `message` goes on
  /// by itself.
  struct Part {
    int32_t hops = 0;
    int32_t message = 0;
  };
  static constexpr int32_t kAtTarget = INT32_MAX;

  /// Cost: O(messages), and O(n log n) for n messages that share packets.
  Branches(const workload::Workload& workload, const arch::PackageSpec& package);

  bool empty() const { return roots_.empty(); }
  /// The message whose way begins at the tile that sends: itself unless it shares packets.
  int32_t root(int32_t message) const {
    return roots_.empty() ? message : roots_[static_cast<size_t>(message)];
  }
  /// By hops, those of one tile last.
  std::span<const Part> parts(int32_t message) const {
    const auto index = static_cast<size_t>(message);
    return {parts_.data() + first_part_[index], parts_.data() + first_part_[index + 1]};
  }

 private:
  std::vector<int32_t> roots_;      // [messages]; empty: none share
  std::vector<size_t> first_part_;  // [messages + 1]
  std::vector<Part> parts_;
};

}  // namespace ranvier::analytic
