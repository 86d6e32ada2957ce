#pragma once
// Die edges: per side and lane a near FIFO, one merge and serializer, the wires, a far FIFO per
// lane and the split. Equations and drawing: docs/models/emio.md.

#include "ranvier/sim/event_queue.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/ports.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ranvier::sim {

class Emio final : public EdgePort {
 public:
  /// What went over one direction of a link, or over it for one boundary.
  struct Use {
    int64_t flits = 0;
    int64_t bits = 0;          // tag and framing included
    int64_t payload_bits = 0;  // as in the mesh
    int64_t packets = 0;       // tails
    int64_t beats = 0;         // link cycles in which the serializer was busy
  };

  /// The references must outlive it.
  Emio(const Lowered& lowered, const PacketPool& packets, Mesh& mesh, EventQueue& events,
       size_t boundaries);

  bool lane_room(int lane, int vc, int64_t now) const override {
    return near_.room_at(static_cast<size_t>(lane * vcs_ + vc)) <= now;
  }
  void send(int lane, Flit flit, int64_t now) override;
  void far_room(int lane, int64_t cycle) override;

  /// Lets a side act in core cycle `now`; to be called for each of its EventKind::kSide events.
  void act(int side, int64_t now);

  const Use& side_use(int side) const { return state_[static_cast<size_t>(side)].use; }
  const Use& boundary_use(int boundary) const { return boundaries_[static_cast<size_t>(boundary)]; }
  int64_t moves() const { return moves_; }
  bool at_rest() const;

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(near_, far_, state_, lane_turn_, boundaries_, moves_);
  }

 private:
  struct State {
    int64_t link_free = 0;        // [link cycle] serializer and merge can take the next flit
    int64_t next_event = kNever;  // [core cycle]
    int turn = 0;                 // queue that is asked first; stays 0 with fixed priority
    Use use;
  };

  void schedule(int side, int64_t cycle);
  void serialize(int side, int64_t now);
  int64_t earliest(int side, int queue) const;
  int choose_queue(int side, int64_t start) const;
  void transmit(int side, int queue, int64_t start, int64_t next_window);
  void deliver(int side, int lane, int64_t now);
  bool deliver_queue(int side, int queue, int64_t now);
  void account(State& state, Flit flit, int64_t beats);
  /// A side's queues: lane by lane, VC by VC.
  size_t ring(int side, int queue) const { return static_cast<size_t>(side * queues_ + queue); }

  const Lowered& lowered_;
  const CrossingTiming& timing_;
  const PacketPool& packets_;
  Mesh& mesh_;
  EventQueue& events_;
  int vcs_;
  int queues_;                      // per side: lanes x VCs
  TimedRings near_;                 // written in core cycles, read in link cycles
  TimedRings far_;                  // written in near link cycles, read in core cycles
  std::vector<State> state_;        // [sides]
  std::vector<uint8_t> lane_turn_;  // [sides][lanes] VC that the split asks first
  std::vector<Use> boundaries_;
  int64_t moves_ = 0;
};

}  // namespace ranvier::sim
