// Messages as trains through mesh channels, ejection ports and die-to-die links.

#include "ranvier/analytic/list_scheduler.hpp"

#include <algorithm>

namespace ranvier::analytic {

using workload::Message;

/// The head has reached a router: take the next channel when it is free, or the ejection port.
void ListScheduler::advance(int32_t message) {
  const Message& of = message_at(message);
  Train& train = trains_[static_cast<size_t>(message)];
  const auto target =
      arch::coordinates(package_, workload_.tasks[static_cast<size_t>(of.target)].tile);
  if (train.at == target) return eject(message);
  const Hop hop = next_hop(package_, train.at, target);
  int64_t& free =
      channel_free_[static_cast<size_t>(channel_index(package_, train.at, hop.direction))];
  const int64_t wait = std::max<int64_t>(0, free - train.head);
  const int64_t stream = stream_cycles(package_.router, of.flits());
  train.mesh_wait += wait;
  train.head += wait;
  train.tail = std::max(train.tail, train.head + stream);
  // A packet holds a channel until its tail has passed; single-flit packets let others in between.
  free = of.packets == 1 ? train.tail + 1 : train.head + of.flits();
  train.head += hop_;
  train.tail += hop_;
  if (hop.crosses) return enter_link(message, hop);
  train.at = hop.next;
  events_.push({train.head, EventKind::kHead, message});
}

/// A packet that is still on a slow link keeps the port from its head on; the others wait until its
/// tail is known.
void ListScheduler::eject(int32_t message) {
  TileState& tile = tile_of(message_at(message).target);
  Train& train = trains_[static_cast<size_t>(message)];
  if (tile.ejecting >= 0) {
    tile.arrived.push_back(message);
    return;
  }
  const int64_t wait = std::max<int64_t>(0, tile.ejection_free - train.head);
  train.mesh_wait += wait;
  train.head += wait;
  if (train.tail == kUnknown) {
    tile.ejecting = message;
  } else {
    finish_ejection(message);
  }
}

void ListScheduler::finish_ejection(int32_t message) {
  const Message& of = message_at(message);
  Train& train = trains_[static_cast<size_t>(message)];
  train.tail = std::max(train.tail, train.head + stream_cycles(package_.router, of.flits()));
  tile_of(of.target).ejection_free = of.packets == 1 ? train.tail + 1 : train.head + of.flits();
  events_.push({train.tail + hop_ + kPortCycles, EventKind::kDeliver, message});
}

/// The tail of a trickling packet is known: the port has an end, and those behind it have a time.
void ListScheduler::unlock_ejection(int32_t message) {
  TileState& tile = tile_of(message_at(message).target);
  if (tile.ejecting != message) return;
  finish_ejection(message);
  tile.ejecting = -1;
  std::deque<int32_t> arrived;
  arrived.swap(tile.arrived);
  for (const int32_t next : arrived) eject(next);
}

/// One packet of several flits that ends at the router behind the link.
bool ListScheduler::trickles(int32_t message) const {
  const Message& of = message_at(message);
  const auto target =
      arch::coordinates(package_, workload_.tasks[static_cast<size_t>(of.target)].tile);
  return of.packets == 1 && of.flits() > 1 && trains_[static_cast<size_t>(message)].at == target;
}

void ListScheduler::enter_link(int32_t message, const Hop& hop) {
  const Message& of = message_at(message);
  Train& train = trains_[static_cast<size_t>(message)];
  const auto source = workload_.tasks[static_cast<size_t>(of.source)].tile;
  const bool first_hop = train.at == arch::coordinates(package_, source);
  const int64_t side = side_index(package_, train.at, hop.direction);
  for (int64_t k = 0; k < of.flits(); ++k) {
    const int64_t core = flit_time(train.head, train.tail, k, of.flits());
    const int64_t bits = k == 0 ? of.first_flit_bits() : of.bits_per_flit;
    links_[static_cast<size_t>(side)].push(hop.lane, {message, k, bits, crossing_.ready(core)});
  }
  train.at = hop.next;
  if (first_hop) {
    train.entered = true;
    held_[static_cast<size_t>(side * package_.chip.mesh + hop.lane)] = message;
    release_when_drained(static_cast<int32_t>(side), hop.lane, 0);
  }
  wake_link(static_cast<int32_t>(side));
}

void ListScheduler::wake_link(int32_t side) {
  const auto next = links_[static_cast<size_t>(side)].next_grant();
  if (next) events_.push({crossing_.core_at(*next), EventKind::kGrant, side});
}

void ListScheduler::serve_link(int32_t side, int64_t time) {
  DieLink& link = links_[static_cast<size_t>(side)];
  const auto next = link.next_grant();
  // An earlier grant may have moved this one; the newer event for it is already queued.
  if (!next || crossing_.core_at(*next) > time) return;
  const Grant grant = link.grant();
  const int32_t message = grant.flit.message;
  Train& train = trains_[static_cast<size_t>(message)];
  const bool last = grant.flit.index + 1 == message_at(message).flits();
  if (grant.flit.index == 0) {
    train.head = grant.arrival;
    train.tail = kUnknown;
  }
  if (last) {
    train.link_wait += crossing_.core_at(grant.start) - crossing_.core_at(grant.flit.ready);
    train.tail = grant.arrival;
  }
  if (trickles(message) ? grant.flit.index == 0 : last) {
    events_.push({train.head, EventKind::kHead, message});
  }
  if (last && trickles(message)) unlock_ejection(message);
  release_when_drained(side, grant.lane, crossing_.core_at(grant.start));
  wake_link(side);
}

void ListScheduler::deliver(int32_t message, int64_t time) {
  const int32_t target = message_at(message).target;
  TaskState& task = tasks_[static_cast<size_t>(target)];
  task.last = message;
  if (--task.open == 0) make_ready(target, time);
}

}  // namespace ranvier::analytic
