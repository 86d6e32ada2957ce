#include "ranvier/sweep/tornado.hpp"

#include "ranvier/sweep/identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace ranvier::sweep {
namespace {

constexpr double kStill = 1e-9;  // relative change that counts as none

/// Performances of all variants of the run, under some values of the constants.
using Performances = std::vector<Performance>;

size_t best_of(const Performances& field, const StoredRun& run, std::string_view kind,
               Quantity quantity) {
  size_t best = field.size();
  for (size_t v = 0; v < field.size(); ++v) {
    if (run.variants[v].kind != kind) continue;
    if (best == field.size() || field[v].of(quantity) < field[best].of(quantity)) best = v;
  }
  return best;
}

std::vector<Range> winning_prices(const Performances& field, const StoredRun& run, size_t hnn) {
  std::vector<Line> lines;
  for (size_t v = 0; v < field.size(); ++v) {
    if (run.variants[v].kind == "ann") lines.push_back(field[v].energy_line);
  }
  lines.push_back(field[hnn].energy_line);
  std::vector<Range> ranges;
  for (const Stretch& stretch : lower_envelope(lines)) {
    if (stretch.best + 1 == lines.size()) ranges.push_back({stretch.from, stretch.to});
  }
  return ranges;
}

VerdictPoint point_of(const Performances& field, const StoredRun& run, double value) {
  VerdictPoint point{.value = value, .ratio = {}, .winning_prices = {}};
  for (size_t q = 0; q < kQuantities.size(); ++q) {
    const size_t hnn = best_of(field, run, "hnn", kQuantities[q]);
    const size_t dense = best_of(field, run, "ann", kQuantities[q]);
    point.ratio[q] = field[dense].of(kQuantities[q]) / field[hnn].of(kQuantities[q]);
    if (kQuantities[q] == Quantity::kEnergy) {
      point.winning_prices = winning_prices(field, run, hnn);
    }
  }
  return point;
}

Performances repriced(const StoredRun& run, const PresetSetup& setup) {
  Performances field;
  for (const auto& variant : run.variants) {
    const StoredPreset& counted = variant.presets.at(setup.name);
    field.push_back(performance_of(counted.ledger, counted.samples, counted.latency_s, setup));
  }
  return field;
}

/// The variants by the analytic model, mapped once for all settings that share a workload.
class Estimates {
 public:
  Estimates(const Experiment& experiment, const StoredRun& run, const BundleOf& bundle_of)
      : experiment_(experiment), run_(run), bundle_of_(bundle_of) {}

  Performances under(const PresetSetup& setup) {
    Performances field;
    for (const auto& variant : run_.variants) {
      const Bundle& bundle = bundle_of_(variant.name);
      const int samples = std::min(variant.presets.at(setup.name).samples, bundle.activity.samples);
      const auto [curve, is_new] =
          curves_.try_emplace(workload_key(experiment_, setup, variant.name), experiment_, setup,
                              variant.name, bundle, samples);
      const RatePoint point = curve->second.under(setup);
      field.push_back(performance_of(point.ledger, samples, point.latency_s, setup));
    }
    return field;
  }

 private:
  const Experiment& experiment_;
  const StoredRun& run_;
  const BundleOf& bundle_of_;
  std::map<std::string, RateCurve> curves_;  // by workload key
};

std::string override_text(const config::Field& field, double value) {
  if (field.kind == config::Kind::kQuantity) {
    return fmt::format("{}={} {}", field.key, value, field.unit);
  }
  return fmt::format("{}={}", field.key, value);
}

bool has_range(const config::Field& field, const PresetSetup& setup) {
  const bool number = field.kind == config::Kind::kQuantity || field.kind == config::Kind::kReal ||
                      field.kind == config::Kind::kInteger;
  if (!number || !setup.values.has(field.key)) return false;
  const auto constant = setup.values.constant(field.key);
  return constant.minimum < constant.maximum;
}

bool moves(const TornadoRow& row) {
  return std::ranges::any_of(kQuantities, [&](Quantity q) { return row.swing(q) > 1 + kStill; });
}

/// Schema order: hardware, then prices.
std::vector<config::Field> ranged_fields(const PresetSetup& setup) {
  std::vector<config::Field> fields;
  for (const auto schema : {arch::hardware_schema(), cost::cost_schema()}) {
    for (const auto& field : schema) {
      if (has_range(field, setup)) fields.push_back(field);
    }
  }
  return fields;
}

}  // namespace

double TornadoRow::swing(Quantity quantity) const {
  const auto q = static_cast<size_t>(quantity);
  const auto [low, high] = std::minmax({minimum.ratio[q], nominal.ratio[q], maximum.ratio[q]});
  return high / low;
}

bool TornadoRow::flips(Quantity quantity) const {
  const auto q = static_cast<size_t>(quantity);
  const auto [low, high] = std::minmax({minimum.ratio[q], nominal.ratio[q], maximum.ratio[q]});
  return low <= 1 && high > 1;
}

std::vector<TornadoRow> sorted(const Tornado& tornado, Quantity quantity) {
  std::vector<TornadoRow> rows;
  for (const auto& row : tornado.rows) {
    if (row.swing(quantity) > 1 + kStill) rows.push_back(row);
  }
  std::ranges::stable_sort(rows, [&](const TornadoRow& a, const TornadoRow& b) {
    if (a.swing(quantity) != b.swing(quantity)) return a.swing(quantity) > b.swing(quantity);
    return a.key < b.key;
  });
  return rows;
}

Tornado tornado(const Experiment& experiment, const PresetSetup& setup, const StoredRun& run,
                const BundleOf& bundle_of, const Reload& reload) {
  Tornado result;
  const auto has = [&](std::string_view kind) {
    return std::ranges::any_of(run.variants, [&](const auto& v) { return v.kind == kind; });
  };
  if (!has("hnn") || !has("ann")) return result;
  const Performances counted = repriced(run, setup);
  Estimates estimates(experiment, run, bundle_of);
  const Performances modelled = estimates.under(setup);
  for (const auto& field : ranged_fields(setup)) {
    const auto constant = setup.values.constant(field.key);
    TornadoRow row{.key = std::string(field.key),
                   .unit = field.kind == config::Kind::kQuantity ? std::string(field.unit) : "",
                   .source = fmt::format("{} ({})", constant.source, constant.seen),
                   .analytic = !field.key.starts_with("cost."),
                   .minimum = {},
                   .nominal = {},
                   .maximum = {}};
    const auto at = [&](double value) {
      const PresetSetup changed = reload(override_text(field, value));
      return point_of(row.analytic ? estimates.under(changed) : repriced(run, changed), run, value);
    };
    row.minimum = at(constant.minimum);
    row.nominal = point_of(row.analytic ? modelled : counted, run, constant.value);
    row.maximum = at(constant.maximum);
    if (moves(row)) {
      result.rows.push_back(std::move(row));
    } else {
      result.without.push_back(row.key);
    }
  }
  return result;
}

}  // namespace ranvier::sweep
