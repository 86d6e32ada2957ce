#pragma once
// Points of one trained run, evaluated together: every distinct simulation once, then every point
// priced.

#include "ranvier/core/progress.hpp"
#include "ranvier/sweep/pool.hpp"
#include "ranvier/sweep/resolver.hpp"
#include "ranvier/sweep/runner.hpp"
#include "ranvier/sweep/trial.hpp"
#include "ranvier/sweep/workshop.hpp"

#include <map>
#include <string>
#include <vector>

namespace ranvier::sweep {

/// A trial, to be measured or already known, and who waits for it.
struct Simulation {
  Trial trial;
  std::vector<size_t> points;
  std::vector<size_t> links;
};

class Batch {
 public:
  Batch(const SweepSpec& spec, const SweepOptions& options, const ExperimentBase& base,
        const Source& source, Store& store, BusyTime& busy);

  void add_points(std::vector<ResolvedPoint> points);
  /// The break-even links at the hardware and prices of `point`: the analytic model at link rates
  /// from 0.01 to 1000 Gbit/s.
  void add_links(const PlannedPoint& point);

  /// Simulates what the database does not hold, on options.jobs threads and those of options.ranks;
  /// every simulation is saved at once, its points and links not before it. A thread for which
  /// nothing is left resolves open points of `ahead`. Returns how many were simulated. Errors:
  /// RunError when the database cannot be written or another rank is in trouble. After an interrupt
  /// what is under way is left; the caller throws.
  int64_t run(Resolver& ahead);

 private:
  struct PointWork {
    std::string hash;
    std::vector<PresetPrice> presets;
    std::vector<size_t> simulations;  // [variant][preset]
    size_t pending = 0;
  };
  struct LinkWork {
    LinkCurve curve;
    PresetPrice price;
    size_t simulation = 0;
  };
  struct LinkPoint;
  struct Rows;
  class Shift;

  std::vector<LinkPoint> link_points(const Experiment& at_point) const;
  size_t intern(Trial trial);
  std::vector<std::vector<size_t>> open_groups() const;
  void save(const Rows& rows);
  void save_prices();
  void finish_known();
  PointRecord record_of(const PointWork& point) const;
  LinkCurve curve_of(const LinkWork& link) const;
  bool is_known(const Simulation& simulation) const {
    return simulation.trial.record.state != State::kOpen;
  }

  const SweepSpec& spec_;
  const SweepOptions& options_;
  const ExperimentBase& base_;
  const Source& source_;
  Store& store_;
  BusyTime& busy_;
  std::vector<Simulation> simulations_;
  std::map<std::string, size_t> by_hash_;
  std::vector<PointWork> points_;
  std::vector<LinkWork> links_;
};

}  // namespace ranvier::sweep
