#include "ranvier/report/summary.hpp"

#include "ranvier/report/json_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ranvier::report {
namespace {

constexpr int64_t kSummarySchema = 1;
constexpr double kPartsTolerance = 1e-4;  // relative; the file stores rounded decimals
constexpr std::array<std::string_view, 4> kOrder = {"ann-packet", "ann-burst8", "ann-burst4",
                                                    "snn"};

size_t rank(const std::string& name) {
  const auto found = std::find(kOrder.begin(), kOrder.end(), name);
  return static_cast<size_t>(found - kOrder.begin()) + (name.starts_with("hnn") ? 1 : 0);
}

double above_zero(const JsonView& view, std::string_view key) {
  const double value = view.real(key);
  if (value <= 0) view.at(key).refuse(std::to_string(value), "more than 0");
  return value;
}

PresetResult read_preset(const std::string& name, const JsonView& view) {
  PresetResult result;
  result.preset = name;
  result.latency_us = above_zero(view, "latency_us");
  if (view.has("latency_analytic_us")) {
    result.latency_analytic_us = view.real("latency_analytic_us");
  }
  const JsonView energy = view.at("energy_uj");
  result.energy_uj = above_zero(energy, "total");
  double sum = 0;
  for (const auto& [part, value] : energy.members()) {
    if (part == "total") continue;
    result.energy_parts_uj.emplace_back(part, value.real());
    sum += value.real();
  }
  if (std::abs(sum - result.energy_uj) > kPartsTolerance * result.energy_uj) {
    energy.refuse("parts that sum to " + std::to_string(sum) + " and a total of " +
                      std::to_string(result.energy_uj),
                  "parts that add up to the total");
  }
  return result;
}

VariantResult read_variant(const std::string& name, const JsonView& view) {
  VariantResult variant;
  variant.name = name;
  variant.assumed = view.has("activity") && view.text("activity") == "assumed";
  if (!variant.assumed) {
    variant.metric_float = view.real("metric_float");
    variant.metric_deployed = view.real("metric_deployed");
  }
  const JsonView boundary = view.at("boundary");
  variant.neurons = boundary.integer("neurons");
  variant.events_per_neuron = boundary.real("events_per_neuron");
  variant.bits_per_activation = boundary.real("bits_per_activation");
  variant.wire_format = boundary.text("wire_format");
  variant.chips = view.integer("chips");
  variant.cores = view.integer("cores");
  for (const auto& [preset, values] : view.at("presets").members()) {
    variant.presets.push_back(read_preset(preset, values));
  }
  if (variant.presets.empty()) view.at("presets").refuse("no preset", "at least one");
  return variant;
}

void require_same_presets(const JsonView& variants, const std::vector<VariantResult>& all) {
  const auto same = [](const PresetResult& a, const PresetResult& b) {
    return a.preset == b.preset;
  };
  const auto& first = all.front().presets;
  for (const auto& v : all) {
    if (std::equal(v.presets.begin(), v.presets.end(), first.begin(), first.end(), same)) continue;
    variants.at(v.name).at("presets").refuse("other presets than " + all.front().name,
                                             "the same presets in every variant");
  }
}

}  // namespace

Summary summary_from_json(std::string_view text, const std::string& place) {
  const JsonView root = JsonView::parse(text, "summary.json", place);
  if (root.integer("schema") != kSummarySchema) {
    root.at("schema").refuse(std::to_string(root.integer("schema")), std::to_string(kSummarySchema),
                             "The run was made by another version; run it again.");
  }
  Summary summary{root.text("experiment"), root.text("fidelity"), root.text("metric"), {}};
  if (summary.metric != "accuracy_percent" && summary.metric != "bits_per_byte") {
    root.at("metric").refuse("\"" + summary.metric + "\"", "accuracy_percent or bits_per_byte");
  }
  const JsonView variants = root.at("variants");
  for (const auto& [name, view] : variants.members()) {
    summary.variants.push_back(read_variant(name, view));
  }
  if (summary.variants.empty()) variants.refuse("no variant", "at least one");
  require_same_presets(variants, summary.variants);
  std::stable_sort(summary.variants.begin(), summary.variants.end(),
                   [](const auto& a, const auto& b) { return rank(a.name) < rank(b.name); });
  return summary;
}

}  // namespace ranvier::report
