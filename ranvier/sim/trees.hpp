#pragma once
// The ways of messages that share their packets: the union of the XY routes from one tile to
// several. Every router lies on one XY route from the source only, so the union is a tree.

#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/message_port.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace ranvier::sim {

/// A place that is none: the name of a tree of routes (Trees) in its stead.
constexpr Place tree_name(int32_t tree) {
  return {static_cast<int16_t>(tree & 0x7fff), static_cast<int16_t>(tree >> 15)};
}
constexpr int32_t tree_of(Place name) { return int32_t{name.y} << 15 | int32_t{name.x}; }

class Trees {
 public:
  /// Numbers the trees of `ends` in order and notes them there. Cost: O(routers of all routes).
  Trees(const Lowered& lowered, std::vector<MessageEnds>& ends);

  bool empty() const { return first_target_.size() == 1; }

  /// Outputs to take at a router of the tree: bit 1 << Port each.
  uint8_t outputs(int32_t tree, int router) const;
  /// Messages of the tree that end at the router. Empty: it is none of its targets.
  std::span<const int32_t> messages_at(int32_t tree, int router) const;
  /// Routers traversed by one flit on all branches: links and ejections.
  int64_t hops(int32_t tree) const { return hops_[shape(tree)]; }

 private:
  struct Node {
    int32_t router = 0;
    uint8_t outputs = 0;
  };
  using Shapes = std::map<std::vector<int32_t>, int32_t>;  // by source and targets

  size_t shape(int32_t tree) const {
    return static_cast<size_t>(shapes_[static_cast<size_t>(tree)]);
  }
  void add(const Lowered& lowered, std::span<MessageEnds> ends, int32_t first, Shapes& known);
  void add_shape(const Lowered& lowered, std::span<const int32_t> ends);

  std::vector<int32_t> shapes_;       // [trees] many have the same routes
  std::vector<Node> nodes_;           // of all shapes, one after the other, by router
  std::vector<size_t> first_node_;    // [shapes + 1]
  std::vector<int64_t> hops_;         // [shapes]
  std::vector<int32_t> routers_;      // of all targets, tree by tree, by router
  std::vector<int32_t> messages_;     // of the same targets
  std::vector<size_t> first_target_;  // [trees + 1]
};

}  // namespace ranvier::sim
