#pragma once
// One run of a workload: its logical processes and what they found, together.

#include "ranvier/arch/package.hpp"
#include "ranvier/sim/conductor.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/partition.hpp"
#include "ranvier/sim/run_record.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/workload_process.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ranvier::sim {

class Machine {
 public:
  /// `workload` must outlive it. Errors: as lower().
  Machine(const workload::Workload& workload, const arch::PackageSpec& package,
          const Options& options, RoutingFunction routing = route_xy);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Runs until nothing is left to happen. Errors: as simulate().
  void run() { conductor_->run(); }

  /// The whole run, on every rank. Once, after run().
  RunRecord record() const;

  const Lowered& lowered() const { return lowered_; }
  const Partition& partition() const { return partition_; }
  const Conductor& conductor() const { return *conductor_; }

 private:
  Options options_;
  Lowered lowered_;
  Partition partition_;
  std::vector<std::unique_ptr<LogicalProcess>> processes_;  // of this rank
  std::optional<Conductor> conductor_;
};

/// The records of all ranks together, on every rank.
RunRecord sum_of_ranks(RunRecord mine, Transport* transport);

}  // namespace ranvier::sim
