#include "ranvier/sweep/link_errors.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ranvier::sweep {
namespace {

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0.0; }

int64_t values_of(const sim::BoundaryUse& use) { return use.values_checked + use.values_damaged; }

/// What one unit of a boundary's integers is worth.
double unit(const ir::Network& network, size_t boundary) {
  if (network.kind == ir::NetworkKind::kSnn) return 1.0;  // spikes
  return std::ldexp(1.0, -network.boundaries.at(boundary).params.value_frac_bits);
}

/// Values of the boundary over the samples, by which bits are divided.
double activations(const VariantResult& variant, const PresetResult& preset, size_t boundary) {
  return static_cast<double>(variant.boundaries.boundaries.at(boundary).neurons) * preset.samples;
}

std::string row(const VariantResult& variant, const PresetResult& preset, size_t boundary) {
  const sim::BoundaryUse& use = preset.boundaries[boundary];
  const auto values = static_cast<double>(values_of(use));
  return fmt::format(
      "{},{},{},{},{},{},{},{:.6f},{},{},{},{},{},{:.6f},{:.6g}\n", variant.name, preset.preset,
      use.name, preset.samples, use.link_bits, use.resent_flits, use.resent_bits,
      ratio(static_cast<double>(use.resent_bits), activations(variant, preset, boundary)),
      use.damaged_flits, use.damaged_blocks, use.lost_blocks, values_of(use), use.values_damaged,
      ratio(static_cast<double>(use.values_damaged), values),
      ratio(static_cast<double>(use.value_error_sum), values) *
          unit(variant.bundle.network, boundary));
}

}  // namespace

LinkErrorTotals link_error_totals(const VariantResult& variant, const PresetResult& preset) {
  LinkErrorTotals totals;
  double neurons = 0, resent = 0, values = 0, changed = 0;
  for (size_t b = 0; b < preset.boundaries.size(); ++b) {
    const sim::BoundaryUse& use = preset.boundaries[b];
    neurons += activations(variant, preset, b);
    resent += static_cast<double>(use.resent_bits);
    values += static_cast<double>(values_of(use));
    changed += static_cast<double>(use.values_damaged);
    totals.resent_flits += use.resent_flits;
    totals.damaged_flits += use.damaged_flits;
    totals.lost_blocks += use.lost_blocks;
  }
  totals.resent_bits_per_activation = ratio(resent, neurons);
  totals.changed_fraction = ratio(changed, values);
  return totals;
}

void add_boundaries(std::vector<sim::BoundaryUse>& sums,
                    const std::vector<sim::BoundaryUse>& sample) {
  if (sums.empty()) {
    sums = sample;
    return;
  }
  for (size_t b = 0; b < sums.size(); ++b) {
    sim::BoundaryUse& sum = sums[b];
    const sim::BoundaryUse& one = sample[b];
    sum.link_bits += one.link_bits;
    sum.flits += one.flits;
    sum.packets += one.packets;
    sum.events += one.events;
    sum.blocks += one.blocks;
    sum.values_checked += one.values_checked;
    sum.damaged_flits += one.damaged_flits;
    sum.resent_flits += one.resent_flits;
    sum.resent_bits += one.resent_bits;
    sum.damaged_blocks += one.damaged_blocks;
    sum.lost_blocks += one.lost_blocks;
    sum.values_damaged += one.values_damaged;
    sum.value_error_sum += one.value_error_sum;
  }
}

std::string link_errors_csv(const ExperimentResult& result) {
  std::string csv =
      "variant,preset,boundary,samples,link_bits,resent_flits,resent_link_bits,"
      "resent_bits_per_activation,damaged_flits,damaged_blocks,lost_blocks,values,changed_values,"
      "changed_values_fraction,mean_absolute_error\n";
  for (const auto& variant : result.variants) {
    for (const auto& preset : variant.presets) {
      for (size_t b = 0; b < preset.boundaries.size(); ++b) csv += row(variant, preset, b);
    }
  }
  return csv;
}

}  // namespace ranvier::sweep
