#include "ranvier/analytic/model.hpp"

#include "ranvier/analytic/counts.hpp"
#include "ranvier/analytic/schedule.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ranvier::analytic {
namespace {

/// Shares of the latency that may be spent waiting for the mesh, or be in doubt, and be spent in
/// coarse waits, before the estimate is flagged. Source: docs/models/analytic.md, section 5.
constexpr double kMeshShare = 0.015;
constexpr double kCoarseShare = 0.2;

double percent(core::Cycles part, core::Cycles of) {
  return 100 * static_cast<double>(part.value()) / static_cast<double>(of.value());
}

bool exceeds(core::Cycles part, double share, core::Cycles of) {
  return static_cast<double>(part.value()) > share * static_cast<double>(of.value());
}

/// Why the estimate is not to be trusted within 2 %.
std::string reason_of(const Plan& plan, const Estimate& estimate) {
  std::string reason = fmt::format(
      "{:.0f} % of the latency is spent waiting for mesh channels and ports, whose finite buffers "
      "are not modelled, and waits twice as long could add {:.0f} %",
      percent(estimate.waiting.mesh, estimate.latency), percent(estimate.doubt, estimate.latency));
  if (exceeds(estimate.waiting.coarse, kCoarseShare, estimate.latency)) {
    reason += fmt::format(
        "; {:.0f} % of it for converters that cannot send and for links behind links, where few "
        "cycles decide over many",
        percent(estimate.waiting.coarse, estimate.latency));
  }
  if (plan.interleaves) {
    reason += "; packets of several messages take turns on mesh channels, which is not modelled";
  }
  return reason + "; busiest: " + estimate.busiest_name;
}

}  // namespace

Estimate estimate(const Plan& plan, const arch::PackageSpec& package) {
  RANVIER_CONTRACT(package.chips_x == plan.chips_x && package.chips_y == plan.chips_y &&
                       package.chip.mesh == plan.mesh,
                   "the package has the mesh that the plan was made for");
  Estimate result;
  const ScheduleResult scheduled = schedule(plan, package);
  const Load busiest = busiest_resource(plan.totals, package);
  result.longest_path = longest_path(plan, package);
  result.busiest = busiest.cycles;
  result.busiest_name = busiest.name;
  result.waiting = scheduled.waiting;
  result.latency = std::max({scheduled.latency, result.longest_path, busiest.cycles});
  result.doubt = scheduled.doubt;
  result.congested = plan.interleaves || exceeds(result.waiting.mesh, kMeshShare, result.latency) ||
                     exceeds(result.doubt, kMeshShare, result.latency) ||
                     exceeds(result.waiting.coarse, kCoarseShare, result.latency);
  if (result.congested) result.reason = reason_of(plan, result);
  result.ledger = count_events(plan.totals, package);
  result.resent_bits = scheduled.resent_bits;
  if (package.serdes.retry == arch::RetryPolicy::kNone) {
    result.damaged_flits = expected_damage(plan.totals, package);
  }
  result.ledger.add(core::Event::kEmioBits, std::llround(result.resent_bits));
  result.ledger.add(core::Event::kDieToDieBits, std::llround(result.resent_bits));
  add_time_events(result.ledger, plan, package, result.latency);
  return result;
}

Estimate estimate(const workload::Workload& workload, const arch::PackageSpec& package) {
  return estimate(Plan(workload, package), package);
}

}  // namespace ranvier::analytic
