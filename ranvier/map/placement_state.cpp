#include "ranvier/map/placement_state.hpp"

#include <cstdlib>

namespace ranvier::map {
namespace {

using arch::Coordinates;

std::array<Coordinates, 2> places_of(const PlacedItem& item, const Mapping& mapping,
                                     const arch::PackageSpec& package) {
  const auto group = static_cast<size_t>(item.group);
  const auto index = static_cast<size_t>(item.indices.front());
  if (item.kind == PlacedItem::Kind::kCrossing) {
    const Crossing& crossing = mapping.crossings[group][index];
    return {arch::coordinates(package, crossing.near_gateway),
            arch::coordinates(package, crossing.far_gateway)};
  }
  const Coordinates at = arch::coordinates(package, mapping.layers[group][index].tile);
  return {at, at};
}

}  // namespace

PlacementState::PlacementState(const PlacementProblem& problem, const Mapping& mapping,
                               const arch::PackageSpec& package, bool with_loads)
    : problem_(problem), package_(package), with_loads_(with_loads), flows_(problem.items.size()) {
  for (const PlacedItem& item : problem.items) {
    places_.push_back(places_of(item, mapping, package));
  }
  for (size_t f = 0; f < problem.flows.size(); ++f) {
    const Flow& flow = problem.flows[f];
    flows_[static_cast<size_t>(flow.from.item)].push_back(static_cast<int>(f));
    if (flow.to.item != flow.from.item) {
      flows_[static_cast<size_t>(flow.to.item)].push_back(static_cast<int>(f));
    }
  }
  if (with_loads) {
    loads_.resize(static_cast<size_t>(problem.phases) * static_cast<size_t>(package.width()) *
                  static_cast<size_t>(package.height()) * kResources);
  }
  for (const Flow& flow : problem.flows) apply(flow, 1);
  for (size_t i = 0; i < problem.items.size(); ++i) convert(static_cast<int>(i), 1);
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

/// Adds or takes away one flow: its bit hops, and its flits on the XY route.
void PlacementState::apply(const Flow& flow, int sign) {
  Coordinates at = core(flow.from.item, flow.from.far);
  const Coordinates to = core(flow.to.item, flow.to.far);
  const int64_t hops = std::abs(at.x - to.x) + std::abs(at.y - to.y);
  cost_.wire_bit_hops += sign * flow.bits * hops;
  if (!with_loads_) return;
  const int64_t flits = sign * flow.flits;
  load(flow.phase, at, kInjection, flits);
  load(flow.phase, to, kEjection, flits);
  for (; at.x != to.x; at.x += to.x > at.x ? 1 : -1) {
    load(flow.phase, at, to.x > at.x ? 0 : 1, flits);
  }
  for (; at.y != to.y; at.y += to.y > at.y ? 1 : -1) {
    load(flow.phase, at, to.y > at.y ? 2 : 3, flits);
  }
}

/// The converters of a crossing. A boundary's cores are told apart by its own phase number.
void PlacementState::convert(int item, int sign) {
  const PlacedItem& of = problem_.items[static_cast<size_t>(item)];
  if (!with_loads_ || of.kind != PlacedItem::Kind::kCrossing) return;
  load(of.group, core(item, false), kConverter, sign * of.encode_cycles);
  load(of.group, core(item, true), kConverter, sign * of.decode_cycles);
}

/// Flows to `except` stay: a swap lifts them with the other item.
void PlacementState::lift(int item, int except) {
  for (const int f : flows_[static_cast<size_t>(item)]) {
    const Flow& flow = problem_.flows[static_cast<size_t>(f)];
    if (flow.from.item != except && flow.to.item != except) apply(flow, -1);
  }
  convert(item, -1);
}

void PlacementState::put(int item, int except) {
  for (const int f : flows_[static_cast<size_t>(item)]) {
    const Flow& flow = problem_.flows[static_cast<size_t>(f)];
    if (flow.from.item != except && flow.to.item != except) apply(flow, 1);
  }
  convert(item, 1);
}

void PlacementState::move(int item, Coordinates near, Coordinates far) {
  lift(item, -1);
  places_[static_cast<size_t>(item)] = {near, far};
  put(item, -1);
}

void PlacementState::swap(int a, int b) {
  lift(a, -1);
  lift(b, a);
  std::swap(places_[static_cast<size_t>(a)], places_[static_cast<size_t>(b)]);
  put(b, a);
  put(a, -1);
}

}  // namespace ranvier::map
