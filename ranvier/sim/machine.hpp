#pragma once
// One run: the parts of the simulator wired together, and its main loop.

#include "ranvier/core/ledger.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/sim/account.hpp"
#include "ranvier/sim/boundary_check.hpp"
#include "ranvier/sim/emio.hpp"
#include "ranvier/sim/event_queue.hpp"
#include "ranvier/sim/event_windows.hpp"
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
#include <optional>
#include <string>
#include <string_view>

namespace ranvier::sim {

class Machine {
 public:
  /// `workload` must outlive it.
  Machine(const workload::Workload& workload, const arch::PackageSpec& package,
          const Options& options, RoutingFunction routing = route_xy);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Runs all cycles before `limit`, or until nothing is left to happen; keeps the state in the
  /// checkpoint file from time to time. Errors: as simulate().
  void run(int64_t limit = kNever);

  /// Everything that the rest of the run depends on, for a machine built alike.
  std::string state();
  /// Errors: ContractViolation when the state is none of this machine.
  void restore(std::string_view state);

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
  template <class Archive>
  void persist(Archive& archive);
  void run_events(int64_t now);
  void finish(int32_t task, int64_t now);
  static void count_work(const workload::Task& task, core::Ledger& work);
  void watch(int64_t now);
  [[noreturn]] void report_deadlock(int64_t now) const;

  const workload::Workload& workload_;
  Options options_;
  Lowered lowered_;
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
  std::optional<EventWindows> windows_;
  core::Rng order_;
  int64_t latency_ = 0;
  int64_t now_ = 0;  // first cycle that was not run; kNever at the end
  Watchdog watchdog_;
};

}  // namespace ranvier::sim
