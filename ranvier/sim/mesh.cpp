#include "ranvier/sim/mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace ranvier::sim {
namespace {

constexpr int32_t kNowhere = -1;

constexpr int32_t lane_link(int lane) { return -2 - lane; }
constexpr int lane_of_link(int32_t link) { return -2 - link; }

int64_t horizon(const Lowered& lowered) {
  const MeshTiming& mesh = lowered.mesh;
  return std::max({mesh.hop(), mesh.credit(), kInjectionCycles + mesh.router,
                   lowered.crossing.split + mesh.router, lowered.crossing.fifo_sync + 1}) +
         1;
}

/// The first set bit of `set` at or after `first`, going round.
int round_robin(uint32_t set, int first) {
  const uint32_t later = set >> first << first;
  return std::countr_zero(later != 0 ? later : set);
}

}  // namespace

Port route_xy(Place here, Place target) {
  if (target.x != here.x) return target.x > here.x ? kEast : kWest;
  if (target.y != here.y) return target.y > here.y ? kSouth : kNorth;
  return kLocal;
}

Mesh::Mesh(const Lowered& lowered, const PacketPool& packets, RoutingFunction routing)
    : lowered_(lowered),
      packets_(packets),
      timing_(lowered.mesh),
      routing_(routing),
      inputs_(static_cast<size_t>(lowered.routers() * kPorts * lowered.mesh.virtual_channels),
              lowered.mesh.buffer_flits),
      wheel_(static_cast<size_t>(lowered.routers()), horizon(lowered)),
      occupied_(static_cast<size_t>(lowered.routers())),
      out_(inputs_.rings(), kFree),
      owner_(inputs_.rings(), kFree),
      vc_turn_(static_cast<size_t>(lowered.routers() * kPorts)),
      turn_(vc_turn_.size()),
      across_(vc_turn_.size(), kNowhere),
      behind_(vc_turn_.size(), kNowhere),
      use_(vc_turn_.size()) {
  for (int router = 0; router < lowered.routers(); ++router) wire(router);
}

void Mesh::wire(int router) {
  const Place at = lowered_.place(router);
  const int step[kDirections] = {1, -1, -timing_.width, timing_.width};
  const bool inside[kDirections] = {at.x + 1 < timing_.width, at.x > 0, at.y > 0,
                                    at.y + 1 < timing_.height};
  for (int port = 0; port < kDirections; ++port) {
    if (!inside[port]) continue;
    const int next = router + step[port];
    const int lane = lowered_.lane_of[static_cast<size_t>(router * kDirections + port)];
    across_[output(router, port)] = lane < 0 ? next : lane_link(lane);
    behind_[output(next, opposite(static_cast<Port>(port)))] = lane < 0 ? router : lane_link(lane);
  }
}

void Mesh::connect(TilePort& tiles, EdgePort& edges) {
  tiles_ = &tiles;
  edges_ = &edges;
}

void Mesh::accept(int router, Port port, Flit flit, int64_t ready) {
  inputs_.push(channel(router, port, flit.vc), flit, ready);
  occupied_[static_cast<size_t>(router)] |= uint64_t{1}
                                            << (port * timing_.virtual_channels + flit.vc);
  wheel_.wake(static_cast<size_t>(router), ready);
}

void Mesh::step(int64_t now, core::Rng* order) {
  const auto act = [&](size_t router) { step_router(static_cast<int>(router), now); };
  if (order != nullptr) {
    wheel_.drain_shuffled(now, *order, act);
  } else {
    wheel_.drain(now, act);
  }
}

// A router that granted nothing may sleep: whatever it waits for (a flit, a slot) wakes it.
void Mesh::step_router(int router, int64_t now) {
  const uint64_t occupied = occupied_[static_cast<size_t>(router)];
  if (occupied == 0) return;
  uint32_t requests[kPorts] = {};  // per output: input ports that ask for it
  uint8_t chosen[kPorts];
  uint32_t outputs = 0;
  for (int port = 0; port < kPorts; ++port) {
    const int vc = choose_vc(router, port, occupied, now);
    if (vc < 0) continue;
    const int to = out_[channel(router, port, vc)];
    chosen[port] = static_cast<uint8_t>(vc);
    requests[to] |= 1U << port;
    outputs |= 1U << to;
  }
  if (outputs == 0) return;
  for (; outputs != 0; outputs &= outputs - 1) {
    const int to = std::countr_zero(outputs);
    const int from = round_robin(requests[to], turn_[output(router, to)]);
    send(router, from, to, chosen[from], now);
  }
  if (occupied_[static_cast<size_t>(router)] != 0) {
    wheel_.wake(static_cast<size_t>(router), now + 1);
  }
}

/// The VC of an input port that asks for its output in this cycle, or -1.
int Mesh::choose_vc(int router, int port, uint64_t occupied, int64_t now) {
  const int vcs = timing_.virtual_channels;
  const uint64_t mine = (occupied >> (port * vcs)) & ((uint64_t{1} << vcs) - 1);
  if (mine == 0) return -1;
  int vc = vc_turn_[output(router, port)];
  for (int tried = 0; tried < vcs; ++tried, vc = vc + 1 < vcs ? vc + 1 : 0) {
    if (((mine >> vc) & 1) == 0) continue;
    const size_t ring = channel(router, port, vc);
    if (inputs_.ready_at(ring) > now) continue;
    if (out_[ring] == kFree) {
      out_[ring] = routing_(lowered_.place(router), packets_[inputs_.front(ring).packet].target);
    }
    if (can_send(router, port, out_[ring], vc, now)) return vc;
  }
  return -1;
}

bool Mesh::can_send(int router, int from, int to, int vc, int64_t now) const {
  const uint8_t owner = owner_[channel(router, to, vc)];
  if (owner != kFree && owner != from) return false;
  if (to == kLocal) return true;
  const int32_t link = across_[output(router, to)];
  if (link >= 0) return has_room(link, opposite(static_cast<Port>(to)), vc, now);
  return edges_->lane_room(lane_of_link(link), vc, now);
}

void Mesh::send(int router, int from, int to, int vc, int64_t now) {
  const size_t ring = channel(router, from, vc);
  const Flit flit = inputs_.pop(ring, now + timing_.credit());
  if (inputs_.empty(ring)) {
    occupied_[static_cast<size_t>(router)] &=
        ~(uint64_t{1} << (from * timing_.virtual_channels + vc));
  }
  tell_upstream(router, from, now + timing_.credit());
  owner_[channel(router, to, vc)] = flit.tail ? kFree : static_cast<uint8_t>(from);
  if (flit.tail) out_[ring] = kFree;
  turn_[output(router, to)] = static_cast<uint8_t>(from + 1 < kPorts ? from + 1 : 0);
  vc_turn_[output(router, from)] =
      static_cast<uint8_t>(vc + 1 < timing_.virtual_channels ? vc + 1 : 0);
  Use& use = use_[output(router, to)];
  ++use.flits;
  use.bits += flit.bits;
  ++moves_;
  forward(router, to, flit, now);
}

void Mesh::forward(int router, int to, Flit flit, int64_t now) {
  if (to == kLocal) {
    tiles_->eject(router, flit, now + timing_.eject());
    return;
  }
  const int32_t link = across_[output(router, to)];
  if (link >= 0) {
    accept(link, opposite(static_cast<Port>(to)), flit, now + timing_.hop());
  } else {
    edges_->send(lane_of_link(link), flit, now);
  }
}

void Mesh::tell_upstream(int router, int from, int64_t cycle) {
  if (from == kLocal) {
    tiles_->injection_room(router, cycle);
    return;
  }
  const int32_t link = behind_[output(router, from)];
  if (link >= 0) {
    wheel_.wake(static_cast<size_t>(link), cycle);
  } else {
    edges_->far_room(lane_of_link(link), cycle);
  }
}

bool Mesh::at_rest() const {
  return std::all_of(occupied_.begin(), occupied_.end(), [](uint64_t mask) { return mask == 0; }) &&
         std::all_of(owner_.begin(), owner_.end(), [](uint8_t owner) { return owner == kFree; });
}

/// The input channel that `waiting` cannot pass, or -1: the holder of its output VC, else the full
/// buffer downstream.
int64_t Mesh::waits_for(size_t waiting) const {
  const int vcs = timing_.virtual_channels;
  const int vc = static_cast<int>(waiting) % vcs;
  const int router = static_cast<int>(waiting) / vcs / kPorts;
  const int from = static_cast<int>(waiting) / vcs % kPorts;
  const int to = out_[waiting];
  if (inputs_.empty(waiting) || to == kFree) return -1;
  const uint8_t owner = owner_[channel(router, to, vc)];
  if (owner != kFree && owner != from) return static_cast<int64_t>(channel(router, owner, vc));
  const int32_t link = to == kLocal ? kNowhere : across_[output(router, to)];
  if (link < 0) return -1;
  const size_t next = channel(link, opposite(static_cast<Port>(to)), vc);
  return inputs_.room_at(next) == kNever ? static_cast<int64_t>(next) : -1;
}

std::string Mesh::waiting_cycle() const {
  constexpr const char* kNames[kPorts] = {"east", "west", "north", "south", "local"};
  const int vcs = timing_.virtual_channels;
  std::vector<size_t> seen(inputs_.rings());  // walk that came by, counted from 1
  for (size_t start = 0; start < inputs_.rings(); ++start) {
    int64_t at = static_cast<int64_t>(start);
    while (at >= 0 && seen[static_cast<size_t>(at)] == 0) {
      seen[static_cast<size_t>(at)] = start + 1;
      at = waits_for(static_cast<size_t>(at));
    }
    if (at < 0 || seen[static_cast<size_t>(at)] != start + 1) continue;
    std::string text;
    int64_t channel = at;
    do {
      const int ring = static_cast<int>(channel);
      const Place place = lowered_.place(ring / vcs / kPorts);
      text += fmt::format("({},{}) {} input VC {} -> ", place.x, place.y,
                          kNames[ring / vcs % kPorts], ring % vcs);
      channel = waits_for(static_cast<size_t>(channel));
    } while (channel != at);
    return text + "back to the first";
  }
  return {};
}

}  // namespace ranvier::sim
