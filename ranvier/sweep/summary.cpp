#include "ranvier/sweep/summary.hpp"

#include "ranvier/core/quantity.hpp"
#include "ranvier/sweep/link_errors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ranvier::sweep {
namespace {

using Json = nlohmann::ordered_json;

Json energy_json(const cost::PricedLedger& priced) {
  Json energy{{"total", priced.total_pj / core::kPicojoulesPerMicrojoule}};
  for (const auto& [part, pj] : priced.parts_pj) energy[part] = pj / core::kPicojoulesPerMicrojoule;
  return energy;
}

/// Where values were lost and the network was scored with what was left of them.
Json quality_json(const ir::LossScore& score) {
  return {{"metric_deployed", score.with_loss},
          {"metric_deployed_without_loss", score.without_loss},
          {"test_samples", score.samples},
          {"changed_values_fraction", score.changed_fraction()}};
}

Json link_errors_json(const VariantResult& variant, const PresetResult& preset,
                      const std::vector<ir::LossScore>& losses) {
  const LinkErrorTotals totals = link_error_totals(variant, preset);
  Json errors{{"resent_flits", totals.resent_flits},
              {"resent_bits_per_activation", totals.resent_bits_per_activation},
              {"damaged_flits", totals.damaged_flits},
              {"lost_blocks", totals.lost_blocks},
              {"changed_values_fraction", totals.changed_fraction}};
  for (const ir::LossScore& score : losses) {
    if (score.variant != variant.name || score.preset != preset.preset) continue;
    errors["quality"] = quality_json(score);
  }
  return errors;
}

Json presets_json(const VariantResult& variant, const std::vector<ir::LossScore>& losses) {
  Json presets = Json::object();
  for (const auto& p : variant.presets) {
    presets[p.preset] = {{"latency_us", p.latency_s * core::kMicro},
                         {"latency_analytic_us", p.latency_analytic_s * core::kMicro},
                         {"analytic_congested", p.congested},
                         {"energy_uj", energy_json(p.priced)},
                         {"link_errors", link_errors_json(variant, p, losses)}};
  }
  return presets;
}

Json or_null(std::optional<double> value) { return value ? Json(*value) : Json(nullptr); }

Json variant_json(const VariantResult& variant, const std::vector<ir::LossScore>& losses) {
  const Metrics& metrics = variant.bundle.metrics;
  // Of filled chips, mapping decides which neurons stand at a boundary.
  const bool is_filled = variant.bundle.network.chip_rule == ir::ChipRule::kFilled;
  const int64_t neurons = is_filled ? variant.boundaries.total.neurons : metrics.boundary_neurons;
  return {{"kind", ir::to_string(variant.bundle.network.kind)},
          {"codec", variant.codec},
          {"activity", metrics.assumed ? "assumed" : "measured"},
          {"metric_float", or_null(metrics.metric_float)},
          {"metric_deployed", or_null(metrics.metric_deployed)},
          {"boundary",
           {{"neurons", neurons},
            {"events_per_neuron", metrics.events_per_neuron},
            {"bits_per_activation", variant.bits_per_activation},
            {"wire_format", variant.wire}}},
          {"chips", variant.chips},
          {"cores", variant.cores},
          {"presets", presets_json(variant, losses)}};
}

const VariantResult* find(const ExperimentResult& result, const std::string& name) {
  for (const auto& variant : result.variants) {
    if (variant.name == name) return &variant;
  }
  return nullptr;
}

Json ratios_against(const VariantResult& variant, const VariantResult& baseline) {
  Json ratios = Json::object();
  for (size_t p = 0; p < variant.presets.size(); ++p) {
    const PresetResult& mine = variant.presets[p];
    const PresetResult& theirs = baseline.presets[p];
    ratios[mine.preset] = {{"latency", theirs.latency_s / mine.latency_s},
                           {"energy", theirs.priced.total_pj / mine.priced.total_pj}};
  }
  return ratios;
}

/// The usual ones, and whatever else is dense in this experiment.
std::vector<std::string> baselines_of(const ExperimentResult& result) {
  std::vector<std::string> names = baseline_names();
  for (const auto& variant : result.variants) {
    if (variant.bundle.network.kind != ir::NetworkKind::kAnn) continue;
    if (std::ranges::find(names, variant.name) == names.end()) names.push_back(variant.name);
  }
  return names;
}

Json ratios_json(const ExperimentResult& result) {
  Json ratios = Json::object();
  const auto baselines = baselines_of(result);
  for (const auto& variant : result.variants) {
    if (variant.bundle.network.kind == ir::NetworkKind::kAnn) continue;
    for (const auto& name : baselines) {
      const VariantResult* baseline = find(result, name);
      if (baseline == nullptr || baseline == &variant) continue;
      ratios[variant.name][name] = ratios_against(variant, *baseline);
    }
  }
  return ratios;
}

}  // namespace

std::vector<std::string> baseline_names() {
  return {"ann-packet", "ann-burst8", "ann-burst4", "snn"};
}

std::string summary_json(const ExperimentResult& result, const std::vector<ir::LossScore>& losses) {
  Json summary{{"schema", 1}, {"experiment", result.name}, {"fidelity", "cycle"}};
  summary["metric"] =
      result.variants.empty() ? "accuracy_percent" : result.variants.front().bundle.metrics.metric;
  summary["variants"] = Json::object();
  for (const auto& variant : result.variants) {
    summary["variants"][variant.name] = variant_json(variant, losses);
  }
  summary["ratios"] = ratios_json(result);
  return summary.dump(2) + "\n";
}

std::string ledger_json(const ExperimentResult& result) {
  Json ledger{{"schema", 1}, {"variants", Json::object()}};
  for (const auto& variant : result.variants) {
    for (const auto& preset : variant.presets) {
      Json entry = Json::parse(cost::to_json(preset.priced));
      entry["samples"] = preset.samples;
      ledger["variants"][variant.name][preset.preset] = std::move(entry);
    }
  }
  return ledger.dump(1) + "\n";
}

}  // namespace ranvier::sweep
