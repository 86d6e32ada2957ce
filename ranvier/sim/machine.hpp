#pragma once
// One run: the parts of the simulator wired together, and its main loop.

#include "ranvier/core/ledger.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/sim/account.hpp"
#include "ranvier/sim/boundary_check.hpp"
#include "ranvier/sim/emio.hpp"
#include "ranvier/sim/event_queue.hpp"
#include "ranvier/sim/event_windows.hpp"
#include "ranvier/sim/link_errors.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/task_schedule.hpp"
#include "ranvier/sim/traffic.hpp"
#include "ranvier/sim/watchdog.hpp"
#include "ranvier/sim/workload_messages.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace ranvier::sim {

class Machine {
 public:
  /// `workload` must outlive it.
  Machine(const workload::Workload& workload, const arch::PackageSpec& package,
          const Options& options, RoutingFunction routing = route_xy);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Runs until nothing is left to happen. Errors: as simulate().
  void run();

  int64_t latency() const { return latency_; }
  NetworkView network() const { return {lowered_, mesh_, emio_, traffic_, packets_, latency_}; }
  const workload::Workload& workload() const { return workload_; }
  const Lowered& lowered() const { return lowered_; }
  const Mesh& mesh() const { return mesh_; }
  const Emio& emio() const { return emio_; }
  const Traffic& traffic() const { return traffic_; }
  const TaskSchedule& tasks() const { return tasks_; }
  const BoundaryCheck& boundaries() const { return boundaries_; }
  const WorkloadMessages& messages() const { return messages_; }
  const EventWindows* windows() const { return windows_ ? &*windows_ : nullptr; }
  const core::Ledger& work() const { return work_; }  // of tasks: operations, memory, converters

 private:
  void run_events(int64_t now);
  void send(int32_t task, size_t message, int64_t now, core::Ledger& work);
  void start_output(int32_t task, int64_t now);
  void finish(int32_t task, int64_t now);
  void leave_tile(int32_t task, int64_t now);
  static void count_work(const workload::Task& task, core::Ledger& work);
  void watch(int64_t now);
  [[noreturn]] void report_deadlock(int64_t now) const;

  const workload::Workload& workload_;
  Options options_;
  Lowered lowered_;
  LinkErrors errors_;
  EventQueue events_;
  PacketPool packets_;
  Mesh mesh_;
  Emio emio_;
  BoundaryCheck boundaries_;
  WorkloadMessages messages_;
  Traffic traffic_;
  TaskSchedule tasks_;
  std::vector<size_t> first_message_;  // [tasks + 1] into Workload::messages
  core::Ledger work_;
  std::map<int32_t, core::Ledger> streamed_;  // [task] work that was counted before its end
  std::vector<int32_t> stalled_;              // [tiles] converter that waits for room, or -1
  std::optional<EventWindows> windows_;
  core::Rng order_;
  int64_t latency_ = 0;
  Watchdog watchdog_;
};

}  // namespace ranvier::sim
