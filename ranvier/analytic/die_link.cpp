#include "ranvier/analytic/die_link.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>

namespace ranvier::analytic {

DieLink::DieLink(const CrossingModel& crossing, const arch::PackageSpec& package)
    : crossing_(&crossing),
      fifo_depth_(static_cast<size_t>(package.emio.fifo_depth)),
      lane_buffer_(static_cast<size_t>(package.emio.lane_buffer_flits)),
      in_turn_(package.emio.merge_policy == arch::MergePolicy::kRoundRobin),
      lanes_(static_cast<size_t>(package.chip.mesh)),
      last_(lanes_.size() - 1),
      replay_flits_(crossing.retries() ? static_cast<size_t>(package.serdes.replay_flits) : 0) {}

/// Link cycle from which the lane's first flit can go: it is there, it had a FIFO slot, and a
/// credit is.
int64_t DieLink::eligible(const Lane& lane) const {
  int64_t time = lane.queue.front().ready;
  if (lane.slots.size() >= fifo_depth_) time = std::max(time, lane.slots.front());
  if (lane.credits.size() >= lane_buffer_) time = std::max(time, lane.credits.front());
  if (replay_flits_ > 0 && answers_.size() >= replay_flits_) {
    time = std::max(time, answers_.front());
  }
  return time;
}

/// Expected link cycles by which repetitions of the flit delay it and all behind it. They are owed
/// in fractions and paid in whole cycles.
int64_t DieLink::repeat(const LinkFlit& flit, int64_t start) {
  const double errors = crossing_->errors(flit.bits);
  if (errors == 0) return 0;
  const int64_t window = crossing_->window(flit.bits);
  const int64_t now = start - repeated_;
  while (!suspects_.empty() && suspects_.front().end <= now) {
    open_errors_ -= suspects_.front().errors;
    suspects_.pop_front();
  }
  suspects_.push_back({now + window, errors});
  open_errors_ += errors;
  resent_bits_ += open_errors_ * static_cast<double>(flit.bits + crossing_->overhead());
  const auto next = next_grant();
  const bool busy = next && *next < start + window;
  owed_ += errors * static_cast<double>(busy ? crossing_->busy_window(flit.bits) : window);
  const auto whole = static_cast<int64_t>(owed_);
  owed_ -= static_cast<double>(whole);
  repeated_ += whole;
  return whole;
}

std::optional<int64_t> DieLink::next_grant() const {
  std::optional<int64_t> next;
  for (const Lane& lane : lanes_) {
    if (lane.queue.empty()) continue;
    const int64_t time = std::max(free_, eligible(lane));
    if (!next || time < *next) next = time;
  }
  return next;
}

Grant DieLink::grant() {
  const std::optional<int64_t> start = next_grant();
  RANVIER_CONTRACT(start.has_value(), "a grant needs a waiting flit");
  for (size_t i = 1; i <= lanes_.size(); ++i) {
    const size_t turn = (last_ + i) % lanes_.size();
    Lane& lane = lanes_[turn];
    if (lane.queue.empty() || eligible(lane) > *start) continue;
    const LinkFlit flit = lane.queue.front();
    lane.queue.pop_front();
    if (lane.slots.size() >= fifo_depth_) lane.slots.pop_front();
    if (lane.credits.size() >= lane_buffer_) lane.credits.pop_front();
    lane.slots.push_back(crossing_->slot_return(*start));
    free_ = *start + crossing_->interval(flit.bits);
    const int64_t delay = repeat(flit, *start);
    free_ += delay;
    const int64_t end = *start + delay + crossing_->beats(flit.bits);
    const int64_t arrival = crossing_->arrival(end);
    lane.credits.push_back(crossing_->credit_return(arrival));
    if (replay_flits_ > 0) {
      if (answers_.size() >= replay_flits_) answers_.pop_front();
      answers_.push_back(end + crossing_->answer());
    }
    if (in_turn_) last_ = turn;
    return {flit, static_cast<int>(turn), *start, arrival};
  }
  RANVIER_CONTRACT(false, "no lane is eligible at its own grant time");
  return {};
}

}  // namespace ranvier::analytic
