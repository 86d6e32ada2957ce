#include "ranvier/sim/logical_process.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <utility>

namespace ranvier::sim {

LogicalProcess::LogicalProcess(const Share& share, size_t boundaries, RoutingFunction routing,
                               uint64_t order_seed, LinkErrors errors)
    : share_(share),
      errors_(std::move(errors)),
      mesh_(share.lowered(), routing),
      border_(share_, packets_, emio_),
      emio_(share.lowered(), errors_, packets_, mesh_, border_, boundaries),
      order_(order_seed),
      shuffle_(order_seed != 0) {}

void LogicalProcess::connect(TilePort& tiles, Cargo& cargo, const Trees* trees) {
  mesh_.connect(tiles, emio_, trees);
  border_.connect(cargo);
}

void LogicalProcess::refuse_state() {
  throw core::ContractViolation("this machine keeps no checkpoints");
}

int64_t LogicalProcess::next() {
  if (now_ < 0) return 0;
  return std::min({next_of_tiles(now_), emio_.next_cycle(), mesh_.next_after(now_)});
}

void LogicalProcess::run(int64_t end) {
  core::Rng* const order = shuffle_ ? &order_ : nullptr;
  border_.open_window(end);
  for (int64_t now = next(); now < end; now = next()) {
    now_ = now;
    begin(now);
    emio_.step(now);
    inject(now, order);
    mesh_.step(now, order);
  }
}

Pulse LogicalProcess::pulse() {
  Pulse pulse = count();
  pulse.next = next();
  pulse.moves += mesh_.moves() + emio_.moves();
  return pulse;
}

}  // namespace ranvier::sim
