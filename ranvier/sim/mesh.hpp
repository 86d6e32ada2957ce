#pragma once
// All routers of the global mesh in one kernel: input buffers, credits, wormhole, separable
// round-robin allocation. Semantics are those of separate two-phase components (see TimedRings);
// the order of routers within a cycle is free.

#include "ranvier/core/rng.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/ports.hpp"
#include "ranvier/sim/timed_rings.hpp"
#include "ranvier/sim/wake_wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ranvier::sim {

/// Output port of a packet at `here`. XY is deadlock-free; others are the caller's risk (the
/// watchdog names deadlocks).
using RoutingFunction = Port (*)(Place here, Place target);
Port route_xy(Place here, Place target);

class Mesh {
 public:
  /// `lowered` and `packets` must outlive the mesh; connect() comes before the first flit.
  Mesh(const Lowered& lowered, const PacketPool& packets, RoutingFunction routing = route_xy);
  void connect(TilePort& tiles, EdgePort& edges);

  /// Input buffer `port`, `vc` of a router, for whoever writes it from outside (tile or die edge).
  bool has_room(int router, Port port, int vc, int64_t now) const {
    return inputs_.room_at(channel(router, port, vc)) <= now;
  }
  int64_t room_at(int router, Port port, int vc) const {
    return inputs_.room_at(channel(router, port, vc));
  }
  /// The flit can win the router's switch from cycle `ready` on.
  void accept(int router, Port port, Flit flit, int64_t ready);

  /// An output of the router that was blocked may have room from `cycle` on.
  void wake(int router, int64_t cycle) { wheel_.wake(static_cast<size_t>(router), cycle); }

  /// Runs all routers that can act in cycle `now`. `order`: visits them in this random order
  /// instead. Cost: proportional to the flits that are ready, plus one word per 64 routers.
  void step(int64_t now, core::Rng* order = nullptr);
  int64_t next_after(int64_t now) const { return wheel_.next_after(now); }

  /// Flits and bits sent through an output port since the start; kLocal is the ejection.
  int64_t flits(int router, Port port) const { return use_[output(router, port)].flits; }
  int64_t bits(int router, Port port) const { return use_[output(router, port)].bits; }
  int64_t moves() const { return moves_; }  // flits through any output port

  /// No flit in any buffer and no output held: every credit is home.
  bool at_rest() const;

  /// The waiting channels that form a cycle, as text; empty if none wait for each other.
  std::string waiting_cycle() const;

 private:
  static constexpr uint8_t kFree = 255;
  struct Use {
    int64_t flits = 0;
    int64_t bits = 0;
  };

  size_t output(int router, int port) const { return static_cast<size_t>(router * kPorts + port); }
  size_t channel(int router, int port, int vc) const {
    return output(router, port) * static_cast<size_t>(timing_.virtual_channels) +
           static_cast<size_t>(vc);
  }
  void wire(int router);
  void step_router(int router, int64_t now);
  int choose_vc(int router, int port, uint64_t occupied, int64_t now);
  bool can_send(int router, int from, int to, int vc, int64_t now) const;
  void send(int router, int from, int to, int vc, int64_t now);
  void forward(int router, int to, Flit flit, int64_t now);
  void tell_upstream(int router, int from, int64_t cycle);
  int64_t waits_for(size_t waiting) const;

  const Lowered& lowered_;
  const PacketPool& packets_;
  MeshTiming timing_;
  RoutingFunction routing_;
  TilePort* tiles_ = nullptr;
  EdgePort* edges_ = nullptr;
  TimedRings inputs_;               // [routers][ports][VCs]
  WakeWheel wheel_;                 // of routers
  std::vector<uint64_t> occupied_;  // [routers] bit port * VCs + vc: the buffer holds a flit
  std::vector<uint8_t>
      out_;  // [routers][ports][VCs] output port of the packet at the head, or kFree
  std::vector<uint8_t>
      owner_;  // [routers][ports][VCs] input port that holds the output VC, or kFree
  std::vector<uint8_t> vc_turn_;  // [routers][ports] input side: VC that is asked first
  std::vector<uint8_t> turn_;     // [routers][ports] output side: input port that is asked first
  std::vector<int32_t>
      across_;  // [routers][ports] the router on the other end; kNowhere; or lane_link(lane)
  std::vector<int32_t> behind_;  // [routers][ports] who writes this input: the same code
  std::vector<Use> use_;         // [routers][ports]
  int64_t moves_ = 0;
};

}  // namespace ranvier::sim
