#pragma once
// What logical processes have counted and noted in a run, and the sum of that over all of them. No
// number in it depends on how the chips were shared out.

#include "ranvier/core/ledger.hpp"
#include "ranvier/sim/boundary_check.hpp"
#include "ranvier/sim/emio.hpp"
#include "ranvier/sim/event_windows.hpp"
#include "ranvier/sim/logical_process.hpp"
#include "ranvier/sim/state_archive.hpp"
#include "ranvier/sim/task_schedule.hpp"
#include "ranvier/sim/traffic.hpp"
#include "ranvier/workload/trace.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::sim {

/// Of the parts that carry messages, whoever made them.
struct NetworkRecord {
  struct PortUse {
    int64_t flits = 0;
    int64_t bits = 0;
  };

  std::vector<PortUse> ports;          // [routers][kPorts] sent through
  std::vector<Emio::Use> sides;        // [sides]
  std::vector<int64_t> transmissions;  // [sides] of flits, repetitions included
  Traffic::Counts counts;              // of the tiles
  int64_t packets_left = 0;            // in the network
  int64_t unrest = 0;   // processes with a flit in a buffer, an output held, a credit out
  int64_t latency = 0;  // [core cycles]

  void add(const NetworkRecord& other);

  template <class Archive>
  void persist(Archive& archive) {
    archive(ports, sides, transmissions, counts, packets_left, unrest, latency);
  }
};

struct RunRecord {
  NetworkRecord network;
  std::vector<Traffic::Times> times;                     // [messages]
  std::vector<TaskSchedule::Record> tasks;               // [tasks]
  std::vector<Emio::Use> boundaries;                     // [boundaries] over links
  std::vector<BoundaryCheck::Totals> totals;             // [boundaries]
  core::Ledger work;                                     // of tasks: operations, memory, converters
  WindowRecord windows;                                  // if asked for
  std::vector<std::vector<workload::PacketRun>> shapes;  // [messages], if recorded

  void add(const RunRecord& other);

  /// What goes from rank to rank.
  template <class Archive>
  void persist(Archive& archive) {
    archive(network, times, tasks, boundaries, totals, work, windows, shapes);
  }
};

/// The network's counters of one process; the tiles' and the latency are the caller's.
NetworkRecord network_record(const LogicalProcess& process);

}  // namespace ranvier::sim
