#include "ranvier/sweep/measure.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/codec/bit_errors.hpp"
#include "ranvier/sim/simulator.hpp"

#include <algorithm>

namespace ranvier::sweep {

cost::PricedLedger price_mean(const core::Ledger& ledger, double mean_latency_s, int samples,
                              const cost::CostSpec& cost) {
  cost::PricedLedger priced = cost::price(ledger, mean_latency_s * samples, cost);
  for (auto& line : priced.lines) line.picojoules /= samples;
  for (auto& [part, pj] : priced.parts_pj) pj /= samples;
  priced.total_pj /= samples;
  return priced;
}

MappedVariant::MappedVariant(const Bundle& bundle, const map::Mapping& mapping,
                             codec::WireKind wire, int samples, const arch::PackageSpec& package) {
  const auto statistics =
      map::boundary_statistics(bundle.network, mapping, bundle.activity, wire, package);
  bits_per_activation_ = statistics.total.bits_per_activation;
  wire_ = statistics.total.wire_format();
  chips_ = mapping.chips_used;
  cores_ = mapping.tiles_used;
  const int count = std::min(samples, bundle.activity.samples);
  for (int sample = 0; sample < count; ++sample) {
    workloads_.push_back(
        map::build_workload(bundle.network, mapping, bundle.activity, sample, wire, package));
  }
  for (const auto& workload : workloads_) plans_.emplace_back(workload, package);
}

Measurement MappedVariant::measure(const arch::PackageSpec& package, Fidelity fidelity,
                                   int64_t watchdog_cycles, uint64_t seed) const {
  Measurement mean{.samples = static_cast<int>(workloads_.size()),
                   .ledger = {},
                   .bits_per_activation = bits_per_activation_,
                   .wire = wire_,
                   .chips = chips_,
                   .cores = cores_};
  for (size_t sample = 0; sample < workloads_.size(); ++sample) {
    const auto estimated = analytic::estimate(plans_[sample], package);
    mean.latency_analytic_s += static_cast<double>(estimated.latency.value());
    mean.congested = mean.congested || estimated.congested;
    if (fidelity == Fidelity::kAnalytic) {
      mean.ledger += estimated.ledger;
      continue;
    }
    sim::Options options;
    options.watchdog_cycles = watchdog_cycles;
    options.error_seed = codec::error_seed(seed, static_cast<int64_t>(sample));
    const auto simulated = sim::simulate(workloads_[sample], package, options);
    mean.latency_s += static_cast<double>(simulated.latency.value());
    mean.ledger += simulated.ledger;
  }
  // As evaluate() computes it, so that a sweep's point and a run give equal bits.
  const double to_mean_seconds =
      1 / package.core_clock.value() / static_cast<double>(workloads_.size());
  mean.latency_analytic_s *= to_mean_seconds;
  mean.latency_s =
      fidelity == Fidelity::kAnalytic ? mean.latency_analytic_s : mean.latency_s * to_mean_seconds;
  return mean;
}

}  // namespace ranvier::sweep
