#pragma once
// Latency and energy of one variant as functions of the link rate, by the analytic model.

#include "ranvier/analytic/plan.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <map>
#include <string>
#include <vector>

namespace ranvier::sweep {

/// Mean inference. The ledger is the sum over the samples.
struct RatePoint {
  double latency_s = 0;
  double energy_pj = 0;
  core::Ledger ledger;
};

/// Maps once; every point is an analytic estimate (of a rate asked for before: a look-up). Prices
/// per bit stay as the preset has them.
class RateCurve {
 public:
  /// The first `samples` recorded samples (fewer if fewer were recorded).
  /// Errors: UserError when the network does not fit or the bundle does not match.
  RateCurve(const Experiment& experiment, const PresetSetup& setup, const std::string& variant,
            const Bundle& bundle, int samples);
  RateCurve(RateCurve&&) = default;  // not copied: the plans refer to the workloads

  /// `lane_rate` of each lane [bit/s], rounded to whole hertz, at least 1.
  const RatePoint& at(double lane_rate);
  /// At the link rate, prices and hardware of `setup`, which differs from that of the constructor
  /// only in what workload_key leaves out.
  RatePoint under(const PresetSetup& setup) const;

 private:
  RatePoint estimate(const arch::PackageSpec& package, const cost::CostSpec& cost) const;

  std::vector<workload::Workload> workloads_;  // [sample]
  std::vector<analytic::Plan> plans_;          // of each
  arch::PackageSpec package_;
  cost::CostSpec cost_;
  std::map<double, RatePoint> known_;
};

}  // namespace ranvier::sweep
