#include "ranvier/sim/emio.hpp"

#include <algorithm>

namespace ranvier::sim {

Emio::Emio(const Lowered& lowered, const PacketPool& packets, Mesh& mesh, EventQueue& events,
           size_t boundaries)
    : lowered_(lowered),
      timing_(lowered.crossing),
      packets_(packets),
      mesh_(mesh),
      events_(events),
      vcs_(lowered.mesh.virtual_channels),
      queues_(lowered.lanes_per_side * vcs_),
      near_(lowered.sides.size() * static_cast<size_t>(queues_), timing_.fifo_depth),
      far_(near_.rings(), timing_.lane_buffer),
      state_(lowered.sides.size()),
      lane_turn_(lowered.sides.size() * static_cast<size_t>(lowered.lanes_per_side)),
      boundaries_(boundaries) {}

void Emio::send(int lane, Flit flit, int64_t now) {
  const int64_t written = now + 1 + lowered_.mesh.link + timing_.merge + timing_.fifo_source;
  const int64_t visible = timing_.clocks.link_at_or_after(written) + timing_.fifo_sync;
  near_.push(static_cast<size_t>(lane * vcs_ + flit.vc), flit, visible);
  schedule(lane / lowered_.lanes_per_side, timing_.clocks.core_at_or_before(visible));
}

void Emio::far_room(int lane, int64_t cycle) {
  for (int vc = 0; vc < vcs_; ++vc) {
    if (!far_.empty(static_cast<size_t>(lane * vcs_ + vc))) {
      schedule(lane / lowered_.lanes_per_side, cycle);
    }
  }
}

void Emio::schedule(int side, int64_t cycle) {
  State& state = state_[static_cast<size_t>(side)];
  if (cycle >= state.next_event) return;
  state.next_event = cycle;
  events_.push(cycle, EventKind::kSide, side);
}

void Emio::act(int side, int64_t now) {
  State& state = state_[static_cast<size_t>(side)];
  if (state.next_event != now) return;  // an earlier event took its place
  state.next_event = kNever;
  for (int lane = 0; lane < lowered_.lanes_per_side; ++lane) deliver(side, lane, now);
  serialize(side, now);
}

/// When the queue could start on the wires [link cycle]: its flit visible, a far slot credited, the
/// serializer free.
int64_t Emio::earliest(int side, int queue) const {
  const int64_t ready = near_.ready_at(ring(side, queue));
  if (ready == kNever) return kNever;
  return std::max(
      {ready, far_.room_at(ring(side, queue)), state_[static_cast<size_t>(side)].link_free});
}

int Emio::choose_queue(int side, int64_t start) const {
  int queue = state_[static_cast<size_t>(side)].turn;
  while (earliest(side, queue) > start) queue = (queue + 1) % queues_;
  return queue;
}

// Everything that decides about link edges within this core period was stamped in earlier core
// cycles.
void Emio::serialize(int side, int64_t now) {
  const int64_t window_end = timing_.clocks.link_at_or_after(now + 1);
  while (true) {
    int64_t start = kNever;
    for (int queue = 0; queue < queues_; ++queue) {
      start = std::min(start, earliest(side, queue));
    }
    if (start == kNever) return;
    if (start >= window_end) {
      schedule(side, timing_.clocks.core_at_or_before(start));
      return;
    }
    transmit(side, choose_queue(side, start), start, window_end);
  }
}

void Emio::transmit(int side, int queue, int64_t start, int64_t next_window) {
  State& state = state_[static_cast<size_t>(side)];
  const ClockPair& clocks = timing_.clocks;
  const int64_t slot_free = clocks.core_at_or_after(start) + timing_.fifo_sync;
  const Flit flit = near_.pop(ring(side, queue), slot_free);
  mesh_.wake(
      lowered_.sides[static_cast<size_t>(side)].near_routers[static_cast<size_t>(queue / vcs_)],
      slot_free);
  const int64_t beats = core::ceil_div(flit.bits + timing_.overhead_bits, timing_.wires);
  const int64_t written = start + beats + timing_.fifo_source;
  const int64_t visible = clocks.core_after_delay(written) + timing_.fifo_sync;
  far_.push(ring(side, queue), flit, visible);
  schedule(side, visible);
  state.link_free = std::max(start + beats, next_window);
  if (!timing_.fixed_priority) state.turn = (queue + 1) % queues_;
  account(state, flit, beats);
}

/// The split hands at most one flit per core cycle to each router; its VCs take turns.
void Emio::deliver(int side, int lane, int64_t now) {
  uint8_t& turn = lane_turn_[static_cast<size_t>(side * lowered_.lanes_per_side + lane)];
  int vc = turn;
  for (int tried = 0; tried < vcs_; ++tried, vc = (vc + 1) % vcs_) {
    if (!deliver_queue(side, lane * vcs_ + vc, now)) continue;
    turn = static_cast<uint8_t>((vc + 1) % vcs_);
    schedule(side, now + 1);
    return;
  }
}

/// Moves the front flit if it can go now, else makes sure that somebody looks again when it can.
bool Emio::deliver_queue(int side, int queue, int64_t now) {
  const int64_t ready = far_.ready_at(ring(side, queue));
  if (ready == kNever) return false;
  const Side& place = lowered_.sides[static_cast<size_t>(side)];
  const int router = place.far_routers[static_cast<size_t>(queue / vcs_)];
  const Port port = opposite(place.port);
  const int64_t when = std::max(ready, mesh_.room_at(router, port, queue % vcs_));
  if (when > now) {
    if (when != kNever) schedule(side, when);
    return false;
  }
  const int64_t slot_free =
      timing_.clocks.link_after_delay(now + timing_.fifo_source) + timing_.fifo_sync;
  const Flit flit = far_.pop(ring(side, queue), slot_free);
  mesh_.accept(router, port, flit, now + timing_.split + lowered_.mesh.router - 1);
  ++moves_;
  schedule(side, timing_.clocks.core_at_or_before(slot_free));
  return true;
}

void Emio::account(State& state, Flit flit, int64_t beats) {
  const auto add = [&](Use& use) {
    ++use.flits;
    use.bits += flit.bits + timing_.overhead_bits;
    use.payload_bits += flit.bits;
    use.packets += flit.tail;
    use.beats += beats;
  };
  add(state.use);
  const int32_t boundary = packets_[flit.packet].boundary;
  if (boundary >= 0) add(boundaries_[static_cast<size_t>(boundary)]);
  ++moves_;
}

bool Emio::at_rest() const {
  for (size_t lane = 0; lane < near_.rings(); ++lane) {
    if (!near_.empty(lane) || !far_.empty(lane)) return false;
  }
  return true;
}

}  // namespace ranvier::sim
