#include "ranvier/analytic/die_link.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <utility>

namespace ranvier::analytic {

DieLink::DieLink(const CrossingModel& crossing, const arch::PackageSpec& package, int lanes)
    : crossing_(&crossing),
      in_turn_(package.emio.merge_policy == arch::MergePolicy::kRoundRobin),
      lanes_(static_cast<size_t>(lanes)),
      slots_(lanes_.size(), static_cast<size_t>(package.emio.fifo_depth)),
      credits_(lanes_.size(), static_cast<size_t>(package.emio.lane_buffer_flits)),
      eligible_(lanes_.size(), kNever),
      last_(lanes_.size() - 1),
      replay_flits_(crossing.retries() ? static_cast<size_t>(package.serdes.replay_flits) : 0) {}

void DieLink::push(int lane, const LinkTrain& train) {
  const auto index = static_cast<size_t>(lane);
  Lane& at = lanes_[index];
  at.waiting += train.flits;
  at.trains.push(train);
  if (at.trains.size() > 1) return;
  at.ready = crossing_->ready(train.head);
  renew(index);
}

/// The lane's next flit can go when it is there, had a FIFO slot, and has a credit.
void DieLink::renew(size_t lane) {
  const Lane& at = lanes_[lane];
  int64_t time = kNever;
  if (!at.trains.empty()) {
    time = at.ready;
    if (slots_.full(lane)) time = std::max(time, crossing_->slot_return(slots_.front(lane)));
    if (credits_.full(lane)) time = std::max(time, crossing_->credit_return(credits_.front(lane)));
  }
  const int64_t before = std::exchange(eligible_[lane], time);
  if (time <= soonest_) {
    soonest_ = time;
  } else if (before == soonest_) {
    soonest_ = kNever;
    for (const int64_t other : eligible_) soonest_ = std::min(soonest_, other);
  }
}

/// Expected link cycles by which repetitions of a flit delay it and all behind it. They are owed in
/// fractions and paid in whole cycles.
int64_t DieLink::repeat(int64_t bits, double errors, int64_t start) {
  const int64_t window = crossing_->window(bits);
  const int64_t now = start - repeated_;
  while (!suspects_.empty() && suspects_.front().end <= now) {
    open_errors_ -= suspects_.front().errors;
    suspects_.pop();
  }
  suspects_.push({now + window, errors});
  open_errors_ += errors;
  resent_bits_ += open_errors_ * static_cast<double>(bits + crossing_->overhead());
  const bool busy = next_grant() < start + window;
  owed_ += errors * static_cast<double>(busy ? crossing_->busy_window(bits) : window);
  const auto whole = static_cast<int64_t>(owed_);
  owed_ -= static_cast<double>(whole);
  repeated_ += whole;
  return whole;
}

/// The first lane after the last one served that can send at `start`.
size_t DieLink::whose_turn(int64_t start) const {
  for (size_t i = 1; i <= lanes_.size(); ++i) {
    const size_t turn = last_ + i < lanes_.size() ? last_ + i : last_ + i - lanes_.size();
    if (eligible_[turn] <= start) return turn;
  }
  RANVIER_CONTRACT(false, "no lane is eligible at its own grant time");
  return 0;
}

/// Takes the lane's next flit out of its queue, with a slot and a credit that came back.
Grant DieLink::take(size_t turn, int64_t start) {
  Lane& lane = lanes_[turn];
  const LinkTrain train = lane.trains.front();
  Grant grant{.message = train.message,
              .index = lane.sent,
              .last = lane.sent + 1 == train.flits,
              .lane = static_cast<int>(turn),
              .ready = lane.ready,
              .start = start};
  --lane.waiting;
  ++lane.sent;
  if (grant.last) {
    lane.trains.pop();
    lane.sent = 0;
  }
  if (!lane.trains.empty()) {
    const LinkTrain& next = lane.trains.front();
    lane.ready = crossing_->ready(flit_time(next.head, next.tail, lane.sent, next.flits));
  }
  if (slots_.full(turn)) slots_.pop(turn);
  if (credits_.full(turn)) credits_.pop(turn);
  slots_.push(turn, start);
  return grant;
}

Grant DieLink::grant() {
  const int64_t start = next_grant();
  RANVIER_CONTRACT(start != kNever, "a grant needs a waiting flit");
  const size_t turn = whose_turn(start);
  const LinkTrain& train = lanes_[turn].trains.front();
  const int64_t bits = lanes_[turn].sent == 0 ? train.first_bits : train.bits;
  Grant grant = take(turn, start);
  // Expected repetitions are no whole core cycles: the merge keeps its pace without them.
  free_ = crossing_->next_start(start - repeated_, crossing_->beats(bits)) + repeated_;
  int64_t delay = 0;
  if (const double errors = crossing_->errors(bits); errors != 0) {
    renew(turn);
    delay = repeat(bits, errors, start);
  }
  free_ += delay;
  const int64_t end = start + delay + crossing_->beats(bits);
  grant.arrival = crossing_->arrival(end);
  credits_.push(turn, grant.arrival);
  renew(turn);
  if (replay_flits_ > 0) {
    if (answers_.size() >= replay_flits_) answers_.pop();
    answers_.push(end + crossing_->answer());
  }
  if (in_turn_) last_ = turn;
  return grant;
}

}  // namespace ranvier::analytic
