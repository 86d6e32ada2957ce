#pragma once
// A placement that changes move by move, with its cost kept up to date. Private to the searches of
// map/.

#include "ranvier/map/anneal.hpp"

#include <vector>

namespace ranvier::map {

class PlacementState {
 public:
  /// Without `with_loads` contention stays 0 and a move costs no walk over channels.
  PlacementState(const PlacementProblem& problem, const Mapping& mapping,
                 const arch::PackageSpec& package, bool with_loads);

  arch::Coordinates core(int item, int far) const {
    return places_[first_place_[static_cast<size_t>(item)] + static_cast<size_t>(far)];
  }
  /// Moves a tile to a core, or a crossing to a lane: `near` is the gateway there.
  void move(int item, arch::Coordinates near);
  /// Two tiles change places.
  void swap(int a, int b);

  const PlacementCost& cost() const { return cost_; }

 private:
  enum Resource { kInjection = 4, kEjection = 5, kConverter = 6, kResources = 7 };
  void lift(int item, int except);  // takes the item's flows out of the cost
  void put(int item, int except);
  void place(int item, arch::Coordinates near);
  static bool touches(const Flow& flow, int item);
  void apply(const Flow& flow, int sign);
  void apply_tree(const Flow& flow, int sign);
  int64_t pass(int phase, arch::Coordinates from, arch::Coordinates to, int64_t flits);
  void load(int phase, arch::Coordinates at, int resource, int64_t amount);
  void convert(int item, int sign);

  const PlacementProblem& problem_;
  const arch::PackageSpec& package_;
  bool with_loads_;
  std::vector<arch::Coordinates> places_;  // of all items: the core, or near and far gateways
  std::vector<size_t> first_place_;        // [item]
  std::vector<std::vector<int>> flows_;    // [item] indices, each flow once
  std::vector<int64_t> loads_;             // [phase][tile][resource]
  PlacementCost cost_;
};

}  // namespace ranvier::map
