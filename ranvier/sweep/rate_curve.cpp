#include "ranvier/sweep/rate_curve.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/sweep/mapping.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::sweep {

RateCurve::RateCurve(const Experiment& experiment, const PresetSetup& setup,
                     const std::string& variant, const Bundle& bundle, int samples)
    : package_(setup.package), cost_(setup.cost) {
  const auto mapping = mapping_of(experiment, bundle, package_);
  const codec::WireKind wire = wire_of(experiment.values, variant);
  for (int s = 0; s < std::min(samples, bundle.activity.samples); ++s) {
    workloads_.push_back(
        map::build_workload(bundle.network, mapping, bundle.activity, s, wire, package_));
  }
  for (const auto& workload : workloads_) plans_.emplace_back(workload, package_);
}

const RatePoint& RateCurve::at(double lane_rate) {
  const double rate = std::max(1.0, std::round(lane_rate));
  const auto [entry, is_new] = known_.try_emplace(rate);
  if (!is_new) return entry->second;
  arch::PackageSpec package = package_;
  package.serdes.lane_rate = core::Hertz(rate);
  return entry->second = estimate(package, cost_);
}

RatePoint RateCurve::under(const PresetSetup& setup) const {
  return estimate(setup.package, setup.cost);
}

RatePoint RateCurve::estimate(const arch::PackageSpec& package, const cost::CostSpec& cost) const {
  RatePoint point;
  const auto samples = static_cast<double>(workloads_.size());
  for (const auto& plan : plans_) {
    const auto estimated = analytic::estimate(plan, package);
    point.latency_s += static_cast<double>(estimated.latency.value()) / package.core_clock.value();
    point.ledger += estimated.ledger;
  }
  point.energy_pj = cost::price(point.ledger, point.latency_s, cost).total_pj / samples;
  point.latency_s /= samples;
  return point;
}

}  // namespace ranvier::sweep
