#pragma once
// summary.json (schema 1) as plain data, checked.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ranvier::report {

struct PresetResult {
  std::string preset;
  double latency_us = 0;
  std::optional<double> latency_analytic_us;
  double energy_uj = 0;  // total
  std::vector<std::pair<std::string, double>> energy_parts_uj;
};

struct VariantResult {
  std::string name;
  bool assumed = false;  // activity that nobody measured, and so no quality
  std::optional<double> metric_float;
  std::optional<double> metric_deployed;
  int64_t neurons = 0;
  double events_per_neuron = 0;
  double bits_per_activation = 0;
  std::string wire_format;
  int64_t chips = 0;
  int64_t cores = 0;
  std::vector<PresetResult> presets;  // same names and order in every variant

  bool is_dense() const { return name.starts_with("ann"); }
  bool is_hnn() const { return name.starts_with("hnn"); }
};

struct Summary {
  std::string experiment;
  std::string fidelity;
  std::string metric;                   // accuracy_percent or bits_per_byte
  std::vector<VariantResult> variants;  // dense first, then snn, then hnn-*
  bool higher_is_better() const { return metric == "accuracy_percent"; }
};

/// Errors: UserError whose key is "summary.json:path": missing or mistyped keys, another schema,
/// energy parts that do not add up to the total, variants priced under different presets.
Summary summary_from_json(std::string_view text, const std::string& place);

}  // namespace ranvier::report
