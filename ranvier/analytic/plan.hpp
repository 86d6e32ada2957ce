#pragma once
// What the model needs of a mapped workload, worked out once for every link, router and clock that
// it is put on.

#include "ranvier/analytic/branches.hpp"
#include "ranvier/analytic/route.hpp"
#include "ranvier/arch/package.hpp"
#include "ranvier/core/ledger.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ranvier::analytic {

class Starts;

/// The resource that is occupied longest, and for how many core cycles.
struct Load {
  core::Cycles cycles;
  std::string name;
};

/// A die side that carries flits.
struct SideLoad {
  int32_t chip = 0;  // row by row
  Direction direction = Direction::kEast;
  struct Flits {
    int64_t bits = 0;  // of each
    int64_t count = 0;
  };
  std::vector<Flits> flits;  // every width once
};

/// Sums over a workload that do not depend on timing.
struct Totals {
  core::Ledger ledger;         // without what die-to-die links add
  int64_t crossing_bits = 0;   // messages' bits x die edges on their way
  int64_t crossing_flits = 0;  // flits x die edges
  std::vector<SideLoad> sides;
  Load busiest_on_chip;  // core, port or mesh channel
};

struct Plan {
  /// Errors: none for a workload that passes workload::check. The workload must outlive the plan.
  /// Cost: O(tasks + messages x hops).
  Plan(const workload::Workload& workload, const arch::PackageSpec& package);

  /// Of messages that share packets each has its whole way from the source here.
  std::span<const Leg> way(size_t message) const {
    return {legs.data() + first_leg[message], legs.data() + first_leg[message + 1]};
  }

  const workload::Workload* workload;
  int chips_x;
  int chips_y;
  int mesh;                           // tiles along a chip
  std::vector<size_t> first_message;  // [task + 1]
  std::vector<size_t> order;          // tasks, every one after those that it waits for
  std::vector<int32_t> inputs;        // [task] messages that it waits for
  std::vector<int32_t> core;          // [task] its tile among the tiles that have tasks, in order
  int32_t cores = 0;                  // such tiles
  bool interleaves = false;       // a message of several packets shares a mesh channel with others
  std::vector<size_t> first_leg;  // [message + 1]
  std::vector<Leg> legs;          // `side` is an index into totals.sides
  Branches branches;              // who carries shared packets, and where the ways part
  Totals totals;
  std::shared_ptr<Starts> starts;  // of its schedules; shared by copies
};

}  // namespace ranvier::analytic
