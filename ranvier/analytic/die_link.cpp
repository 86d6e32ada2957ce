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
      last_(lanes_.size() - 1) {}

/// Link cycle from which the lane's first flit can go: it is there, it had a FIFO slot, and a
/// credit is.
int64_t DieLink::eligible(const Lane& lane) const {
  int64_t time = lane.queue.front().ready;
  if (lane.slots.size() >= fifo_depth_) time = std::max(time, lane.slots.front());
  if (lane.credits.size() >= lane_buffer_) time = std::max(time, lane.credits.front());
  return time;
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
    const int64_t arrival = crossing_->arrival(*start + crossing_->beats(flit.bits));
    lane.credits.push_back(crossing_->credit_return(arrival));
    free_ = *start + crossing_->interval(flit.bits);
    if (in_turn_) last_ = turn;
    return {flit, static_cast<int>(turn), *start, arrival};
  }
  RANVIER_CONTRACT(false, "no lane is eligible at its own grant time");
  return {};
}

}  // namespace ranvier::analytic
