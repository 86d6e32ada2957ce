#pragma once
// Die edges: per side and lane a near FIFO, one merge and serializer, the wires; the far end is
// EmioFar. The two ends meet only through link_records.hpp. Equations and drawing:
// docs/models/emio.md.

#include "ranvier/sim/emio_far.hpp"
#include "ranvier/sim/link_records.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/ports.hpp"
#include "ranvier/sim/side_calendar.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ranvier::sim {

class Emio final : public EdgePort, public LinkPort {
 public:
  /// What went over one direction of a link, or over it for one boundary.
  struct Use {
    int64_t flits = 0;
    int64_t bits = 0;          // tag and framing included
    int64_t payload_bits = 0;  // as in the mesh
    int64_t packets = 0;       // tails
    int64_t beats = 0;         // link cycles in which the serializer was busy
  };

  /// The references must outlive it. What either end has for the other goes to `link`, which calls
  /// carry() of the ends it is for; one simulation may have its ends in several Emios.
  Emio(const Lowered& lowered, const PacketPool& packets, Mesh& mesh, LinkPort& link,
       size_t boundaries);

  bool lane_room(int lane, int vc, int64_t now) const override {
    return near_.room_at(static_cast<size_t>(lane * vcs_ + vc)) <= now;
  }
  void send(int lane, Flit flit, int64_t now) override;
  void far_room(int lane, int64_t cycle) override { far_.room(lane, cycle); }

  void carry(const LinkFlit& flit) override { far_.arrive(flit); }
  void carry(const LinkCredit& credit) override;

  /// First cycle in which an end of a link can act; kNever if none waits for time alone.
  int64_t next_cycle() { return calendar_.next_cycle(); }
  /// Lets both ends of all links act in core cycle `now`, which is at most next_cycle().
  void step(int64_t now);

  const Use& side_use(int side) const { return state_[static_cast<size_t>(side)].use; }
  const Use& boundary_use(int boundary) const { return boundaries_[static_cast<size_t>(boundary)]; }
  int64_t moves() const { return moves_ + far_.moves(); }
  bool at_rest() const;  // no flit in a FIFO, no credit out

 private:
  struct State {
    int64_t link_free = 0;  // [link cycle] serializer and merge can take the next flit
    int turn = 0;           // queue that is asked first; stays 0 with fixed priority
    Use use;
  };

  void look(int side, int queue);
  void serialize(int side, int64_t now);
  int64_t earliest(int side, int queue) const;
  int choose_queue(int side, int64_t start) const;
  void transmit(int side, int queue, int64_t start, int64_t next_window);
  void account(State& state, Flit flit, int64_t beats);
  /// A side's queues: lane by lane, VC by VC.
  size_t ring(int side, int queue) const { return static_cast<size_t>(side * queues_ + queue); }

  const Lowered& lowered_;
  const CrossingTiming& timing_;
  const PacketPool& packets_;
  Mesh& mesh_;
  LinkPort& link_;
  int vcs_;
  int queues_;                // per side: lanes x VCs
  SideCalendar calendar_;     // near ends, then far ends
  TimedRings near_;           // written in core cycles, read in link cycles
  CreditRings credits_;       // of the far FIFOs, in near link cycles
  std::vector<State> state_;  // [sides]
  EmioFar far_;
  std::vector<Use> boundaries_;
  int64_t moves_ = 0;
};

}  // namespace ranvier::sim
