#include "ranvier/sim/emio.hpp"

#include <algorithm>

namespace ranvier::sim {

Emio::Emio(const Lowered& lowered, const PacketPool& packets, Mesh& mesh, LinkPort& link,
           size_t boundaries)
    : lowered_(lowered),
      timing_(lowered.crossing),
      packets_(packets),
      mesh_(mesh),
      link_(link),
      vcs_(lowered.mesh.virtual_channels),
      queues_(lowered.lanes_per_side * vcs_),
      calendar_(2 * lowered.sides.size()),
      near_(lowered.sides.size() * static_cast<size_t>(queues_), timing_.fifo_depth),
      credits_(near_.rings(), timing_.lane_buffer),
      state_(lowered.sides.size()),
      far_(lowered, mesh, calendar_, static_cast<int32_t>(lowered.sides.size()), link),
      boundaries_(boundaries) {}

void Emio::send(int lane, Flit flit, int64_t now) {
  const int64_t written = now + 1 + lowered_.mesh.link + timing_.merge + timing_.fifo_source;
  const int64_t visible = timing_.clocks.link_at_or_after(written) + timing_.fifo_sync;
  const auto queue = static_cast<size_t>(lane * vcs_ + flit.vc);
  const bool first = near_.empty(queue);
  near_.push(queue, flit, visible);
  if (first) look(lane / lowered_.lanes_per_side, static_cast<int>(queue) % queues_);
}

void Emio::carry(const LinkCredit& credit) {
  const size_t queue = ring(credit.side, credit.queue);
  const bool awaited = credits_.room_at(queue) == kNever;
  credits_.give_back(queue, credit.free_at);
  if (awaited) look(credit.side, credit.queue);
}

/// The queue's front flit, or its room, is new.
void Emio::look(int side, int queue) {
  const int64_t start = earliest(side, queue);
  if (start != kNever) calendar_.set(side, timing_.clocks.core_at_or_before(start));
}

void Emio::step(int64_t now) {
  const auto sides = static_cast<int32_t>(state_.size());
  while (calendar_.next_cycle() == now) {
    const int32_t member = calendar_.take();
    if (member < sides) {
      serialize(member, now);
    } else {
      far_.act(member - sides, now);
    }
  }
}

/// When the queue could start on the wires [link cycle]: its flit visible, a far slot credited, the
/// serializer free.
int64_t Emio::earliest(int side, int queue) const {
  const int64_t ready = near_.ready_at(ring(side, queue));
  if (ready == kNever) return kNever;
  return std::max(
      {ready, credits_.room_at(ring(side, queue)), state_[static_cast<size_t>(side)].link_free});
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
      calendar_.set(side, timing_.clocks.core_at_or_before(start));
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
  credits_.use(ring(side, queue));
  account(state, flit, beats);
  link_.carry(LinkFlit{.side = side, .queue = queue, .visible = visible, .flit = flit});
  state.link_free = std::max(start + beats, next_window);
  if (!timing_.fixed_priority) state.turn = (queue + 1) % queues_;
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
    if (!near_.empty(lane)) return false;
  }
  return credits_.out() == 0 && far_.at_rest();
}

}  // namespace ranvier::sim
