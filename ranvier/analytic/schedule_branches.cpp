// Messages that share packets: one train carries them, and where another's way parts from its own,
// a train of that one goes on. Branches take no room from each other, as the forks of routers keep
// packets whole.

#include "ranvier/analytic/list_scheduler.hpp"

#include <algorithm>

namespace ranvier::analytic {

/// Hops from the source to where the present piece of the train's way ends: the next part, or the
/// end of the leg.
int32_t ListScheduler::next_stop(int32_t message) const {
  const Passage& passage = passages_[static_cast<size_t>(message)];
  const auto parts = plan_.branches.parts(message);
  for (size_t i = passage.part; i < parts.size(); ++i) {
    if (parts[i].hops > passage.done) return std::min(parts[i].hops, passage.leg_end);
  }
  return passage.leg_end;
}

/// A piece of the leg is done: others part here, and the train goes on. False at the leg's end.
bool ListScheduler::goes_on_in_leg(int32_t message) {
  Passage& passage = passages_[static_cast<size_t>(message)];
  passage.done = next_stop(message);
  if (passage.done == passage.leg_end) return false;
  part_ways(message);
  Train& train = train_of(message);
  train.channel_end = train.channel + next_stop(message) - passage.done;
  events_.push_head(train.head, message);
  return true;
}

/// Starts the trains of messages whose way parts from this one's where it is.
void ListScheduler::part_ways(int32_t message) {
  Passage& passage = passages_[static_cast<size_t>(message)];
  const auto parts = plan_.branches.parts(message);
  while (passage.part < parts.size() && parts[passage.part].hops <= passage.done) {
    const Branches::Part part = parts[passage.part++];
    branch_off(message, part.message, part.hops);
  }
}

void ListScheduler::branch_off(int32_t carrier, int32_t message, int32_t hops) {
  const auto index = static_cast<size_t>(message);
  const Train& before = train_of(carrier);
  Train& train = train_of(message);
  train.head = before.head;
  train.tail = before.tail;
  train.stream = before.stream;
  train.mesh_wait = before.mesh_wait;
  records_[index].link_wait = records_[static_cast<size_t>(carrier)].link_wait;
  Passage& passage = passages_[index];
  const auto leg_at = [&](int32_t leg) -> const Leg& {
    return plan_.legs[static_cast<size_t>(leg)];
  };
  int32_t leg_begin = 0;
  while (train.legs_left > 0 && leg_begin + leg_at(train.leg).hops <= hops) {
    leg_begin += leg_at(train.leg).hops;
    train.leave_leg();
  }
  train.channel_end = train.channel;
  passage = {.done = hops, .leg_end = hops, .part = 0};
  if (train.legs_left > 0) {
    const Leg& rest = leg_at(train.leg);
    train.channel = rest.channel + hops - leg_begin;
    passage.leg_end = leg_begin + rest.hops;
    train.channel_end = train.channel + next_stop(message) - hops;
  }
  part_ways(message);
  events_.push_head(train.head, message);
}

/// Tasks of the target's tile that get the same packets.
void ListScheduler::deliver_twins(int32_t message, int64_t time) {
  for (const Branches::Part& part : plan_.branches.parts(message)) {
    if (part.hops != Branches::kAtTarget) continue;
    const auto twin = static_cast<size_t>(part.message);
    trains_[twin].mesh_wait = train_of(message).mesh_wait;
    records_[twin].link_wait = records_[static_cast<size_t>(message)].link_wait;
    deliver(part.message, time);
  }
}

}  // namespace ranvier::analytic
