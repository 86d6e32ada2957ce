#pragma once
// All routers of the global mesh in one kernel: input buffers, credits, wormhole, separable
// round-robin allocation. Semantics are those of separate two-phase components (see
// router_state.hpp); the order of routers within a cycle is free.

#include "ranvier/core/rng.hpp"
#include "ranvier/sim/fork.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/ports.hpp"
#include "ranvier/sim/router_state.hpp"
#include "ranvier/sim/timed_rings.hpp"
#include "ranvier/sim/wake_wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ranvier::sim {

class Trees;

/// Output port of a packet at `here`. XY is deadlock-free; others are the caller's risk (the
/// watchdog names deadlocks).
using RoutingFunction = Port (*)(Place here, Place target);
Port route_xy(Place here, Place target);

/// Who waits for whom: input channels of the package, (router * kPorts + port) * VCs + vc.
struct Wait {
  int64_t channel = 0;
  int64_t behind = 0;
};

/// A cycle of waiting channels, as text; empty if there is none. `waits`: at most one per channel.
std::string waiting_cycle(const Lowered& lowered, std::vector<Wait> waits);

class Mesh {
 public:
  /// `lowered` must outlive the mesh; connect() comes before the first flit. Packets in trees keep
  /// to the trees whatever the routing.
  explicit Mesh(const Lowered& lowered, RoutingFunction routing = route_xy);
  void connect(TilePort& tiles, EdgePort& edges, const Trees* trees = nullptr);

  /// When whoever writes input buffer `port`, `vc` from outside (tile or die edge) may write the
  /// next flit; kNever if every slot holds one.
  int64_t room_at(int router, Port port, int vc) const;
  /// The flit can win the router's switch from cycle `ready` on. At most one flit per buffer and
  /// `ready` cycle.
  void accept(int router, Port port, Flit flit, int64_t ready);

  /// An output of the router that was blocked may have room from `cycle` on.
  void wake(int router, int64_t cycle) { wheel_.wake(static_cast<size_t>(router), cycle); }

  /// Runs all routers that can act in cycle `now`. `order`: visits them in this random order
  /// instead. Cost: proportional to the flits that are ready, plus one word per 4096 routers.
  void step(int64_t now, core::Rng* order = nullptr);
  int64_t next_after(int64_t now) const { return wheel_.next_after(now); }

  /// Flits and bits sent through an output port since the start; kLocal is the ejection.
  int64_t flits(int router, Port port) const { return use_[output(router, port)].flits; }
  int64_t bits(int router, Port port) const { return use_[output(router, port)].bits; }
  int64_t moves() const { return moves_; }  // flits through any output port

  /// No flit in any buffer and no output held.
  bool at_rest() const;

  /// Input channels whose front flit cannot pass another input channel: it holds their output VC,
  /// or its buffer is full, or it lies behind a die edge that is full. `now`: the current cycle.
  std::vector<Wait> waits(int64_t now) const;

  /// What a checkpoint keeps; wiring and timing follow from the package.
  template <class Archive>
  void persist(Archive& archive) {
    archive(nodes_, channels_, slots_, wheel_, arrivals_, use_, moves_, forks_);
  }

 private:
  struct Use {
    int64_t flits = 0;
    int64_t bits = 0;
  };

  size_t output(int router, int port) const { return static_cast<size_t>(router * kPorts + port); }
  size_t first_channel(size_t router) const { return router * static_cast<size_t>(channels_each_); }
  size_t slot(size_t channel, int place) const {
    return channel * static_cast<size_t>(timing_.buffer_flits) + static_cast<size_t>(place);
  }
  size_t write_slot(size_t channel) const {
    const int place = channels_[channel].read + channels_[channel].held;
    return slot(channel, place < timing_.buffer_flits ? place : place - timing_.buffer_flits);
  }
  uint64_t& arrivals(size_t router, int64_t cycle) {
    return arrivals_[wheel_.slot(cycle) * nodes_.size() + router];
  }
  void wire(int router);
  void push(size_t router, int channel, const Flit& flit, int64_t ready);
  // The kernel, compiled twice: with one VC a channel is a port.
  template <bool kOneVc>
  int port_of(int channel) const {
    return kOneVc ? channel : port_of_[channel];
  }
  template <bool kOneVc>
  void step_router(size_t router, int64_t now);
  template <bool kOneVc>
  void take_arrivals(size_t router, RouterState& node, uint64_t arrived);
  template <bool kOneVc>
  void route(size_t router, RouterState& node, int channel);
  template <bool kOneVc>
  uint64_t able(size_t router, const RouterState& node, int64_t now);
  template <bool kOneVc>
  bool has_room(size_t router, int out, int64_t now);
  uint64_t one_per_port(const RouterState& node, uint64_t able) const;
  template <bool kOneVc>
  void send(size_t router, RouterState& node, int channel, int64_t now);
  void count_send(size_t router, int to, const Flit& flit);
  template <bool kOneVc>
  void leave(size_t router, RouterState& node, int channel, bool tail);
  void tell_writer(size_t router, int from, ChannelState& in, int64_t cycle);
  void forward(size_t router, int to, const Flit& flit, int64_t now);
  void fetch(size_t router, int64_t now) const;
  // The kernel where packets fork: any number of VCs.
  Port route_in_tree(size_t router, RouterState& node, int channel, const Flit& head);
  void step_forks(size_t router, RouterState& node, int64_t now);
  uint32_t wanted_outputs(size_t router, const RouterState& node, int channel, int64_t now);
  void send_branch(size_t router, RouterState& node, int channel, int to, int64_t now);
  void take_front(size_t router, int channel, int64_t now);
  void end_fork(size_t router, RouterState& node, int channel);
  int64_t waits_for(size_t waiting, int64_t now) const;
  int64_t waits_for_output(size_t waiting, int out, bool holds, int64_t now) const;
  bool is_held_by(size_t channel, int out) const;

  const Lowered& lowered_;
  MeshTiming timing_;
  RoutingFunction routing_;
  int vcs_;
  int channels_each_;  // per router: ports x VCs
  TilePort* tiles_ = nullptr;
  EdgePort* edges_ = nullptr;
  const Trees* trees_ = nullptr;
  Forks forks_;
  std::vector<RouterState> nodes_;      // [routers]
  std::vector<ChannelState> channels_;  // [routers][ports][VCs]
  std::vector<BufferSlot> slots_;       // [routers][ports][VCs][depth]
  WakeWheel wheel_;                     // of routers
  std::vector<uint64_t> arrivals_;  // [wheel slots][routers] input channels that get a flit to see
  std::vector<int32_t> across_;     // [routers][ports] other end: a router, kNowhere or a lane
  std::vector<int32_t> behind_;     // [routers][ports] who writes this input: the same code
  std::vector<Use> use_;            // [routers][ports]
  uint8_t port_of_[64] = {};        // [channels of a router]
  std::vector<size_t> visits_;      // of the cycle, in a mesh that caches do not hold
  int64_t moves_ = 0;
};

}  // namespace ranvier::sim
