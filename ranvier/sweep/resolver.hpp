#pragma once
// Planned points made into trials, ahead of the threads that measure them.

#include "ranvier/sweep/pool.hpp"
#include "ranvier/sweep/runner.hpp"
#include "ranvier/sweep/trial.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <string>
#include <vector>

namespace ranvier::sweep {

/// Prices and link of one preset at one point.
struct PresetPrice {
  std::string preset;
  cost::CostSpec cost;
  Identity prices;
  double link_gbps = 0;
  double link_pj_per_bit = 0;
  double idle_fraction = 0;  // price of an idle bit over that of a busy one
};
PresetPrice price_of(const PresetSetup& setup);

/// A point with everything that is to be simulated for it.
struct ResolvedPoint {
  std::string hash;
  std::vector<PresetPrice> presets;
  std::vector<Trial> trials;  // [variant][preset]
};

class Resolver {
 public:
  /// Points that resolve; ones that do not are the caller's. All must outlive it, the points'
  /// list excepted.
  Resolver(const SweepSpec& spec, const SweepOptions& options, const ExperimentBase& base,
           const Source& source, std::vector<PlannedPoint> points, BusyTime& busy);

  size_t count() const { return points_.size(); }
  /// Lets the points before `end` be resolved.
  void open(size_t end) { open_ = std::min(end, points_.size()); }
  /// Resolves an open point that nobody has begun; false when there is none. Any thread.
  bool resolve_one();
  /// Resolves all open points on options.jobs threads; after an interrupt it begins no other.
  void resolve_open();
  /// Points begin..end-1, once. Nobody resolves meanwhile. Errors: the first of theirs.
  std::vector<ResolvedPoint> take(size_t begin, size_t end);

 private:
  ResolvedPoint resolve(const PlannedPoint& point) const;

  const SweepSpec& spec_;
  const SweepOptions& options_;
  const ExperimentBase& base_;
  const Source& source_;
  BusyTime& busy_;
  std::vector<PlannedPoint> points_;
  std::vector<ResolvedPoint> resolved_;     // [point]
  std::vector<std::exception_ptr> errors_;  // [point]
  std::atomic<size_t> open_{0};             // points that may be begun
  std::atomic<size_t> begun_{0};
};

}  // namespace ranvier::sweep
