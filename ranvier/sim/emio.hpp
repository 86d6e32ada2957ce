#pragma once
// Die edges: per side and lane a near FIFO, one merge and serializer, the wires; the far end is
// EmioFar. The two ends meet only through link_records.hpp. Equations and drawing:
// docs/models/emio.md.

#include "ranvier/sim/emio_far.hpp"
#include "ranvier/sim/go_back_n.hpp"
#include "ranvier/sim/link_errors.hpp"
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
  /// What went over one direction of a link, or over it for one boundary; every flit once, and
  /// what had to be sent again beside it.
  struct Use {
    int64_t flits = 0;
    int64_t bits = 0;           // tag, framing and checksum included
    int64_t payload_bits = 0;   // as in the mesh
    int64_t packets = 0;        // tails
    int64_t beats = 0;          // of a side: link cycles in which the serializer was busy
    int64_t damaged_flits = 0;  // of the flits, those that went on damaged
    int64_t resent_flits = 0;   // transmissions that the far end did not accept
    int64_t resent_bits = 0;    // of them, tag, framing and checksum included
  };

  /// The references must outlive it. What either end has for the other goes to `link`, which calls
  /// carry() of the ends it is for; one simulation may have its ends in several Emios.
  Emio(const Lowered& lowered, const LinkErrors& errors, const PacketPool& packets, Mesh& mesh,
       LinkPort& link, size_t boundaries);

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
  int64_t transmissions(int side) const { return state_[static_cast<size_t>(side)].transmissions; }
  const Use& boundary_use(int boundary) const { return boundaries_[static_cast<size_t>(boundary)]; }
  int64_t moves() const { return moves_ + far_.moves(); }
  bool at_rest() const;  // no flit in a FIFO, no credit out

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(calendar_, near_, credits_, state_, places_, far_, boundaries_, moves_);
    for (GoBackN& replay : replays_) archive(replay);
  }

 private:
  struct State {
    int64_t link_free = 0;      // [link cycle] serializer and merge can take the next flit
    int64_t transmissions = 0;  // started so far
    int turn = 0;               // queue that is asked first; stays 0 with fixed priority
    Use use;
  };

  void look(int side, int queue);
  void serialize(int side, int64_t now);
  int64_t earliest(int side, int queue) const;
  int64_t next_start(int side) const;
  int choose_queue(int side, int64_t start) const;
  void transmit(int side, int64_t start, int64_t next_window);
  bool is_damaged(int side, int queue, const Flit& flit, int64_t bits);
  Flit fetch(int side, int queue, int64_t start);
  bool accepted(int side, int queue, const Flit& flit, bool again, bool damaged, int64_t end);
  void arrive(int side, int queue, const Flit& flit, int64_t end);
  template <class Add>
  void account(State& state, const Flit& flit, Add add);
  /// A side's queues: lane by lane, VC by VC.
  size_t ring(int side, int queue) const { return static_cast<size_t>(side * queues_ + queue); }

  const Lowered& lowered_;
  const CrossingTiming& timing_;
  const LinkErrors& errors_;
  const PacketPool& packets_;
  Mesh& mesh_;
  LinkPort& link_;
  int vcs_;
  int queues_;                    // per side: lanes x VCs
  SideCalendar calendar_;         // near ends, then far ends
  TimedRings near_;               // written in core cycles, read in link cycles
  CreditRings credits_;           // of the far FIFOs, in near link cycles
  std::vector<State> state_;      // [sides]
  std::vector<int32_t> places_;   // [sides x queues] of the next flit in its boundary packet
  std::vector<GoBackN> replays_;  // [sides]; none without retry
  EmioFar far_;
  std::vector<Use> boundaries_;
  int64_t moves_ = 0;
};

}  // namespace ranvier::sim
