#include "ranvier/sim/event_windows.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/account.hpp"
#include "ranvier/sim/run_record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ranvier::sim {
namespace {

/// Whole part of count x at / span, without overflow for at <= span.
int64_t share(int64_t count, int64_t at, int64_t span) {
  return count / span * at + count % span * at / span;
}

int64_t used_sides(const RunRecord& record) {
  return std::ranges::count_if(record.network.transmissions, [](int64_t n) { return n > 0; });
}

/// Sums lists that end where nothing changes any more.
std::vector<core::Ledger> sum(const std::vector<core::Ledger>& a, const core::Ledger& a_end,
                              const std::vector<core::Ledger>& b, const core::Ledger& b_end) {
  std::vector<core::Ledger> sums(std::max(a.size(), b.size()));
  for (size_t i = 0; i < sums.size(); ++i) {
    sums[i] = i < a.size() ? a[i] : a_end;
    sums[i] += i < b.size() ? b[i] : b_end;
  }
  return sums;
}

void replace(core::Ledger& ledger, core::Event event, int64_t count) {
  ledger.add(event, count - ledger[event]);
}

/// Counts of the network from the start to the end of each window.
std::vector<core::Ledger> network_until(const RunRecord& record, const Lowered& lowered,
                                        int64_t window, int64_t windows) {
  using core::Event;
  const core::Ledger total = network_ledger(record.network, lowered);
  std::vector<core::Ledger> until = record.windows.snapshots;
  until.resize(static_cast<size_t>(windows - 1), total);
  until.push_back(total);
  const CrossingTiming& crossing = lowered.crossing;
  const int64_t sides = used_sides(record);
  int64_t later = total[Event::kDieToDieIdleBits];
  for (int64_t w = windows - 2; w >= 0; --w) {
    core::Ledger& ledger = until[static_cast<size_t>(w)];
    const int64_t capacity =
        sides * crossing.clocks.floor_link_cycles((w + 1) * window, crossing.wires);
    later = std::clamp<int64_t>(capacity - ledger[Event::kDieToDieBits], 0, later);
    replace(ledger, Event::kDieToDieIdleBits, later);
  }
  return until;
}

}  // namespace

void WindowRecord::add(const WindowRecord& other) {
  snapshots = sum(snapshots, total, other.snapshots, other.total);
  work = sum(work, {}, other.work, {});
  total += other.total;
}

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

std::vector<WindowUse> window_uses(const RunRecord& record, const Lowered& lowered, int64_t window,
                                   int64_t tiles) {
  const int64_t latency = record.network.latency;
  const int64_t windows = core::ceil_div(latency, window);
  if (windows == 0) return {};
  const auto network = network_until(record, lowered, window, windows);
  std::vector<WindowUse> uses(static_cast<size_t>(windows));
  for (int64_t w = 0; w < windows; ++w) {
    WindowUse& use = uses[static_cast<size_t>(w)];
    use.start = core::Cycles(w * window);
    use.end = core::Cycles(std::min(latency, (w + 1) * window));
    use.ledger = network[static_cast<size_t>(w)];
    for (size_t e = 0; w > 0 && e < core::kEventKinds; ++e) {
      const auto event = static_cast<core::Event>(e);
      use.ledger.add(event, -network[static_cast<size_t>(w - 1)][event]);
    }
    use.ledger.add(core::Event::kTileCycles, tiles * (use.end - use.start).value());
  }
  for (size_t w = 0; w < record.windows.work.size(); ++w) {
    uses[std::min(w, uses.size() - 1)].ledger += record.windows.work[w];  // at the very end
  }
  return uses;
}

}  // namespace ranvier::sim
