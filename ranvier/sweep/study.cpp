#include "ranvier/sweep/study.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sweep/breakeven.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::sweep {
namespace {

const StoredPreset& stored(const StoredVariant& variant, const std::string& preset) {
  const auto found = variant.presets.find(preset);
  if (found != variant.presets.end()) return found->second;
  std::string known;
  for (const auto& [name, unused] : variant.presets) known += (known.empty() ? "" : ", ") + name;
  throw core::UserError({.key = "--preset",
                         .given = preset,
                         .allowed = "one of " + known,
                         .place = {},
                         .hint = "The run was not simulated under it: ranvier simulate DIR --set "
                                 "\"presets=[" +
                                 preset + "]\"."});
}

Standing standing_of(const StoredVariant& variant, const PresetSetup& setup) {
  const StoredPreset& counted = stored(variant, setup.name);
  const auto total = [&](cost::Bound bound) {
    return cost::price(counted.ledger, counted.latency_s, setup.cost, bound).total_pj /
           counted.samples;
  };
  return {.name = variant.name,
          .kind = variant.kind,
          .metric_deployed = variant.metric_deployed,
          .simulated = performance_of(counted.ledger, counted.samples, counted.latency_s, setup),
          .energy_minimum_pj = total(cost::Bound::kMinimum),
          .energy_maximum_pj = total(cost::Bound::kMaximum)};
}

/// Curves over the link rate, and whose is lowest.
class Rates {
 public:
  Rates(const Experiment& experiment, const PresetSetup& setup, const StoredRun& run,
        const std::vector<Bundle>& bundles)
      : lanes_(setup.package.serdes.lanes) {
    for (size_t v = 0; v < run.variants.size(); ++v) {
      const StoredVariant& variant = run.variants[v];
      const auto bundle = std::ranges::find(bundles, variant.name, &Bundle::variant);
      if (bundle == bundles.end()) {
        throw core::UserError({.key = "summary.json:variants",
                               .given = variant.name,
                               .allowed = "variants that have a bundle",
                               .place = {},
                               .hint = "Simulate the bundles again: ranvier simulate DIR."});
      }
      curves_.emplace_back(experiment, setup, variant.name, *bundle,
                           stored(variant, setup.name).samples);
    }
  }

  /// Of `candidates`, the lowest over low..high [bit/s of all lanes]; ties: the earlier. The
  /// stretches name positions within `candidates`.
  std::vector<Stretch> stretches(Quantity quantity, const std::vector<size_t>& candidates,
                                 double low, double high) {
    const auto best_at = [&](double rate) {
      size_t best = 0;
      for (size_t c = 1; c < candidates.size(); ++c) {
        if (value(candidates[c], quantity, rate) < value(candidates[best], quantity, rate)) {
          best = c;
        }
      }
      return best;
    };
    return lowest(best_at, low, high, kPointsPerDecade);
  }

 private:
  double value(size_t variant, Quantity quantity, double rate) {
    const RatePoint& point = curves_[variant].at(rate / lanes_);
    return Performance{point.latency_s, point.energy_pj, {}}.of(quantity);
  }

  double lanes_;
  std::vector<RateCurve> curves_;  // [variant]
};

std::vector<Stretch> price_stretches(const std::vector<Standing>& standings, Quantity quantity,
                                     const std::vector<size_t>& candidates) {
  std::vector<Line> lines;
  for (const size_t c : candidates) lines.push_back(standings[c].simulated.line(quantity));
  return lower_envelope(lines);
}

std::vector<Range> won_by(size_t candidate, const std::vector<Stretch>& stretches) {
  std::vector<Range> ranges;
  for (const Stretch& stretch : stretches) {
    if (stretch.best == candidate) ranges.push_back({stretch.from, stretch.to});
  }
  return ranges;
}

/// The variant comes last, so that it must be strictly better.
Duel duel_of(const PresetStudy& study, Rates& rates, Quantity quantity, size_t variant,
             std::vector<size_t> others) {
  auto candidates = others;
  candidates.push_back(variant);
  return {.quantity = quantity,
          .variant = variant,
          .others = std::move(others),
          .prices =
              won_by(candidates.size() - 1, price_stretches(study.standings, quantity, candidates)),
          .rates =
              won_by(candidates.size() - 1,
                     rates.stretches(quantity, candidates, study.lowest_rate, study.highest_rate))};
}

std::vector<size_t> of_kind(const std::vector<Standing>& standings, std::string_view kind) {
  std::vector<size_t> found;
  for (size_t i = 0; i < standings.size(); ++i) {
    if (standings[i].kind == kind) found.push_back(i);
  }
  return found;
}

void compare(PresetStudy& study, Rates& rates) {
  std::vector<size_t> all;
  for (size_t v = 0; v < study.standings.size(); ++v) all.push_back(v);
  const auto dense = of_kind(study.standings, "ann");
  for (const Quantity quantity : kQuantities) {
    study.contests.push_back(
        {quantity, price_stretches(study.standings, quantity, all),
         rates.stretches(quantity, all, study.lowest_rate, study.highest_rate)});
    for (const size_t v : all) {
      for (const size_t other : all) {
        if (v == other || study.standings[other].kind == "hnn") continue;
        study.duels.push_back(duel_of(study, rates, quantity, v, {other}));
      }
    }
    if (dense.empty()) continue;
    for (const size_t v : of_kind(study.standings, "hnn")) {
      study.against_dense.push_back(duel_of(study, rates, quantity, v, dense));
    }
  }
}

}  // namespace

std::string_view to_string(Quantity quantity) {
  switch (quantity) {
    case Quantity::kEnergy:
      return "energy";
    case Quantity::kLatency:
      return "latency";
    case Quantity::kEnergyDelay:
      break;
  }
  return "energy-delay";
}

double Performance::of(Quantity quantity) const {
  if (quantity == Quantity::kEnergy) return energy_pj;
  return quantity == Quantity::kLatency ? latency_s : latency_s * energy_pj;
}

Line Performance::line(Quantity quantity) const {
  if (quantity == Quantity::kEnergy) return energy_line;
  if (quantity == Quantity::kLatency) return {latency_s, 0};
  return {latency_s * energy_line.at_zero, latency_s * energy_line.slope};
}

Performance performance_of(const core::Ledger& ledger, int samples, double latency_s,
                           const PresetSetup& setup) {
  const auto priced = cost::price(ledger, latency_s, setup.cost);
  const double idle = setup.values.real("cost.d2d_idle_fraction");
  const double link_bits = static_cast<double>(ledger[core::Event::kDieToDieBits]) +
                           idle * static_cast<double>(ledger[core::Event::kDieToDieIdleBits]);
  return {.latency_s = latency_s,
          .energy_pj = priced.total_pj / samples,
          .energy_line = {(priced.total_pj - priced.parts_pj.at("d2d")) / samples,
                          link_bits / samples}};
}

PresetStudy study(const Experiment& experiment, const PresetSetup& setup, const StoredRun& run,
                  const std::vector<Bundle>& bundles) {
  const double rate = setup.package.serdes.lane_rate.value() * setup.package.serdes.lanes;
  const double span = std::pow(10, kDecadesEachWay);
  PresetStudy result{.preset = setup.name,
                     .link_pj_per_bit = setup.values.real("cost.d2d_bit") * 1e12,
                     .link_bit_per_s = rate,
                     .lowest_rate = rate / span,
                     .highest_rate = rate * span,
                     .standings = {},
                     .contests = {},
                     .duels = {},
                     .against_dense = {}};
  for (const auto& variant : run.variants) {
    result.standings.push_back(standing_of(variant, setup));
  }
  Rates rates(experiment, setup, run, bundles);
  compare(result, rates);
  return result;
}

}  // namespace ranvier::sweep
