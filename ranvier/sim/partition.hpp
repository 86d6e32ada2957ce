#pragma once
// Which logical process simulates which chip, and how far the processes may run apart.

#include "ranvier/sim/lowered.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ranvier::sim {

/// Runs of chips in the order of their ids, of nearly equal weight. No result depends on it.
class Partition {
 public:
  /// `loads`: expected work of every chip, 0 or more; at most `most` parts, none of them empty.
  /// `lowered` must outlive it. Cost: O(chips log sum of loads).
  Partition(const Lowered& lowered, std::span<const int64_t> loads, int most);

  int parts() const { return parts_; }
  int of_chip(int chip) const { return part_of_[static_cast<size_t>(chip)]; }
  int of_router(int router) const { return of_chip(lowered_.chip_of[static_cast<size_t>(router)]); }
  const Lowered& lowered() const { return lowered_; }

 private:
  const Lowered& lowered_;
  std::vector<int32_t> part_of_;  // [chips]
  int parts_ = 1;
};

/// What one logical process simulates.
struct Share {
  const Partition& partition;
  int index = 0;

  const Lowered& lowered() const { return partition.lowered(); }
  bool owns(int router) const { return partition.of_router(router) == index; }
};

/// Flits x routers of XY routes, per chip. `flits` [messages as in `ends`].
struct Load {
  int32_t source = 0;  // router
  int32_t target = 0;
  int64_t flits = 0;
};
std::vector<int64_t> chip_loads(const Lowered& lowered, std::span<const Load> loads);

/// How many core cycles pass at least between the cycle in which one end of a die-to-die link acts
/// and the first one in which the other end can notice, flits and credits alike: at least 1.
/// Without links any number is right. Source: docs/models/parallel.md.
int64_t lookahead(const Lowered& lowered);

}  // namespace ranvier::sim
