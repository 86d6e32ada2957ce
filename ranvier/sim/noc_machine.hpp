#pragma once
// A network under open-loop traffic, cycle by cycle. The counterpart of Machine, without tasks.

#include "ranvier/core/rng.hpp"
#include "ranvier/sim/emio.hpp"
#include "ranvier/sim/link_errors.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/open_loop.hpp"
#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/watchdog.hpp"

#include <cstdint>

namespace ranvier::sim {

class NocMachine {
 public:
  /// `targets` must outlive it. Errors: as lower(). `order_seed`: as in Options.
  NocMachine(const arch::PackageSpec& package, const OpenLoopSpec& traffic, const Targets& targets,
             uint64_t order_seed = 0);
  NocMachine(const NocMachine&) = delete;
  NocMachine& operator=(const NocMachine&) = delete;

  /// Runs all cycles before `cycle`, or until `packets` measured ones have arrived. Errors:
  /// RunError when flits are under way and none can move; Interrupted.
  void run_to(int64_t cycle, int64_t packets);

  int64_t now() const { return now_; }  // first cycle that has not been run
  const Lowered& lowered() const { return lowered_; }
  const Mesh& mesh() const { return mesh_; }
  const Emio& emio() const { return emio_; }
  const OpenLoop& traffic() const { return traffic_; }
  const PacketPool& packets() const { return packets_; }

 private:
  void watch();
  [[noreturn]] void report_deadlock() const;

  Lowered lowered_;
  LinkErrors errors_;
  PacketPool packets_;
  Mesh mesh_;
  Emio emio_;
  OpenLoop traffic_;
  core::Rng order_;
  bool shuffle_;
  Watchdog watchdog_;
  int64_t now_ = 0;
  int64_t steps_ = 0;
};

}  // namespace ranvier::sim
