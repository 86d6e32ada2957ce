#include "ranvier/sim/mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <utility>

namespace ranvier::sim {
namespace {

constexpr int32_t kNowhere = -1;
constexpr size_t kCachedRouters = 256;  // their state fits a second-level cache of 512 KiB
constexpr size_t kFetchAhead = 8;       // routers

constexpr int32_t lane_link(int lane) { return -2 - lane; }
constexpr int lane_of_link(int32_t link) { return -2 - link; }

int64_t horizon(const Lowered& lowered) {
  const MeshTiming& mesh = lowered.mesh;
  return std::max({mesh.hop(), mesh.credit(), kInjectionCycles + mesh.router,
                   lowered.crossing.split + mesh.router, lowered.crossing.fifo_sync + 1}) +
         1;
}

/// The first set bit of `set` at or after `first`, going round.
int round_robin(uint64_t set, int first) {
  const uint64_t later = set >> first << first;
  return std::countr_zero(later != 0 ? later : set);
}

constexpr Port kXy[3][3] = {{kWest, kWest, kWest}, {kNorth, kLocal, kSouth}, {kEast, kEast, kEast}};

/// XY routing without branches: which way a packet turns cannot be predicted.
inline Port towards(Place here, Place target) {
  const int x = 1 + (target.x > here.x) - (target.x < here.x);
  const int y = 1 + (target.y > here.y) - (target.y < here.y);
  return kXy[x][y];
}

constexpr uint64_t bit(int channel) { return uint64_t{1} << channel; }

}  // namespace

Port route_xy(Place here, Place target) { return towards(here, target); }

Mesh::Mesh(const Lowered& lowered, RoutingFunction routing)
    : lowered_(lowered),
      timing_(lowered.mesh),
      routing_(routing),
      vcs_(lowered.mesh.virtual_channels),
      channels_each_(kPorts * vcs_),
      nodes_(static_cast<size_t>(lowered.routers())),
      channels_(nodes_.size() * static_cast<size_t>(channels_each_)),
      slots_(channels_.size() * static_cast<size_t>(timing_.buffer_flits)),
      wheel_(nodes_.size(), horizon(lowered)),
      arrivals_(wheel_.slots() * nodes_.size()),
      across_(nodes_.size() * kPorts, kNowhere),
      behind_(across_.size(), kNowhere),
      use_(across_.size()) {
  for (int channel = 0; channel < channels_each_; ++channel) {
    port_of_[channel] = static_cast<uint8_t>(channel / vcs_);
  }
  for (int router = 0; router < lowered.routers(); ++router) wire(router);
}

void Mesh::wire(int router) {
  const Place at = nodes_[static_cast<size_t>(router)].place = lowered_.place(router);
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

int64_t Mesh::room_at(int router, Port port, int vc) const {
  const size_t channel =
      first_channel(static_cast<size_t>(router)) + static_cast<size_t>(port * vcs_ + vc);
  if (channels_[channel].held == timing_.buffer_flits) return kNever;
  return slots_[write_slot(channel)].free_at;
}

void Mesh::accept(int router, Port port, Flit flit, int64_t ready) {
  push(static_cast<size_t>(router), port * vcs_ + flit.vc, flit, ready);
}

inline void Mesh::push(size_t router, int channel, const Flit& flit, int64_t ready) {
  const size_t index = first_channel(router) + static_cast<size_t>(channel);
  std::construct_at(&slots_[write_slot(index)].flit, flit);
  ++channels_[index].held;
  arrivals(router, ready) |= bit(channel);
  wheel_.wake(router, ready);
}

void Mesh::step(int64_t now, core::Rng* order) {
  const auto all = [&](auto act) {
    if (order != nullptr) {
      wheel_.drain_shuffled(now, *order, act);
    } else if (nodes_.size() <= kCachedRouters) {
      wheel_.drain(now, act);
    } else {
      visits_.clear();
      wheel_.drain(now, [&](size_t router) { visits_.push_back(router); });
      for (size_t i = 0; i < visits_.size(); ++i) {
        if (i + kFetchAhead < visits_.size()) fetch(visits_[i + kFetchAhead], now);
        act(visits_[i]);
      }
    }
  };
  if (vcs_ == 1) {
    all([&](size_t router) { step_router<true>(router, now); });
  } else {
    all([&](size_t router) { step_router<false>(router, now); });
  }
}

/// Asks for the memory of the flits that arrive, and of the counters of where they go.
void Mesh::fetch(size_t router, int64_t now) const {
  __builtin_prefetch(&use_[router * kPorts], 1);
  __builtin_prefetch(&use_[router * kPorts + kPorts - 1], 1);
  uint64_t arrived = arrivals_[wheel_.slot(now) * nodes_.size() + router];
  for (; arrived != 0; arrived &= arrived - 1) {
    const size_t channel = first_channel(router) + static_cast<size_t>(std::countr_zero(arrived));
    __builtin_prefetch(&slots_[slot(channel, channels_[channel].read)], 1);
  }
}

// A router that granted nothing may sleep: whatever it waits for (a flit, a slot) wakes it.
template <bool kOneVc>
void Mesh::step_router(size_t router, int64_t now) {
  RouterState& node = nodes_[router];
  take_arrivals<kOneVc>(router, node, std::exchange(arrivals(router, now), 0));
  if (node.ready == 0) return;
  const ChannelState* const channels = &channels_[first_channel(router)];
  uint64_t left = able<kOneVc>(router, node, now);
  if constexpr (!kOneVc) left = one_per_port(node, left);
  uint32_t requests[kPorts] = {};  // per output port: input ports that ask for it
  uint8_t asking[kPorts];          // per input port: its channel
  uint32_t outputs = 0;
  for (; left != 0; left &= left - 1) {
    const int channel = std::countr_zero(left);
    const int from = port_of<kOneVc>(channel);
    const int to = port_of<kOneVc>(channels[channel].output);
    asking[from] = static_cast<uint8_t>(channel);
    requests[to] |= 1U << from;
    outputs |= 1U << to;
  }
  if (outputs == 0) return;
  for (; outputs != 0; outputs &= outputs - 1) {
    const int to = std::countr_zero(outputs);
    send<kOneVc>(router, node, asking[round_robin(requests[to], node.turn[to])], now);
  }
  if (node.ready != 0) wheel_.wake(router, now + 1);
}

template <bool kOneVc>
inline void Mesh::take_arrivals(size_t router, RouterState& node, uint64_t arrived) {
  node.ready |= arrived;
  for (; arrived != 0; arrived &= arrived - 1) {
    const int channel = std::countr_zero(arrived);
    const size_t index = first_channel(router) + static_cast<size_t>(channel);
    if (channels_[index].visible++ == 0 && (node.holds & bit(channel)) == 0) {
      route<kOneVc>(node, index);
    }
  }
}

/// Chooses the output of the packet whose head is at the front.
template <bool kOneVc>
inline void Mesh::route(const RouterState& node, size_t channel) {
  ChannelState& in = channels_[channel];
  const Flit& head = slots_[slot(channel, in.read)].flit;
  const Port port =
      routing_ == route_xy ? towards(node.place, head.target) : routing_(node.place, head.target);
  in.output = static_cast<uint8_t>(kOneVc ? port : port * vcs_ + head.vc);
}

/// Input channels whose front flit could go now: the output is free or their own, and has room.
template <bool kOneVc>
inline uint64_t Mesh::able(size_t router, const RouterState& node, int64_t now) {
  const size_t first = first_channel(router);
  uint64_t able = 0;
  for (uint64_t left = node.ready; left != 0; left &= left - 1) {
    const int channel = std::countr_zero(left);
    const int out = channels_[first + static_cast<size_t>(channel)].output;
    if ((((node.free >> out) | (node.holds >> channel)) & 1) == 0) continue;
    if (has_room<kOneVc>(router, out, now)) able |= bit(channel);
  }
  return able;
}

/// If not: the router is woken when there may be.
template <bool kOneVc>
inline bool Mesh::has_room(size_t router, int out, int64_t now) {
  const int to = port_of<kOneVc>(out);
  if (to == kLocal) return true;
  const int vc = kOneVc ? 0 : out - to * vcs_;
  const int32_t link = across_[router * kPorts + static_cast<size_t>(to)];
  if (link < 0) return edges_->lane_room(lane_of_link(link), vc, now);
  const int in = opposite(static_cast<Port>(to)) * (kOneVc ? 1 : vcs_) + vc;
  const size_t next = first_channel(static_cast<size_t>(link)) + static_cast<size_t>(in);
  ChannelState& buffer = channels_[next];
  if (buffer.held == timing_.buffer_flits) {
    buffer.awaited = true;
    return false;
  }
  if (buffer.is_surely_free(timing_.buffer_flits, now)) return true;
  const int64_t free_at = slots_[write_slot(next)].free_at;
  if (free_at > now) wheel_.wake(router, free_at);
  return free_at <= now;
}

/// Each input port asks for one of its VCs, in turn.
uint64_t Mesh::one_per_port(const RouterState& node, uint64_t able) const {
  uint64_t chosen = 0;
  while (able != 0) {
    const int port = port_of_[std::countr_zero(able)];
    const uint64_t mine = able & (((uint64_t{1} << vcs_) - 1) << (port * vcs_));
    chosen |= bit(round_robin(mine, port * vcs_ + node.vc_turn[port]));
    able ^= mine;
  }
  return chosen;
}

template <bool kOneVc>
inline void Mesh::send(size_t router, RouterState& node, int channel, int64_t now) {
  const size_t index = first_channel(router) + static_cast<size_t>(channel);
  ChannelState& in = channels_[index];
  BufferSlot& front = slots_[slot(index, in.read)];
  const Flit& flit = front.flit;
  const int from = port_of<kOneVc>(channel);
  const int to = port_of<kOneVc>(in.output);
  const bool tail = flit.tail;
  node.turn[to] = static_cast<uint8_t>(from + 1 < kPorts ? from + 1 : 0);
  if constexpr (!kOneVc) {
    node.vc_turn[from] = static_cast<uint8_t>(flit.vc + 1 < vcs_ ? flit.vc + 1 : 0);
  }
  Use& use = use_[router * kPorts + static_cast<size_t>(to)];
  ++use.flits;
  use.bits += flit.bits;
  ++moves_;
  forward(router, to, flit, now);
  const int64_t free_at = now + timing_.credit();
  front.free_at = free_at;
  in.last_free = static_cast<uint32_t>(free_at);
  leave<kOneVc>(node, index, channel, tail);
  tell_writer(router, from, in, free_at);
}

/// Moves on to the next flit. A head takes the output channel, the tail gives it back.
template <bool kOneVc>
inline void Mesh::leave(RouterState& node, size_t index, int channel, bool tail) {
  ChannelState& in = channels_[index];
  in.read = static_cast<uint16_t>(in.read + 1 < timing_.buffer_flits ? in.read + 1 : 0);
  --in.held;
  --in.visible;
  if (tail) {
    node.free |= bit(in.output);
    node.holds &= ~bit(channel);
  } else {
    node.free &= ~bit(in.output);
    node.holds |= bit(channel);
  }
  if (in.visible == 0) {
    node.ready &= ~bit(channel);
  } else if (tail) {
    route<kOneVc>(node, index);
  }
}

/// A slot of the input buffer may be written again from `cycle` on.
inline void Mesh::tell_writer(size_t router, int from, ChannelState& in, int64_t cycle) {
  const int32_t link = behind_[router * kPorts + static_cast<size_t>(from)];
  if (link >= 0) {
    if (!in.awaited) return;
    in.awaited = false;
    wheel_.wake(static_cast<size_t>(link), cycle);
  } else if (from == kLocal) {
    tiles_->injection_room(static_cast<int>(router), cycle);
  } else {
    edges_->far_room(lane_of_link(link), cycle);
  }
}

inline void Mesh::forward(size_t router, int to, const Flit& flit, int64_t now) {
  const int32_t link = across_[router * kPorts + static_cast<size_t>(to)];
  if (link >= 0) {
    const int in = opposite(static_cast<Port>(to)) * vcs_ + flit.vc;
    push(static_cast<size_t>(link), in, flit, now + timing_.hop());
  } else if (to == kLocal) {
    tiles_->eject(static_cast<int>(router), flit, now + timing_.eject());
  } else {
    edges_->send(lane_of_link(link), flit, now);
  }
}

bool Mesh::at_rest() const {
  return std::all_of(channels_.begin(), channels_.end(),
                     [](const ChannelState& channel) { return channel.held == 0; }) &&
         std::all_of(nodes_.begin(), nodes_.end(),
                     [](const RouterState& node) { return node.holds == 0; });
}

/// The input channel that `waiting` cannot pass, or -1: the holder of its output VC, else the full
/// buffer downstream, behind the die edge if there is one.
int64_t Mesh::waits_for(size_t waiting, int64_t now) const {
  const auto each = static_cast<size_t>(channels_each_);
  const size_t router = waiting / each;
  const RouterState& node = nodes_[router];
  const ChannelState& in = channels_[waiting];
  if (in.visible == 0) return -1;
  const bool holds = (node.holds & bit(static_cast<int>(waiting % each))) != 0;
  if (!holds && (node.free & bit(in.output)) == 0) {
    for (uint64_t left = node.holds; left != 0; left &= left - 1) {
      const size_t other = first_channel(router) + static_cast<size_t>(std::countr_zero(left));
      if (channels_[other].output == in.output) return static_cast<int64_t>(other);
    }
  }
  const auto to = static_cast<Port>(port_of_[in.output]);
  if (to == kLocal) return -1;
  const int vc = in.output - to * vcs_;
  const int32_t link = across_[router * kPorts + static_cast<size_t>(to)];
  const int next = neighbour(lowered_.mesh, static_cast<int>(router), to);
  const auto channel =
      static_cast<int64_t>(first_channel(static_cast<size_t>(next))) + opposite(to) * vcs_ + vc;
  const bool full = link >= 0 ? channels_[static_cast<size_t>(channel)].held == timing_.buffer_flits
                              : !edges_->lane_room(lane_of_link(link), vc, now);
  return full ? channel : -1;
}

std::vector<Wait> Mesh::waits(int64_t now) const {
  std::vector<Wait> waits;
  for (size_t channel = 0; channel < channels_.size(); ++channel) {
    const int64_t behind = waits_for(channel, now);
    if (behind >= 0) waits.push_back({static_cast<int64_t>(channel), behind});
  }
  return waits;
}

std::string waiting_cycle(const Lowered& lowered, std::vector<Wait> waits) {
  constexpr const char* kNames[kPorts] = {"east", "west", "north", "south", "local"};
  const int vcs = lowered.mesh.virtual_channels;
  std::ranges::sort(waits, {}, &Wait::channel);
  std::map<int64_t, int64_t> behind;
  for (const Wait& wait : waits) behind.emplace(wait.channel, wait.behind);
  std::map<int64_t, int64_t> seen;  // the start of the walk that came by
  for (const Wait& start : waits) {
    auto at = behind.find(start.channel);
    while (at != behind.end() && seen.emplace(at->first, start.channel).second) {
      at = behind.find(at->second);
    }
    if (at == behind.end() || seen.at(at->first) != start.channel) continue;
    std::string text;
    const int64_t first = at->first;
    do {
      const int64_t ring = at->first;
      const Place place = lowered.place(static_cast<int>(ring / vcs / kPorts));
      text += fmt::format("({},{}) {} input VC {} -> ", place.x, place.y,
                          kNames[ring / vcs % kPorts], ring % vcs);
      at = behind.find(at->second);
    } while (at->first != first);
    return text + "back to the first";
  }
  return {};
}

}  // namespace ranvier::sim
