#include "ranvier/sweep/breakeven.hpp"

#include "ranvier/core/quantity.hpp"
#include "ranvier/sweep/rate_curve.hpp"

#include <cmath>

namespace ranvier::sweep {
namespace {

constexpr int kBisections = 24;

/// How much longer the variant takes than the baseline when each lane runs at `rate`. [s]
class Difference {
 public:
  Difference(RateCurve variant, RateCurve baseline)
      : variant_(std::move(variant)), baseline_(std::move(baseline)) {}

  double at(double lane_rate) {
    return variant_.at(lane_rate).latency_s - baseline_.at(lane_rate).latency_s;
  }

 private:
  RateCurve variant_;
  RateCurve baseline_;
};

double bisect(Difference& difference, double low, double high, bool faster_at_low) {
  for (int i = 0; i < kBisections; ++i) {
    const double middle = std::sqrt(low * high);
    ((difference.at(middle) < 0) == faster_at_low ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

}  // namespace

double link_pj_per_bit(const PresetSetup& setup) {
  return setup.values.real("cost.d2d_bit") * core::kPicojoulesPerJoule;
}

EnergyLine energy_line(const PresetResult& result, const PresetSetup& setup) {
  const double link_pj = result.priced.parts_pj.at("d2d");
  return {.fixed_pj = result.priced.total_pj - link_pj,
          .link_bits = link_pj / link_pj_per_bit(setup)};
}

RateCrossing rate_crossing(const Experiment& experiment, const PresetSetup& setup,
                           const VariantResult& variant, const VariantResult& baseline) {
  Difference difference(RateCurve(experiment, setup, variant.name, variant.bundle, 1),
                        RateCurve(experiment, setup, baseline.name, baseline.bundle, 1));
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
