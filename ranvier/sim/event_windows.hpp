#pragma once
// Events of a run in windows of equal length, for power over time.

#include "ranvier/core/ledger.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/simulator.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::sim {

struct RunRecord;

/// What one process has collected, or several together.
struct WindowRecord {
  std::vector<core::Ledger>
      snapshots;                   // of the network, at the end of each window with later events
  std::vector<core::Ledger> work;  // of tasks, in each window
  core::Ledger total;              // of the network, at the end of the run

  void add(const WindowRecord& other);

  template <class Archive>
  void persist(Archive& archive) {
    archive(snapshots, work, total);
  }
};

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

  /// `network`: counts at the end of the run.
  WindowRecord record(const core::Ledger& network) const { return {snapshots_, work_, network}; }

  static constexpr int64_t kMostWindows = 100'000;

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(snapshots_, work_);
  }

 private:
  int64_t next_boundary() const { return (static_cast<int64_t>(snapshots_.size()) + 1) * window_; }
  void add_work(int64_t window, core::Event event, int64_t count);

  int64_t window_;  // [core cycles]
  std::vector<core::Ledger> snapshots_;
  std::vector<core::Ledger> work_;
};

/// Windows of `window` core cycles from 0 to the latency, the last one cut there; their ledgers add
/// up to that of the run, count by count. Idle capacity of links is what is left in a window, never
/// below 0. `tiles`: with tasks.
std::vector<WindowUse> window_uses(const RunRecord& record, const Lowered& lowered, int64_t window,
                                   int64_t tiles);

}  // namespace ranvier::sim
