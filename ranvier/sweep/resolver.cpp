#include "ranvier/sweep/resolver.hpp"

#include "ranvier/core/interrupt.hpp"
#include "ranvier/core/quantity.hpp"

#include <thread>
#include <utility>

namespace ranvier::sweep {
namespace {

double link_gbps_of(const arch::PackageSpec& package) {
  return package.serdes.lane_rate.value() * package.serdes.lanes / core::kGiga;
}

}  // namespace

PresetPrice price_of(const PresetSetup& setup) {
  PresetPrice price{
      .preset = setup.name,
      .cost = setup.cost,
      .prices = price_identity(setup),
      .link_gbps = link_gbps_of(setup.package),
      .link_pj_per_bit = setup.values.constant("cost.d2d_bit").value * core::kPicojoulesPerJoule,
      .idle_fraction = setup.values.constant("cost.d2d_idle_fraction").value};
  // A sweep keeps many of these; where a price comes from is told by its configuration.
  for (auto& item : price.cost.prices) {
    item.picojoules_per_count.key.clear();
    item.picojoules_per_count.source.clear();
  }
  return price;
}

Resolver::Resolver(const SweepSpec& spec, const SweepOptions& options, const ExperimentBase& base,
                   const Source& source, std::vector<PlannedPoint> points, BusyTime& busy)
    : spec_(spec),
      options_(options),
      base_(base),
      source_(source),
      busy_(busy),
      points_(std::move(points)),
      resolved_(points_.size()),
      errors_(points_.size()) {}

ResolvedPoint Resolver::resolve(const PlannedPoint& point) const {
  Address at{.settings = point.settings, .lane_rate = {}, .fidelity = spec_.fidelity};
  const Experiment experiment = experiment_at(base_, spec_, at);
  ResolvedPoint resolved{.hash = point.hash, .presets = {}, .trials = {}};
  for (const auto& setup : experiment.presets) resolved.presets.push_back(price_of(setup));
  for (at.variant = 0; at.variant < source_.bundles.size(); ++at.variant) {
    for (at.preset = 0; at.preset < experiment.presets.size(); ++at.preset) {
      resolved.trials.push_back(trial_at(at, experiment, experiment, source_, options_.program));
    }
  }
  return resolved;
}

bool Resolver::resolve_one() {
  size_t at = begun_;
  do {
    if (at >= open_) return false;
  } while (!begun_.compare_exchange_weak(at, at + 1));
  const double start = monotonic_seconds();
  try {
    resolved_[at] = resolve(points_[at]);
  } catch (...) {
    errors_[at] = std::current_exception();
  }
  busy_.add(monotonic_seconds() - start);
  return true;
}

void Resolver::resolve_open() {
  const auto loop = [this] {
    while (!core::interrupt_requested() && resolve_one()) {
    }
  };
  std::vector<std::jthread> pool;
  for (int t = 1; t < options_.jobs && begun_ + t < open_; ++t) pool.emplace_back(loop);
  loop();
}

std::vector<ResolvedPoint> Resolver::take(size_t begin, size_t end) {
  std::vector<ResolvedPoint> taken;
  for (size_t i = begin; i < end; ++i) {
    if (errors_[i]) std::rethrow_exception(errors_[i]);
    taken.push_back(std::move(resolved_[i]));
  }
  return taken;
}

}  // namespace ranvier::sweep
