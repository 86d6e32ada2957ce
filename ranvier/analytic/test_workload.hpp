#pragma once
// Hand-made workloads for the tests of this folder.

#include "ranvier/arch/package.hpp"
#include "ranvier/workload/workload.hpp"

namespace ranvier::analytic::testing {

/// Two chips of 4 x 4 side by side; buffers long enough for full streaming.
inline arch::PackageSpec package_of(int chips_x = 2, int mesh = 4) {
  arch::PackageSpec package;
  package.chips_x = chips_x;
  package.chip.mesh = mesh;
  package.router.buffer_flits = 8;
  return package;
}

inline core::TileId at(const arch::PackageSpec& package, int x, int y) {
  return arch::tile_at(package, {x, y});
}

/// Adds a task and returns its index.
inline int32_t add_task(workload::Workload& workload, core::TileId tile, int64_t service,
                        workload::TaskKind kind = workload::TaskKind::kCompute) {
  workload::Task task;
  task.tile = tile;
  task.kind = kind;
  task.layer = 0;
  task.service = core::Cycles(service);
  workload.layer_names = {"layer"};
  workload.tasks.push_back(task);
  return static_cast<int32_t>(workload.tasks.size()) - 1;
}

/// One packet of `flits` flits of 34 bits.
inline workload::Message message_of(int32_t source, int32_t target, int flits) {
  workload::Message message;
  message.source = source;
  message.target = target;
  message.flits_per_packet = flits;
  message.bits_per_flit = 34;
  message.bits = int64_t{34} * flits;
  return message;
}

}  // namespace ranvier::analytic::testing
