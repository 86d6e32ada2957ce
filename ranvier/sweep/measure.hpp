#pragma once
// One variant on one package, mapped once and measured under as many link, router and clock
// settings as wanted.

#include "ranvier/analytic/plan.hpp"
#include "ranvier/cost/price.hpp"
#include "ranvier/sweep/plan.hpp"
#include "ranvier/sweep/results.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ranvier::sweep {

/// What a simulation leaves behind: enough to price it, at any price, without running it again.
struct Measurement {
  double latency_s = 0;           // mean over the samples, at the fidelity asked for
  double latency_analytic_s = 0;  // of the closed forms, whatever the fidelity
  bool congested = false;         // as the analytic model flags it
  int samples = 0;
  core::Ledger ledger{};  // sums over the samples
  double bits_per_activation = 0;
  std::string wire;
  int chips = 0;
  int cores = 0;
};

/// Mean inference of a ledger that sums `samples` of them.
cost::PricedLedger price_mean(const core::Ledger& ledger, double mean_latency_s, int samples,
                              const cost::CostSpec& cost);

/// A mapped variant with the workloads of its samples. Safe to measure from
/// several threads.
class MappedVariant {
 public:
  /// Errors: UserError when the network does not fit or the wire format cannot
  /// carry the codec.
  MappedVariant(const Bundle& bundle, const map::Mapping& mapping, codec::WireKind wire,
                int samples, const arch::PackageSpec& package);

  /// `package` may differ from the mapped one only in what identity.hpp's
  /// workload_key leaves out; `seed` is the experiment's. Errors: RunError of
  /// the simulator. Cost: the analytic model once per sample; with
  /// Fidelity::kCycle the simulator as well.
  Measurement measure(const arch::PackageSpec& package, Fidelity fidelity, int64_t watchdog_cycles,
                      uint64_t seed) const;

  // The plans refer to the workloads, which stay where they are when their list moves.
  MappedVariant(MappedVariant&&) = default;
  MappedVariant(const MappedVariant&) = delete;
  MappedVariant& operator=(const MappedVariant&) = delete;

 private:
  std::vector<workload::Workload> workloads_;  // one per sample
  std::vector<analytic::Plan> plans_;          // of each
  double bits_per_activation_ = 0;
  std::string wire_;
  int chips_ = 0;
  int cores_ = 0;
};

}  // namespace ranvier::sweep
