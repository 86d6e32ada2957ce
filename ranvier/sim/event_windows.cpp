#include "ranvier/sim/event_windows.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/machine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ranvier::sim {
namespace {

/// Whole part of count x at / span, without overflow for at <= span.
int64_t share(int64_t count, int64_t at, int64_t span) {
  return count / span * at + count % span * at / span;
}

int64_t used_sides(const Machine& machine) {
  int64_t used = 0;
  for (size_t s = 0; s < machine.lowered().sides.size(); ++s) {
    used += machine.emio().transmissions(static_cast<int>(s)) > 0;
  }
  return used;
}

void replace(core::Ledger& ledger, core::Event event, int64_t count) {
  ledger.add(event, count - ledger[event]);
}

}  // namespace

void EventWindows::snapshot(const core::Ledger& network, int64_t now) {
  while (due(now)) {
    if (static_cast<int64_t>(snapshots_.size()) >= kMostWindows) {
      throw core::UserError({.key = "--power-window",
                             .given = fmt::format("{} cycles", window_),
                             .allowed = fmt::format("at most {} windows in a run", kMostWindows),
                             .place = "the command line",
                             .hint = "Choose a longer window."});
    }
    snapshots_.push_back(network);
  }
}

void EventWindows::add_work(int64_t window, core::Event event, int64_t count) {
  if (static_cast<size_t>(window) >= work_.size()) work_.resize(static_cast<size_t>(window) + 1);
  work_[static_cast<size_t>(window)].add(event, count);
}

void EventWindows::spread(const core::Ledger& work, int64_t start, int64_t end) {
  for (size_t e = 0; e < core::kEventKinds; ++e) {
    const auto event = static_cast<core::Event>(e);
    const int64_t count = work[event];
    if (count == 0) continue;
    if (start == end) {
      add_work(start / window_, event, count);
      continue;
    }
    int64_t before = 0;
    for (int64_t w = start / window_; w * window_ < end; ++w) {
      const int64_t until = share(count, std::min(end, (w + 1) * window_) - start, end - start);
      add_work(w, event, until - before);
      before = until;
    }
  }
}

/// Counts from the start to the end of each window.
std::vector<core::Ledger> EventWindows::network_until(const Machine& machine,
                                                      int64_t windows) const {
  using core::Event;
  const core::Ledger total = network_ledger(machine.network());
  std::vector<core::Ledger> until = snapshots_;
  until.resize(static_cast<size_t>(windows - 1), total);
  until.push_back(total);
  const CrossingTiming& crossing = machine.lowered().crossing;
  const int64_t sides = used_sides(machine);
  int64_t later = total[Event::kDieToDieIdleBits];
  for (int64_t w = windows - 2; w >= 0; --w) {
    core::Ledger& ledger = until[static_cast<size_t>(w)];
    const int64_t capacity =
        sides * crossing.clocks.floor_link_cycles((w + 1) * window_, crossing.wires);
    later = std::clamp<int64_t>(capacity - ledger[Event::kDieToDieBits], 0, later);
    replace(ledger, Event::kDieToDieIdleBits, later);
  }
  return until;
}

std::vector<WindowUse> EventWindows::finish(const Machine& machine) const {
  const int64_t latency = machine.latency();
  const int64_t windows = core::ceil_div(latency, window_);
  if (windows == 0) return {};
  const auto network = network_until(machine, windows);
  std::vector<WindowUse> uses(static_cast<size_t>(windows));
  for (int64_t w = 0; w < windows; ++w) {
    WindowUse& use = uses[static_cast<size_t>(w)];
    use.start = core::Cycles(w * window_);
    use.end = core::Cycles(std::min(latency, (w + 1) * window_));
    use.ledger = network[static_cast<size_t>(w)];
    for (size_t e = 0; w > 0 && e < core::kEventKinds; ++e) {
      const auto event = static_cast<core::Event>(e);
      use.ledger.add(event, -network[static_cast<size_t>(w - 1)][event]);
    }
    use.ledger.add(core::Event::kTileCycles,
                   machine.workload().tiles_used * (use.end - use.start).value());
  }
  for (size_t w = 0; w < work_.size(); ++w) {
    uses[std::min(w, uses.size() - 1)].ledger += work_[w];  // tasks that end with the run
  }
  return uses;
}

}  // namespace ranvier::sim
