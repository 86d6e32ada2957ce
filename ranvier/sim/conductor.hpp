#pragma once
// Runs logical processes side by side, window by window, without approximation. Protocol, proof and
// cost: docs/models/parallel.md.

#include "ranvier/sim/crew.hpp"
#include "ranvier/sim/logical_process.hpp"
#include "ranvier/sim/partition.hpp"
#include "ranvier/sim/team.hpp"
#include "ranvier/sim/watchdog.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ranvier::sim {

/// Processes first..last - 1 are those of a rank.
struct Range {
  int first = 0;
  int last = 0;
};
Range processes_of(int rank, int ranks, int parts);

class Conductor {
 public:
  using Processes = std::vector<std::unique_ptr<LogicalProcess>>;
  /// "3 flits under way, 2 tasks unfinished", of a pulse of all processes.
  using Pending = std::function<std::string(const Pulse& all)>;

  /// `processes`: of this rank, in order; `patience`: as in Watchdog. The references must outlive
  /// it.
  Conductor(const Partition& partition, const Team& team, const Processes& processes,
            int64_t patience, Pending pending);

  /// Runs all cycles before `limit`, or until nothing is due, or until `arrived` measured packets
  /// have arrived, which is looked at after each window.
  /// Errors: RunError when something is pending and nothing can move; what a process throws, on all
  /// ranks the same; Interrupted.
  void run(int64_t limit = kNever, int64_t arrived = kNever);

  int64_t now() const { return now_; }  // first cycle that was not run
  Effort effort() const;                // of this rank, so far

 private:
  void run_windows(int64_t limit, int64_t arrived);
  void run_window(int64_t end);
  void pass_between_ranks();
  void receive(size_t index);
  void sum_pulses();
  void each(const std::function<void(size_t)>& job);
  void check(int64_t start);
  [[noreturn]] void throw_first_error();
  [[noreturn]] void report_deadlock(int64_t cycle);
  std::vector<int> neighbours() const;
  bool is_mine(int part) const { return part >= mine_.first && part < mine_.last; }

  struct Inbox {
    std::vector<std::span<const std::byte>> parcels;  // of other ranks
    std::exception_ptr error;
    Pulse pulse;
  };

  const Partition& partition_;
  Team team_;
  const Processes& processes_;
  Range mine_;
  int64_t lookahead_;  // [core cycles]
  Watchdog watchdog_;
  Pending pending_;
  Crew crew_;
  std::vector<int> peers_;       // ranks with a chip next to one of ours
  std::vector<Bytes> out_, in_;  // [peers]
  std::vector<Inbox> inboxes_;   // [processes of this rank]
  Pulse all_;
  int64_t last_moves_ = 0;  // of this rank
  bool together_ = false;   // this window is shared out among the threads
  int64_t now_ = 0;
  int64_t windows_ = 0;
};

}  // namespace ranvier::sim
