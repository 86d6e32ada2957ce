#include "ranvier/map/placement_state.hpp"

#include "ranvier/map/placement.hpp"
#include "ranvier/map/xy_tree.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace ranvier::map {

using arch::Coordinates;

PlacementState::PlacementState(const PlacementProblem& problem, const Mapping& mapping,
                               const arch::PackageSpec& package, bool with_loads)
    : problem_(problem), package_(package), with_loads_(with_loads), flows_(problem.items.size()) {
  for (size_t i = 0; i < problem.items.size(); ++i) {
    const PlacedItem& item = problem.items[i];
    const auto group = static_cast<size_t>(item.group);
    const auto index = static_cast<size_t>(item.indices.front());
    const bool crosses = item.kind == PlacedItem::Kind::kCrossing;
    first_place_.push_back(places_.size());
    places_.resize(places_.size() + 1 + item.far_chips.size());
    place(static_cast<int>(i),
          arch::coordinates(package, crosses ? mapping.crossings[group][index].near_gateway
                                             : mapping.layers[group][index].tile));
  }
  for (size_t f = 0; f < problem.flows.size(); ++f) {
    const Flow& flow = problem.flows[f];
    std::vector<int> items{flow.from.item};
    for (const FlowEnd& to : flow.to) items.push_back(to.item);
    std::ranges::sort(items);
    items.erase(std::unique(items.begin(), items.end()), items.end());
    for (const int item : items) flows_[static_cast<size_t>(item)].push_back(static_cast<int>(f));
  }
  if (with_loads) {
    loads_.resize(static_cast<size_t>(problem.phases) * static_cast<size_t>(package.width()) *
                  static_cast<size_t>(package.height()) * kResources);
  }
  for (const Flow& flow : problem.flows) apply(flow, 1);
  for (size_t i = 0; i < problem.items.size(); ++i) convert(static_cast<int>(i), 1);
}

/// The far gateways of a crossing have the lane of the near one.
void PlacementState::place(int item, Coordinates near) {
  const PlacedItem& of = problem_.items[static_cast<size_t>(item)];
  Coordinates* const places = &places_[first_place_[static_cast<size_t>(item)]];
  places[0] = near;
  const core::ChipId chip(of.chip);
  for (size_t k = 0; k < of.far_chips.size(); ++k) {
    const core::ChipId far(of.far_chips[k]);
    const int lane =
        nearest_lane(package_, arch::tile_at(package_, near), leaving_side(package_, chip, far));
    places[k + 1] = arch::coordinates(
        package_, gateway(package_, far, arriving_side(package_, chip, far), lane));
  }
}

void PlacementState::load(int phase, Coordinates at, int resource, int64_t amount) {
  const auto tile =
      static_cast<size_t>(at.y) * static_cast<size_t>(package_.width()) + static_cast<size_t>(at.x);
  const auto tiles = static_cast<size_t>(package_.width()) * static_cast<size_t>(package_.height());
  int64_t& load = loads_[(static_cast<size_t>(phase) * tiles + tile) * kResources +
                         static_cast<size_t>(resource)];
  cost_.contention += amount * (2 * load + amount);
  load += amount;
}

/// Adds flits to the channels of a straight line or an XY route. Returns its hops.
int64_t PlacementState::pass(int phase, Coordinates from, Coordinates to, int64_t flits) {
  const int64_t hops = std::abs(from.x - to.x) + std::abs(from.y - to.y);
  if (!with_loads_) return hops;
  for (; from.x != to.x; from.x += to.x > from.x ? 1 : -1) {
    load(phase, from, to.x > from.x ? 0 : 1, flits);
  }
  for (; from.y != to.y; from.y += to.y > from.y ? 1 : -1) {
    load(phase, from, to.y > from.y ? 2 : 3, flits);
  }
  return hops;
}

/// Adds or takes away one flow: its bit hops, and its flits on the XY route.
void PlacementState::apply(const Flow& flow, int sign) {
  const Coordinates at = core(flow.from.item, flow.from.far);
  const int64_t flits = sign * flow.flits;
  if (with_loads_) {
    load(flow.phase, at, kInjection, flits);
    for (const FlowEnd& to : flow.to) load(flow.phase, core(to.item, to.far), kEjection, flits);
  }
  if (flow.to.size() > 1) return apply_tree(flow, sign);
  const FlowEnd& to = flow.to.front();
  cost_.wire_bit_hops += sign * flow.bits * pass(flow.phase, at, core(to.item, to.far), flits);
}

/// Every link of the tree once: the row of the source, then columns north and south.
void PlacementState::apply_tree(const Flow& flow, int sign) {
  const Coordinates at = core(flow.from.item, flow.from.far);
  XyTree tree(at);
  for (const FlowEnd& to : flow.to) tree.add(core(to.item, to.far));
  cost_.wire_bit_hops += sign * flow.bits * tree.links();
  if (!with_loads_) return;
  const int64_t flits = sign * flow.flits;
  pass(flow.phase, at, {tree.east(), at.y}, flits);
  pass(flow.phase, at, {tree.west(), at.y}, flits);
  for (const XyTree::Column& column : tree.columns()) {
    pass(flow.phase, {column.x, at.y}, {column.x, column.north}, flits);
    pass(flow.phase, {column.x, at.y}, {column.x, column.south}, flits);
  }
}

/// The converters of a crossing. A boundary's cores are told apart by its own phase number.
void PlacementState::convert(int item, int sign) {
  const PlacedItem& of = problem_.items[static_cast<size_t>(item)];
  if (!with_loads_ || of.kind != PlacedItem::Kind::kCrossing) return;
  load(of.group, core(item, 0), kConverter, sign * of.encode_cycles);
  for (size_t k = 0; k < of.decode_cycles.size(); ++k) {
    load(of.group, core(item, static_cast<int>(k) + 1), kConverter, sign * of.decode_cycles[k]);
  }
}

bool PlacementState::touches(const Flow& flow, int item) {
  return flow.from.item == item ||
         std::ranges::any_of(flow.to, [&](const FlowEnd& to) { return to.item == item; });
}

/// Flows that `except` has a part in stay: a swap lifts them with the other item.
void PlacementState::lift(int item, int except) {
  for (const int f : flows_[static_cast<size_t>(item)]) {
    const Flow& flow = problem_.flows[static_cast<size_t>(f)];
    if (except < 0 || !touches(flow, except)) apply(flow, -1);
  }
  convert(item, -1);
}

void PlacementState::put(int item, int except) {
  for (const int f : flows_[static_cast<size_t>(item)]) {
    const Flow& flow = problem_.flows[static_cast<size_t>(f)];
    if (except < 0 || !touches(flow, except)) apply(flow, 1);
  }
  convert(item, 1);
}

void PlacementState::move(int item, Coordinates near) {
  lift(item, -1);
  place(item, near);
  put(item, -1);
}

void PlacementState::swap(int a, int b) {
  lift(a, -1);
  lift(b, a);
  const Coordinates was = core(a, 0);
  place(a, core(b, 0));
  place(b, was);
  put(b, a);
  put(a, -1);
}

}  // namespace ranvier::map
