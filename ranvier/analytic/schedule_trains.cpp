// Messages as trains through mesh channels, ejection ports and die-to-die links.

#include "ranvier/analytic/list_scheduler.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ranvier::analytic {

using workload::Message;

/// The head has reached a router: take the next channel when it is free, or the ejection port.
void ListScheduler::advance(int32_t message) {
  Train& train = train_of(message);
  if (train.hops() == 0) return eject(message);
  int64_t& free = channel_free_[static_cast<size_t>(train.channel)];
  // Every fourth head waits: without a branch, as processors do not foresee which.
  const int64_t late = free - train.head;
  const int64_t wait = late & ~(late >> 63);
  const int64_t head = train.head + wait;
  const int64_t tail = std::max(train.tail, head + train.stream);
  train.mesh_wait += wait;
  free = train.free_after(head, tail);
  train.head = head + hop_;
  train.tail = tail + hop_;
  ++train.channel;
  if (train.hops() == 0) return end_leg(message);
  events_.push_head(head + hop_, message);
}

void ListScheduler::next_leg(int32_t message) {
  train_of(message).leave_leg();
  begin_leg(message);
}

/// Reads the train's leg, if it has one left.
void ListScheduler::begin_leg(int32_t message) {
  Train& train = train_of(message);
  if (train.legs_left == 0) return;
  const Leg& leg = plan_.legs[static_cast<size_t>(train.leg)];
  train.channel = leg.channel;
  train.channel_end = leg.channel + leg.hops;
  if (passages_.empty()) return;
  Passage& passage = passages_[static_cast<size_t>(message)];
  passage.leg_end = passage.done + leg.hops;
  train.channel_end = leg.channel + next_stop(message) - passage.done;
}

void ListScheduler::end_leg(int32_t message) {
  Train& train = train_of(message);
  if (!passages_.empty() && goes_on_in_leg(message)) return;
  if (plan_.legs[static_cast<size_t>(train.leg)].side != kOnChip) return enter_link(message);
  next_leg(message);
  if (!passages_.empty()) part_ways(message);
  events_.push_head(train.head, message);
}

/// A packet that is still on a slow link keeps the port from its head on; the others wait until its
/// tail is known.
void ListScheduler::eject(int32_t message) {
  Train& train = train_of(message);
  const int32_t tile = tile_number(train.target);
  EjectionPort& port = ports_[static_cast<size_t>(tile)];
  if (port.trickling >= 0) {
    arrived_[tile].push_back(message);
    return;
  }
  const int64_t wait = std::max<int64_t>(0, port.free - train.head);
  train.mesh_wait += wait;
  train.head += wait;
  if (train.tail == kUnknown) {
    port.trickling = message;
  } else {
    finish_ejection(message, port);
  }
}

void ListScheduler::finish_ejection(int32_t message, EjectionPort& port) {
  Train& train = train_of(message);
  train.tail = std::max(train.tail, train.head + train.stream);
  port.free = train.free_after(train.head, train.tail);
  deliver(message, train.tail + hop_ + kPortCycles);
}

/// The tail of a trickling packet is known: the port has an end, and those behind it have a time.
void ListScheduler::unlock_ejection(int32_t message) {
  const int32_t tile = tile_number(train_of(message).target);
  EjectionPort& port = ports_[static_cast<size_t>(tile)];
  if (port.trickling != message) return;
  finish_ejection(message, port);
  port.trickling = kNoMessage;
  if (const auto behind = arrived_.extract(tile)) {
    for (const int32_t next : behind.mapped()) eject(next);
  }
}

/// One packet of several flits that ends at the router behind the link.
bool ListScheduler::trickles(int32_t message) const {
  const Train& train = trains_[static_cast<size_t>(message)];
  return train.one_packet && train.flits > 1 && train.hops() == 0;
}

void ListScheduler::enter_link(int32_t message) {
  const Message& of = message_at(message);
  Train& train = train_of(message);
  const Leg leg = plan_.legs[static_cast<size_t>(train.leg)];
  links_[static_cast<size_t>(leg.side)].push(leg.lane, {.message = message,
                                                        .flits = train.flits,
                                                        .first_bits = of.first_flit_bits(),
                                                        .bits = of.bits_per_flit,
                                                        .head = train.head,
                                                        .tail = train.tail});
  const bool first_hop = train.leaves_die && !records_[static_cast<size_t>(message)].entered;
  next_leg(message);
  if (first_hop) {
    records_[static_cast<size_t>(message)].entered = true;
    held(leg.side, leg.lane) = message;
    release_when_drained(leg.side, leg.lane, 0);
  }
  wake_link(leg.side);
}

/// An event for the next grant, unless there is one that is not later.
void ListScheduler::wake_link(int32_t side) {
  const int64_t next = links_[static_cast<size_t>(side)].next_grant();
  if (next == kNever) return;
  const int64_t time = crossing_.core_at(next);
  int64_t& woken = woken_[static_cast<size_t>(side)];
  if (time >= woken) return;
  woken = time;
  events_.push(time, EventKind::kGrant, side);
}

void ListScheduler::serve_link(int32_t side, int64_t time) {
  if (time != woken_[static_cast<size_t>(side)]) return;  // an earlier one came in between
  woken_[static_cast<size_t>(side)] = kNever;
  DieLink& link = links_[static_cast<size_t>(side)];
  const int64_t next = link.next_grant();
  if (next == kNever) return;
  if (crossing_.core_at(next) > time) return wake_link(side);
  const Grant grant = link.grant();
  const int32_t message = grant.message;
  Train& train = train_of(message);
  if (grant.index == 0) {
    train.head = grant.arrival;
    train.tail = kUnknown;
  }
  if (grant.last) {
    records_[static_cast<size_t>(message)].link_wait +=
        crossing_.core_at(grant.start) - crossing_.core_at(grant.ready);
    train.tail = grant.arrival;
  }
  if (grant.last && !passages_.empty()) part_ways(message);
  if (trickles(message) ? grant.index == 0 : grant.last) {
    events_.push_head(train.head, message);
  }
  if (grant.last && trickles(message)) unlock_ejection(message);
  release_when_drained(side, grant.lane, crossing_.core_at(grant.start));
  wake_link(side);
}

/// The message will be there at `time`.
void ListScheduler::deliver(int32_t message, int64_t time) {
  const Train& train = train_of(message);
  TaskState& task = tasks_[static_cast<size_t>(train.target)];
  if (std::tie(time, message) > std::tie(task.ready, task.last)) {
    task.ready = time;
    task.last = message;
  }
  const int64_t doubt = tasks_[static_cast<size_t>(train.source)].doubt + train.mesh_wait;
  task.latest = std::max(task.latest, time + doubt);
  if (--task.open == 0) events_.push(task.ready, EventKind::kReady, train.target);
  if (!passages_.empty()) deliver_twins(message, time);
}

}  // namespace ranvier::analytic
