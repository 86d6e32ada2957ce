#pragma once
// A network under open-loop traffic, cycle by cycle. The counterpart of Machine, without tasks.

#include "ranvier/arch/package.hpp"
#include "ranvier/sim/conductor.hpp"
#include "ranvier/sim/logical_process.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/open_loop.hpp"
#include "ranvier/sim/partition.hpp"
#include "ranvier/sim/run_record.hpp"
#include "ranvier/sim/team.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace ranvier::sim {

class NocMachine {
 public:
  /// `targets` must outlive it. Errors: as lower(). `order_seed`: as in Options. Threads only: the
  /// team has one rank.
  NocMachine(const arch::PackageSpec& package, const OpenLoopSpec& traffic, const Targets& targets,
             uint64_t order_seed = 0, const Team& team = {});
  NocMachine(const NocMachine&) = delete;
  NocMachine& operator=(const NocMachine&) = delete;

  /// Runs all cycles before `cycle`, or until `packets` measured ones have arrived, which is looked
  /// at once per lookahead of the package. Errors: RunError when flits are under way and none can
  /// move; Interrupted.
  void run_to(int64_t cycle, int64_t packets) { conductor_->run(cycle, packets); }

  int64_t now() const { return conductor_->now(); }  // first cycle that has not been run
  const Lowered& lowered() const { return lowered_; }
  const Conductor& conductor() const { return *conductor_; }

  int64_t flit_hops() const;    // router traversals so far, the ejecting one included
  int64_t in_flight() const;    // packets in the network
  int64_t packets_out() const;  // that have arrived
  OpenLoop::Measured measured() const;
  /// Counters of routers and die edges up to now. Cost: O(routers).
  NetworkRecord network() const;
  /// The network interface of a tile.
  const OpenLoop& tile(int tile) const;

 private:
  Lowered lowered_;
  Partition partition_;
  Conductor::Processes processes_;
  std::optional<Conductor> conductor_;
};

}  // namespace ranvier::sim
