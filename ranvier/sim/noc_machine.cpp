#include "ranvier/sim/noc_machine.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ranvier::sim {
namespace {

constexpr int64_t kLookPeriod = 4096;     // cycles that are run between two looks at the outside
constexpr int64_t kPatience = 1'000'000;  // cycles without a move, link flight apart: deadlock

}  // namespace

NocMachine::NocMachine(const arch::PackageSpec& package, const OpenLoopSpec& traffic,
                       const Targets& targets, uint64_t order_seed)
    : lowered_(lower(package)),
      errors_(link_errors(lowered_, traffic.seed)),
      mesh_(lowered_),
      emio_(lowered_, errors_, packets_, mesh_, 0),
      traffic_(traffic, targets, lowered_, packets_, mesh_),
      order_(order_seed),
      shuffle_(order_seed != 0),
      watchdog_(kPatience + lowered_.crossing.clocks.core_cycles_in(traffic.flit_bits, true)) {
  mesh_.connect(traffic_, emio_);
}

void NocMachine::run_to(int64_t cycle, int64_t packets) {
  core::Rng* const order = shuffle_ ? &order_ : nullptr;
  while (now_ < cycle && traffic_.measured().packet.count() < packets) {
    emio_.step(now_);
    traffic_.step(now_, order);
    mesh_.step(now_, order);
    if (++steps_ % kLookPeriod == 0) {
      core::check_interrupt("the simulation was not finished");
      watch();
    }
    const int64_t next =
        std::min({emio_.next_cycle(), traffic_.next_after(now_), mesh_.next_after(now_)});
    if (next == kNever) report_deadlock();
    now_ = std::min(next, cycle);
  }
}

void NocMachine::watch() {
  const int64_t moves = mesh_.moves() + emio_.moves();
  if (watchdog_.is_stuck(moves, packets_.in_flight() > 0, now_)) report_deadlock();
}

void NocMachine::report_deadlock() const {
  const std::string cycle = mesh_.waiting_cycle();
  throw core::RunError(fmt::format(
      "deadlock in cycle {}: {} packets under way, none can move; {}", now_, packets_.in_flight(),
      cycle.empty() ? "no cycle of waiting channels" : "waiting channels: " + cycle));
}

}  // namespace ranvier::sim
