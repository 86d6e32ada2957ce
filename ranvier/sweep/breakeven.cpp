#include "ranvier/sweep/breakeven.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/map/mapper.hpp"

#include <cmath>

namespace ranvier::sweep {
namespace {

constexpr double kDecadesEachWay = 3;
constexpr int kPointsPerDecade = 4;
constexpr int kBisections = 24;
constexpr double kPicojoulesPerJoule = 1e12;

workload::Workload workload_of(const Experiment& experiment, const PresetSetup& setup,
                               const VariantResult& variant) {
  const auto mapping = map::map_network(variant.bundle.network, setup.package);
  return map::build_workload(variant.bundle.network, mapping, variant.bundle.activity, 0,
                             wire_of(experiment.values, variant.name), setup.package);
}

/// How much longer the variant takes than the baseline when each lane runs at `rate`. [core cycles]
class Difference {
 public:
  Difference(workload::Workload variant, workload::Workload baseline, arch::PackageSpec package)
      : variant_(std::move(variant)),
        baseline_(std::move(baseline)),
        package_(std::move(package)) {}

  int64_t at(double lane_rate) const {
    arch::PackageSpec package = package_;
    package.serdes.lane_rate = core::Hertz(std::round(lane_rate));
    return analytic::estimate(variant_, package).latency.value() -
           analytic::estimate(baseline_, package).latency.value();
  }

 private:
  workload::Workload variant_;
  workload::Workload baseline_;
  arch::PackageSpec package_;
};

double bisect(const Difference& difference, double low, double high, bool faster_at_low) {
  for (int i = 0; i < kBisections; ++i) {
    const double middle = std::sqrt(low * high);
    ((difference.at(middle) < 0) == faster_at_low ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

}  // namespace

double link_pj_per_bit(const PresetSetup& setup) {
  return setup.values.real("cost.d2d_bit") * kPicojoulesPerJoule;
}

EnergyLine energy_line(const PresetResult& result, const PresetSetup& setup) {
  const double link_pj = result.priced.parts_pj.at("d2d");
  return {.fixed_pj = result.priced.total_pj - link_pj,
          .link_bits = link_pj / link_pj_per_bit(setup)};
}

RateCrossing rate_crossing(const Experiment& experiment, const PresetSetup& setup,
                           const VariantResult& variant, const VariantResult& baseline) {
  const Difference difference(workload_of(experiment, setup, variant),
                              workload_of(experiment, setup, baseline), setup.package);
  const double centre = setup.package.serdes.lane_rate.value();
  const double lanes = setup.package.serdes.lanes;
  const int steps = static_cast<int>(2 * kDecadesEachWay * kPointsPerDecade);
  double rate = centre * std::pow(10, -kDecadesEachWay);
  const double factor = std::pow(10, 1.0 / kPointsPerDecade);
  const bool faster_first = difference.at(rate) < 0;
  for (int i = 0; i < steps; ++i) {
    const double next = rate * factor;
    if ((difference.at(next) < 0) != faster_first) {
      return {.rate_bit_per_s = lanes * bisect(difference, rate, next, faster_first),
              .always = false,
              .faster_below = faster_first};
    }
    rate = next;
  }
  return {.rate_bit_per_s = 0, .always = faster_first, .faster_below = faster_first};
}

}  // namespace ranvier::sweep
