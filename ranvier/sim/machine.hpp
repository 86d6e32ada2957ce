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
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::sim {

class Machine {
 public:
  /// `workload` must outlive it. `parts`: at most so many logical processes; 0: as many as the team
  /// has hands. Errors: as lower().
  Machine(const workload::Workload& workload, const arch::PackageSpec& package,
          const Options& options, RoutingFunction routing = route_xy, int parts = 0);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Runs all cycles before `limit`, or until nothing is left to happen; keeps the state in the
  /// checkpoint file from time to time. Errors: as simulate().
  void run(int64_t limit = kNever) { conductor_->run(limit); }

  /// The whole run, on every rank. Once, after run().
  RunRecord record() const;

  /// Everything that the rest of the run depends on, for a machine built alike and shared out among
  /// as many parts, whatever the number of threads. Not for several ranks.
  std::string state();
  /// Errors: ContractViolation when the state is none of this machine.
  void restore(std::string_view state);
  static int parts_of(std::string_view state);

  const Lowered& lowered() const { return lowered_; }
  const Partition& partition() const { return partition_; }
  const Conductor& conductor() const { return *conductor_; }

 private:
  template <class Archive>
  void persist(Archive& archive);

  Options options_;
  int parts_;  // at most so many logical processes
  Lowered lowered_;
  Partition partition_;
  std::vector<std::unique_ptr<LogicalProcess>> processes_;  // of this rank
  std::optional<Conductor> conductor_;
};

/// The records of all ranks together, on every rank.
RunRecord sum_of_ranks(RunRecord mine, Transport* transport);

}  // namespace ranvier::sim
