#include "ranvier/analytic/model.hpp"

#include "ranvier/analytic/counts.hpp"
#include "ranvier/analytic/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ranvier::analytic {
namespace {

/// Share of the latency that may be spent waiting for the mesh before the estimate is flagged.
constexpr double kCongestedShare = 0.02;

}  // namespace

Estimate estimate(const workload::Workload& workload, const arch::PackageSpec& package) {
  Estimate result;
  const ScheduleResult scheduled = schedule(workload, package);
  const Load busiest = busiest_resource(workload, package);
  result.longest_path = longest_path(workload, package);
  result.busiest = busiest.cycles;
  result.busiest_name = busiest.name;
  result.waiting = scheduled.waiting;
  result.latency = std::max({scheduled.latency, result.longest_path, busiest.cycles});
  const auto latency = static_cast<double>(result.latency.value());
  const auto mesh = static_cast<double>(result.waiting.mesh.value());
  result.congested = mesh > kCongestedShare * latency;
  if (result.congested) {
    result.reason = fmt::format(
        "{:.0f} % of the latency is spent waiting for mesh channels and ports, whose finite "
        "buffers are not modelled; busiest: {}",
        100 * mesh / latency, result.busiest_name);
  }
  result.ledger = count_events(workload, package);
  result.resent_bits = scheduled.resent_bits;
  if (package.serdes.retry == arch::RetryPolicy::kNone) {
    result.damaged_flits = expected_damage(workload, package);
  }
  result.ledger.add(core::Event::kEmioBits, std::llround(result.resent_bits));
  result.ledger.add(core::Event::kDieToDieBits, std::llround(result.resent_bits));
  add_time_events(result.ledger, workload, package, result.latency);
  return result;
}

}  // namespace ranvier::analytic
