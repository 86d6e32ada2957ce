#pragma once
// Placement by simulated annealing: tiles on the cores of their chip, crossings on lanes.

#include "ranvier/map/placement_problem.hpp"

#include <cstdint>
#include <functional>

namespace ranvier::map {

struct AnnealOptions {
  /// 0: wire length alone. Else contention counts this much, both relative to where the search
  /// starts.
  double contention_weight = 0;
  int64_t moves_per_item = 300;
  uint64_t seed = 1;
  /// Called now and then with the moves tried and their total. May throw to stop the search.
  std::function<void(int64_t done, int64_t total)> progress = {};
};

/// What a placement costs, as the search sees it.
struct PlacementCost {
  int64_t wire_bit_hops = 0;  // bits x routers passed, beyond the first
  /// Sum over phases and shared resources (channels, ports, converters) of the square of the flits
  /// or cycles that each serves: low when the load is spread.
  int64_t contention = 0;
};
PlacementCost placement_cost(const PlacementProblem& problem, const Mapping& mapping,
                             const arch::PackageSpec& package);

/// `mapping` with the tiles of every chip on other usable cores of it, and crossings on other lanes
/// of their chip sides; never worse in the weighted cost. The same seed gives the same placement.
/// Method: Kirkpatrick, Gelatt, Vecchi 1983, range-limited as in VPR (Betz and Rose 1997); the cost
/// of a move is the change along the flows of what moves.
/// Cost: O(moves x flows per item x hops); without contention no hops.
Mapping anneal_placement(const ir::Network& network, const PlacementProblem& problem,
                         const Mapping& mapping, const arch::PackageSpec& package,
                         const AnnealOptions& options);

}  // namespace ranvier::map
