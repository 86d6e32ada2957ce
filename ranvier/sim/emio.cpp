#include "ranvier/sim/emio.hpp"

#include <algorithm>
#include <limits>

namespace ranvier::sim {

Emio::Emio(const Lowered& lowered, const LinkErrors& errors, const PacketPool& packets, Mesh& mesh,
           LinkPort& link, size_t boundaries)
    : lowered_(lowered),
      timing_(lowered.crossing),
      errors_(errors),
      packets_(packets),
      mesh_(mesh),
      link_(link),
      vcs_(lowered.mesh.virtual_channels),
      queues_(lowered.lanes_per_side * vcs_),
      calendar_(2 * lowered.sides.size()),
      near_(lowered.sides.size() * static_cast<size_t>(queues_), timing_.fifo_depth),
      credits_(near_.rings(), timing_.lane_buffer),
      state_(lowered.sides.size()),
      places_(near_.rings()),
      far_(lowered, mesh, calendar_, static_cast<int32_t>(lowered.sides.size()), link),
      boundaries_(boundaries) {
  if (timing_.replay_flits == 0) return;
  replays_.assign(state_.size(), GoBackN(timing_.answer, timing_.replay_flits));
}

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
/// serializer free, the replay buffer not full.
int64_t Emio::earliest(int side, int queue) const {
  const int64_t ready = near_.ready_at(ring(side, queue));
  if (ready == kNever) return kNever;
  const auto index = static_cast<size_t>(side);
  const int64_t start =
      std::max({ready, credits_.room_at(ring(side, queue)), state_[index].link_free});
  return replays_.empty() ? start : std::max(start, replays_[index].room_at());
}

/// Of a flit that is new or sent again [link cycle].
int64_t Emio::next_start(int side) const {
  int64_t start = kNever;
  for (int queue = 0; queue < queues_; ++queue) start = std::min(start, earliest(side, queue));
  if (replays_.empty()) return start;
  const auto index = static_cast<size_t>(side);
  return replays_[index].next_start(start, state_[index].link_free);
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
    const int64_t start = next_start(side);
    if (start == kNever) return;
    if (start >= window_end) {
      calendar_.set(side, timing_.clocks.core_at_or_before(start));
      return;
    }
    transmit(side, start, window_end);
  }
}

void Emio::transmit(int side, int64_t start, int64_t next_window) {
  const auto index = static_cast<size_t>(side);
  State& state = state_[index];
  const bool again = !replays_.empty() && replays_[index].repeats(start);
  const int queue = again ? replays_[index].next().queue : choose_queue(side, start);
  Flit flit = again ? replays_[index].next().flit : fetch(side, queue, start);
  const int64_t bits = flit.bits + timing_.overhead_bits;
  const int64_t beats = core::ceil_div(bits, timing_.wires);
  const bool damaged = errors_.any() && is_damaged(side, queue, flit, bits);
  ++state.transmissions;
  state.use.beats += beats;
  state.link_free = std::max(start + beats, next_window);
  if (!accepted(side, queue, flit, again, damaged, start + beats)) {
    return account(state, flit, [&](Use& use) {
      ++use.resent_flits;
      use.resent_bits += bits;
    });
  }
  if (damaged && flit.damages < std::numeric_limits<uint8_t>::max()) ++flit.damages;
  account(state, flit, [&](Use& use) {
    ++use.flits;
    use.bits += bits;
    use.payload_bits += flit.bits;
    use.packets += flit.tail;
    use.damaged_flits += damaged;
  });
  ++moves_;
  arrive(side, queue, flit, start + beats);  // the last: the packet may leave with its tail
}

/// Without retry the place in its frame decides about a boundary flit: what a frame loses does not
/// depend on when it crosses, so it can be told without simulating (codec::LossyBoundary).
bool Emio::is_damaged(int side, int queue, const Flit& flit, int64_t bits) {
  const int64_t transmission = state_[static_cast<size_t>(side)].transmissions;
  const Packet& packet = packets_[flit.packet];
  if (packet.block < 0 || !replays_.empty()) return errors_.hits(side, transmission, bits);
  int32_t& place = places_[ring(side, queue)];
  const uint64_t name = codec::flit_name(packet.block, packet.index, place);
  place = flit.tail ? 0 : place + 1;
  const int32_t chip = lowered_.sides[static_cast<size_t>(side)].near_chip;
  return errors_.chosen(side, transmission) || errors_.bits().hits_leaving(chip, name, bits);
}

/// Takes the queue's flit out of its near FIFO, and a slot of its far one.
Flit Emio::fetch(int side, int queue, int64_t start) {
  State& state = state_[static_cast<size_t>(side)];
  const int64_t slot_free = timing_.clocks.core_at_or_after(start) + timing_.fifo_sync;
  const Flit flit = near_.pop(ring(side, queue), slot_free);
  mesh_.wake(
      lowered_.sides[static_cast<size_t>(side)].near_routers[static_cast<size_t>(queue / vcs_)],
      slot_free);
  credits_.use(ring(side, queue));
  if (!timing_.fixed_priority) state.turn = (queue + 1) % queues_;
  return flit;
}

/// Whether the far end takes the flit whose last beat ends at `end`; without retry it takes all.
bool Emio::accepted(int side, int queue, const Flit& flit, bool again, bool damaged, int64_t end) {
  if (replays_.empty()) return true;
  GoBackN& replay = replays_[static_cast<size_t>(side)];
  return again ? replay.repeated(damaged, end) : replay.sent(queue, flit, damaged, end);
}

void Emio::arrive(int side, int queue, const Flit& flit, int64_t end) {
  const int64_t written = end + timing_.fifo_source;
  const int64_t visible = timing_.clocks.core_after_delay(written) + timing_.fifo_sync;
  link_.carry(LinkFlit{.side = side, .queue = queue, .visible = visible, .flit = flit});
}

/// Counts for the link and for the boundary that the flit belongs to.
template <class Add>
void Emio::account(State& state, const Flit& flit, Add add) {
  add(state.use);
  const int32_t boundary = packets_[flit.packet].boundary;
  if (boundary >= 0) add(boundaries_[static_cast<size_t>(boundary)]);
}

bool Emio::at_rest() const {
  for (size_t lane = 0; lane < near_.rings(); ++lane) {
    if (!near_.empty(lane)) return false;
  }
  const bool repeated = std::ranges::all_of(replays_, &GoBackN::at_rest);
  return repeated && credits_.out() == 0 && far_.at_rest();
}

}  // namespace ranvier::sim
