#pragma once
// Event counts from operation counts and routes, and the load of every shared resource.

#include "ranvier/arch/package.hpp"
#include "ranvier/core/ledger.hpp"
#include "ranvier/workload/workload.hpp"

#include <string>
#include <vector>

namespace ranvier::analytic {

/// Everything that does not depend on how long the run takes.
core::Ledger count_events(const workload::Workload& workload, const arch::PackageSpec& package);

/// Expected flits that arrive damaged, once per die crossing, when each is sent once.
double expected_damage(const workload::Workload& workload, const arch::PackageSpec& package);

/// Adds the two counts that do: tile cycles, and idle bits of every die side that carried a flit.
void add_time_events(core::Ledger& ledger, const workload::Workload& workload,
                     const arch::PackageSpec& package, core::Cycles latency);

/// The resource that is occupied longest, and for how many core cycles.
struct Load {
  core::Cycles cycles;
  std::string name;
};
Load busiest_resource(const workload::Workload& workload, const arch::PackageSpec& package);

}  // namespace ranvier::analytic
