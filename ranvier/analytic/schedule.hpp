#pragma once
// List scheduling: tasks on their tiles, message trains through ports, channels and die-to-die
// links, each resource serving in order of arrival. No flit, buffer or credit of the mesh is
// simulated.

#include "ranvier/analytic/model.hpp"
#include "ranvier/analytic/plan.hpp"

namespace ranvier::analytic {

struct ScheduleResult {
  core::Cycles latency;
  Waiting waiting;         // along the path that ends last
  core::Cycles doubt;      // as Estimate::doubt
  double resent_bits = 0;  // expected, over all die-to-die links
};

ScheduleResult schedule(const Plan& plan, const arch::PackageSpec& package);

/// Completion of the last task when nothing is shared but a tile's injection port within one task's
/// messages.
core::Cycles longest_path(const Plan& plan, const arch::PackageSpec& package);

}  // namespace ranvier::analytic
