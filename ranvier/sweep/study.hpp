#pragma once
// For which links each variant of a finished run is the best one. Equations: docs/models/cost.md,
// section "Break-even".

#include "ranvier/sweep/envelope.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/rate_curve.hpp"
#include "ranvier/sweep/stored_run.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ranvier::sweep {

enum class Quantity : uint8_t { kEnergy, kLatency, kEnergyDelay };
inline constexpr std::array kQuantities{Quantity::kEnergy, Quantity::kLatency,
                                        Quantity::kEnergyDelay};
std::string_view to_string(Quantity quantity);  // "energy", "latency", "energy-delay"

/// A mean inference. Energy is a straight line in the price of a link bit [pJ over pJ/bit].
struct Performance {
  double latency_s = 0;
  double energy_pj = 0;
  Line energy_line;

  double of(Quantity quantity) const;  // s, pJ, pJ s
  Line line(Quantity quantity) const;  // over the price of a link bit
};

/// Prices `ledger`, the sum of `samples` inferences of mean latency `latency_s`.
Performance performance_of(const core::Ledger& ledger, int samples, double latency_s,
                           const PresetSetup& setup);

struct Standing {
  std::string name;
  std::string kind;                       // ann, snn, hnn
  std::optional<double> metric_deployed;  // absent: of assumed activity
  Performance simulated;                  // counts of the stored simulation, nominal prices
  double energy_minimum_pj = 0;           // every constant at that end of its range
  double energy_maximum_pj = 0;
};

/// Where one is best: from <= x < to.
struct Range {
  double from = 0;
  double to = 0;
};

/// Who is best in one quantity, over the price of a link bit [pJ/bit, exact, cycle counts] and over
/// the link rate [bit/s of all lanes, analytic].
struct Contest {
  Quantity quantity = Quantity::kEnergy;
  std::vector<Stretch> by_price;  // Stretch::best: index into the standings
  std::vector<Stretch> by_rate;
};

/// Links on which `variant` is strictly better than all of `others`, in one quantity.
struct Duel {
  Quantity quantity = Quantity::kEnergy;
  size_t variant = 0;
  std::vector<size_t> others;
  std::vector<Range> prices;
  std::vector<Range> rates;
};

struct PresetStudy {
  std::string preset;
  double link_pj_per_bit = 0;
  double link_bit_per_s = 0;  // all lanes
  double lowest_rate = 0;     // searched [bit/s of all lanes]
  double highest_rate = 0;
  std::vector<Standing> standings;  // baselines first
  std::vector<Contest> contests;    // one per quantity
  std::vector<Duel> duels;          // every variant against every other baseline, per quantity
  std::vector<Duel> against_dense;  // every HNN against all dense baselines at once, per quantity
};

/// Errors: UserError when the run holds no result for the preset, when stored and bundled variants
/// differ, and those of read_bundle. Cost: about 40 analytic estimates per variant.
PresetStudy study(const Experiment& experiment, const PresetSetup& setup, const StoredRun& run,
                  const std::vector<Bundle>& bundles);

}  // namespace ranvier::sweep
