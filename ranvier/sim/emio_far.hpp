#pragma once
// The receiving end of die-to-die links: a far FIFO per lane and virtual channel, the split, and
// the credits that go back. Equations: docs/models/emio.md.

#include "ranvier/sim/link_records.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/side_calendar.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ranvier::sim {

class EmioFar {
 public:
  /// The references must outlive it. Its dates in `calendar` are those of members
  /// `first_member` + side. Credits go to `link`.
  EmioFar(const Lowered& lowered, Mesh& mesh, SideCalendar& calendar, int32_t first_member,
          LinkPort& link);

  void arrive(const LinkFlit& record);
  /// The router behind the lane has room again from `cycle` on, which is later than the current
  /// one.
  void room(int lane, int64_t cycle);
  /// Hands on what can go in core cycle `now`.
  void act(int side, int64_t now);

  int64_t moves() const { return moves_; }
  bool at_rest() const;

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(far_, lane_turn_, moves_);
  }

 private:
  void deliver(int side, int lane, int64_t now);
  bool deliver_queue(int side, int queue, int64_t now);
  int64_t earliest(int side, int queue) const;
  void look(int side, int64_t cycle);
  size_t ring(int side, int queue) const { return static_cast<size_t>(side * queues_ + queue); }

  const Lowered& lowered_;
  const CrossingTiming& timing_;
  Mesh& mesh_;
  SideCalendar& calendar_;
  int32_t first_member_;
  LinkPort& link_;
  int vcs_;
  int queues_;                      // per side: lanes x VCs
  TimedRings far_;                  // written and read in core cycles
  std::vector<uint8_t> lane_turn_;  // [sides][lanes] VC that the split asks first
  int64_t moves_ = 0;
};

}  // namespace ranvier::sim
