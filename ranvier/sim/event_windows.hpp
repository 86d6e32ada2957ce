#pragma once
// Events of a run in windows of equal length, for power over time.

#include "ranvier/core/ledger.hpp"
#include "ranvier/sim/account.hpp"
#include "ranvier/sim/simulator.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::sim {

/// Collects while the machine runs. Work of a task is spread evenly over its service, events of the
/// network count in the cycle in which they happen; a flit on a link counts where it starts.
class EventWindows {
 public:
  explicit EventWindows(core::Cycles window) : window_(window.value()) {}

  bool due(int64_t now) const { return now >= next_boundary(); }
  /// What the network had counted when cycle `now` began.
  /// Errors: UserError when there would be more than kMostWindows.
  void snapshot(const core::Ledger& network, int64_t now);
  /// `end` excluded.
  void spread(const core::Ledger& work, int64_t start, int64_t end);

  /// Windows from 0 to the latency, the last one cut there; their ledgers add up to that of the
  /// run, count by count. Idle capacity of links is what is left in a window, never below 0.
  std::vector<WindowUse> finish(const Machine& machine) const;

  static constexpr int64_t kMostWindows = 100'000;

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(snapshots_, work_);
  }

 private:
  int64_t next_boundary() const { return (static_cast<int64_t>(snapshots_.size()) + 1) * window_; }
  void add_work(int64_t window, core::Event event, int64_t count);
  std::vector<core::Ledger> network_until(const Machine& machine, int64_t windows) const;

  int64_t window_;                       // [core cycles]
  std::vector<core::Ledger> snapshots_;  // of the network, at the end of each window
  std::vector<core::Ledger> work_;       // of tasks, in each window
};

}  // namespace ranvier::sim
