#include "ranvier/sim/trees.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/mesh.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

namespace ranvier::sim {

Trees::Trees(const Lowered& lowered, std::vector<MessageEnds>& ends)
    : first_node_(1), first_target_(1) {
  Shapes known;
  for (size_t m = 0; m < ends.size(); ++m) {
    if (ends[m].branches == 0) continue;
    const auto sharers = static_cast<size_t>(ends[m].branches) + 1;
    add(lowered, std::span(ends).subspan(m, sharers), static_cast<int32_t>(m), known);
  }
}

void Trees::add(const Lowered& lowered, std::span<MessageEnds> ends, int32_t first, Shapes& known) {
  std::vector<std::pair<int32_t, int32_t>> targets;  // router, message
  for (size_t i = 0; i < ends.size(); ++i) {
    targets.emplace_back(ends[i].target, first + static_cast<int32_t>(i));
    ends[i].tree = static_cast<int32_t>(shapes_.size());
  }
  std::ranges::sort(targets);
  std::vector<int32_t> name{ends.front().source};
  for (const auto& [router, message] : targets) {
    routers_.push_back(router);
    messages_.push_back(message);
    name.push_back(router);
  }
  first_target_.push_back(routers_.size());
  const auto [shape, is_new] = known.try_emplace(name, static_cast<int32_t>(known.size()));
  shapes_.push_back(shape->second);
  if (is_new) add_shape(lowered, name);
}

/// `ends`: the source, then the targets.
void Trees::add_shape(const Lowered& lowered, std::span<const int32_t> ends) {
  std::map<int32_t, uint8_t> outputs;
  for (const int32_t end : ends.subspan(1)) {
    const Place target = lowered.place(end);
    int router = ends.front();
    Port port = route_xy(lowered.place(router), target);
    for (; port != kLocal; port = route_xy(lowered.place(router), target)) {
      outputs[router] |= static_cast<uint8_t>(1U << port);
      router = neighbour(lowered.mesh, router, port);
    }
    outputs[router] |= static_cast<uint8_t>(1U << kLocal);
  }
  int64_t hops = 0;
  for (const auto& [router, ports] : outputs) {
    nodes_.push_back({router, ports});
    hops += std::popcount(ports);
  }
  hops_.push_back(hops);
  first_node_.push_back(nodes_.size());
}

uint8_t Trees::outputs(int32_t tree, int router) const {
  const size_t index = shape(tree);
  const auto begin = nodes_.begin() + static_cast<std::ptrdiff_t>(first_node_[index]);
  const auto end = nodes_.begin() + static_cast<std::ptrdiff_t>(first_node_[index + 1]);
  const auto at = std::ranges::lower_bound(begin, end, router, {}, &Node::router);
  RANVIER_CONTRACT(at != end && at->router == router, "a packet stays on its tree");
  return at->outputs;
}

std::span<const int32_t> Trees::messages_at(int32_t tree, int router) const {
  const auto index = static_cast<size_t>(tree);
  const auto begin = routers_.begin() + static_cast<std::ptrdiff_t>(first_target_[index]);
  const auto end = routers_.begin() + static_cast<std::ptrdiff_t>(first_target_[index + 1]);
  const auto [low, high] = std::equal_range(begin, end, router);
  return {messages_.data() + (low - routers_.begin()),
          messages_.data() + (high - routers_.begin())};
}

}  // namespace ranvier::sim
