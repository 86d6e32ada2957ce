#include "ranvier/sim/mesh.hpp"

#include "ranvier/sim/mesh_links.hpp"
#include "ranvier/sim/trees.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>

namespace ranvier::sim {
namespace {

constexpr size_t kCachedRouters = 256;  // their state fits a second-level cache of 512 KiB
constexpr size_t kFetchAhead = 8;       // routers

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

void Mesh::connect(TilePort& tiles, EdgePort& edges, const Trees* trees) {
  tiles_ = &tiles;
  edges_ = &edges;
  trees_ = trees;
  if (trees != nullptr && !trees->empty()) forks_.open(channels_.size());
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
  if (node.forks > 0) return step_forks(router, node, now);
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
      route<kOneVc>(router, node, channel);
    }
  }
}

/// Chooses the output of the packet whose head is at the front.
template <bool kOneVc>
inline void Mesh::route(size_t router, RouterState& node, int channel) {
  const size_t index = first_channel(router) + static_cast<size_t>(channel);
  ChannelState& in = channels_[index];
  const Flit& head = slots_[slot(index, in.read)].flit;
  const Port port = head.in_tree           ? route_in_tree(router, node, channel, head)
                    : routing_ == route_xy ? towards(node.place, head.target)
                                           : routing_(node.place, head.target);
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
  count_send(router, to, flit);
  forward(router, to, flit, now);
  const int64_t free_at = now + timing_.credit();
  front.free_at = free_at;
  in.last_free = static_cast<uint32_t>(free_at);
  leave<kOneVc>(router, node, channel, tail);
  tell_writer(router, from, in, free_at);
}

inline void Mesh::count_send(size_t router, int to, const Flit& flit) {
  Use& use = use_[router * kPorts + static_cast<size_t>(to)];
  ++use.flits;
  use.bits += flit.bits;
  ++moves_;
}

/// Moves on to the next flit. A head takes the output channel, the tail gives it back.
template <bool kOneVc>
inline void Mesh::leave(size_t router, RouterState& node, int channel, bool tail) {
  ChannelState& in = channels_[first_channel(router) + static_cast<size_t>(channel)];
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
    route<kOneVc>(router, node, channel);
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

/// The output of a packet that goes to several tiles; where it takes more than one, a fork begins.
Port Mesh::route_in_tree(size_t router, RouterState& node, int channel, const Flit& head) {
  const uint8_t outputs = trees_->outputs(tree_of(head.target), static_cast<int>(router));
  const auto first = static_cast<Port>(std::countr_zero(outputs));
  if (std::has_single_bit(outputs)) return first;
  forks_.begin(first_channel(router) + static_cast<size_t>(channel), outputs);
  node.holds |= bit(channel);
  ++node.forks;
  tiles_->fork(head.packet, std::popcount(outputs) - 1);
  return first;
}

/// As step_router: an input port feeds one packet, a packet that forks several outputs.
void Mesh::step_forks(size_t router, RouterState& node, int64_t now) {
  uint32_t wanted[64] = {};  // per input channel: output ports
  uint64_t able = 0;
  for (uint64_t left = node.ready; left != 0; left &= left - 1) {
    const int channel = std::countr_zero(left);
    wanted[channel] = wanted_outputs(router, node, channel, now);
    if (wanted[channel] != 0) able |= bit(channel);
  }
  uint32_t requests[kPorts] = {};  // per output port: input ports that ask for it
  int asking[kPorts] = {};         // per input port: its channel
  for (uint64_t left = one_per_port(node, able); left != 0; left &= left - 1) {
    const int channel = std::countr_zero(left);
    const int from = port_of_[channel];
    asking[from] = channel;
    for (int to = 0; to < kPorts; ++to) requests[to] |= (wanted[channel] >> to & 1) << from;
  }
  if (able == 0) return;
  for (int to = 0; to < kPorts; ++to) {
    if (requests[to] == 0) continue;
    const int channel = asking[round_robin(requests[to], node.turn[to])];
    if (forks_.at(first_channel(router) + static_cast<size_t>(channel))) {
      send_branch(router, node, channel, to, now);
    } else {
      send<false>(router, node, channel, now);
    }
  }
  if (node.ready != 0) wheel_.wake(router, now + 1);
}

/// Output ports that the packet at the front of an input channel could take a flit through now.
uint32_t Mesh::wanted_outputs(size_t router, const RouterState& node, int channel, int64_t now) {
  const size_t index = first_channel(router) + static_cast<size_t>(channel);
  const ChannelState& in = channels_[index];
  if (!forks_.at(index)) {
    if ((((node.free >> in.output) | (node.holds >> channel)) & 1) == 0) return 0;
    return has_room<false>(router, in.output, now) ? 1U << port_of_[in.output] : 0;
  }
  const Fork& fork = forks_.of(index);
  uint32_t wanted = 0;
  for (int to = 0; to < kPorts; ++to) {
    if (!fork.is_open(to) || (fork.sent[to] == fork.taken() && in.visible == 0)) continue;
    const int out = to * vcs_ + channel % vcs_;
    if (!fork.has_begun(to) && (node.free >> out & 1) == 0) continue;
    if (has_room<false>(router, out, now)) wanted |= 1U << to;
  }
  return wanted;
}

/// One flit into one branch of the channel's fork.
void Mesh::send_branch(size_t router, RouterState& node, int channel, int to, int64_t now) {
  const size_t index = first_channel(router) + static_cast<size_t>(channel);
  Fork& fork = forks_.of(index);
  const int32_t place = fork.sent[to]++;
  if (place == fork.taken()) take_front(router, channel, now);
  const Flit flit = fork.kept[static_cast<size_t>(place)];
  const int from = port_of_[channel];
  node.turn[to] = static_cast<uint8_t>(from + 1 < kPorts ? from + 1 : 0);
  node.vc_turn[from] = static_cast<uint8_t>(flit.vc + 1 < vcs_ ? flit.vc + 1 : 0);
  count_send(router, to, flit);
  forward(router, to, flit, now);
  const auto port = static_cast<uint8_t>(1U << to);
  const uint64_t out = bit(to * vcs_ + flit.vc);
  if (!flit.tail) {
    fork.begun |= port;
    node.free &= ~out;
    return;
  }
  fork.open &= static_cast<uint8_t>(~port);
  fork.begun &= static_cast<uint8_t>(~port);
  node.free |= out;
  if (fork.open == 0) end_fork(router, node, channel);
}

/// The first branch takes the front flit: its slot is free, the fork keeps it for the others.
void Mesh::take_front(size_t router, int channel, int64_t now) {
  const size_t index = first_channel(router) + static_cast<size_t>(channel);
  ChannelState& in = channels_[index];
  BufferSlot& front = slots_[slot(index, in.read)];
  forks_.of(index).kept.push_back(front.flit);
  const int64_t free_at = now + timing_.credit();
  front.free_at = free_at;
  in.last_free = static_cast<uint32_t>(free_at);
  in.read = static_cast<uint16_t>(in.read + 1 < timing_.buffer_flits ? in.read + 1 : 0);
  --in.held;
  --in.visible;
  tell_writer(router, port_of_[channel], in, free_at);
}

void Mesh::end_fork(size_t router, RouterState& node, int channel) {
  const size_t index = first_channel(router) + static_cast<size_t>(channel);
  forks_.end(index);
  --node.forks;
  node.holds &= ~bit(channel);
  if (channels_[index].visible == 0) {
    node.ready &= ~bit(channel);
  } else {
    route<false>(router, node, channel);
  }
}

bool Mesh::at_rest() const {
  return std::all_of(channels_.begin(), channels_.end(),
                     [](const ChannelState& channel) { return channel.held == 0; }) &&
         std::all_of(nodes_.begin(), nodes_.end(),
                     [](const RouterState& node) { return node.holds == 0; });
}

}  // namespace ranvier::sim
