#pragma once
// The tasks, messages and converters of some of the chips.

#include "ranvier/core/ledger.hpp"
#include "ranvier/sim/boundary_check.hpp"
#include "ranvier/sim/event_queue.hpp"
#include "ranvier/sim/event_windows.hpp"
#include "ranvier/sim/logical_process.hpp"
#include "ranvier/sim/run_record.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/task_schedule.hpp"
#include "ranvier/sim/traffic.hpp"
#include "ranvier/sim/workload_messages.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace ranvier::sim {

class WorkloadProcess final : public LogicalProcess {
 public:
  /// `workload` must outlive it.
  WorkloadProcess(const workload::Workload& workload, const arch::PackageSpec& package,
                  const Options& options, const Share& share, RoutingFunction routing);

  /// Of a finished run. Cost: O(routers + messages + tasks).
  RunRecord record() const;

 private:
  void begin(int64_t now) override;
  void inject(int64_t now, core::Rng* order) override { traffic_.step(now, order); }
  int64_t next_of_tiles(int64_t now) override;
  Pulse count() const override;
  void send(int32_t task, size_t message, int64_t now, core::Ledger& work);
  void start_output(int32_t task, int64_t now);
  void finish(int32_t task, int64_t now);
  void leave_tile(int32_t task, int64_t now);
  static void count_work(const workload::Task& task, core::Ledger& work);
  NetworkRecord network() const;

  const workload::Workload& workload_;
  EventQueue events_;
  BoundaryCheck boundaries_;
  WorkloadMessages messages_;
  Traffic traffic_;
  TaskSchedule tasks_;
  std::vector<size_t> first_message_;  // [tasks + 1] into Workload::messages
  core::Ledger work_;
  std::map<int32_t, core::Ledger> streamed_;  // [task] work that was counted before its end
  std::vector<int32_t> stalled_;              // [tiles] converter that waits for room, or -1
  std::optional<EventWindows> windows_;
  int64_t latency_ = 0;
};

}  // namespace ranvier::sim
