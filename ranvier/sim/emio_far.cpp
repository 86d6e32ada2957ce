#include "ranvier/sim/emio_far.hpp"

#include <algorithm>

namespace ranvier::sim {

EmioFar::EmioFar(const Lowered& lowered, Mesh& mesh, SideCalendar& calendar, int32_t first_member,
                 LinkPort& link)
    : lowered_(lowered),
      timing_(lowered.crossing),
      mesh_(mesh),
      calendar_(calendar),
      first_member_(first_member),
      link_(link),
      vcs_(lowered.mesh.virtual_channels),
      queues_(lowered.lanes_per_side * vcs_),
      far_(lowered.sides.size() * static_cast<size_t>(queues_), timing_.lane_buffer),
      lane_turn_(lowered.sides.size() * static_cast<size_t>(lowered.lanes_per_side)) {}

// A flit behind others waits for them, so only the front of a queue has a date.
void EmioFar::arrive(const LinkFlit& record) {
  const size_t queue = ring(record.side, record.queue);
  const bool first = far_.empty(queue);
  far_.push(queue, record.flit, record.visible);
  if (first) look(record.side, earliest(record.side, record.queue));
}

void EmioFar::room(int lane, int64_t cycle) {
  const int side = lane / lowered_.lanes_per_side;
  const int first = lane % lowered_.lanes_per_side * vcs_;
  for (int vc = 0; vc < vcs_; ++vc) look(side, std::max(cycle, earliest(side, first + vc)));
}

/// When the front flit can go: seen, and room in the router. kNever: no flit, or no room known yet.
int64_t EmioFar::earliest(int side, int queue) const {
  const int64_t ready = far_.ready_at(ring(side, queue));
  if (ready == kNever) return kNever;
  const Side& place = lowered_.sides[static_cast<size_t>(side)];
  const int router = place.far_routers[static_cast<size_t>(queue / vcs_)];
  return std::max(ready, mesh_.room_at(router, opposite(place.port), queue % vcs_));
}

void EmioFar::look(int side, int64_t cycle) { calendar_.set(first_member_ + side, cycle); }

void EmioFar::act(int side, int64_t now) {
  for (int lane = 0; lane < lowered_.lanes_per_side; ++lane) deliver(side, lane, now);
}

/// The split hands at most one flit per core cycle to each router; its VCs take turns.
void EmioFar::deliver(int side, int lane, int64_t now) {
  uint8_t& turn = lane_turn_[static_cast<size_t>(side * lowered_.lanes_per_side + lane)];
  int vc = turn;
  for (int tried = 0; tried < vcs_; ++tried, vc = (vc + 1) % vcs_) {
    if (!deliver_queue(side, lane * vcs_ + vc, now)) continue;
    turn = static_cast<uint8_t>((vc + 1) % vcs_);
    look(side, now + 1);
    return;
  }
}

/// Moves the front flit if it can go now, else makes sure that somebody looks again when it can.
bool EmioFar::deliver_queue(int side, int queue, int64_t now) {
  const int64_t when = earliest(side, queue);
  if (when > now) {
    look(side, when);
    return false;
  }
  const Side& place = lowered_.sides[static_cast<size_t>(side)];
  const int router = place.far_routers[static_cast<size_t>(queue / vcs_)];
  const int64_t free_at =
      timing_.clocks.link_after_delay(now + timing_.fifo_source) + timing_.fifo_sync;
  const Flit flit = far_.pop(ring(side, queue), now);
  mesh_.accept(router, opposite(place.port), flit, now + timing_.split + lowered_.mesh.router - 1);
  ++moves_;
  link_.carry(LinkCredit{.side = side, .queue = queue, .free_at = free_at});
  return true;
}

bool EmioFar::at_rest() const {
  for (size_t queue = 0; queue < far_.rings(); ++queue) {
    if (!far_.empty(queue)) return false;
  }
  return true;
}

}  // namespace ranvier::sim
