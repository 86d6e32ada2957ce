#pragma once
// What errors on die-to-die links cost an experiment: bits sent again, or values lost.

#include "ranvier/sweep/results.hpp"

#include <string>
#include <vector>

namespace ranvier::sweep {

/// Over all boundaries and simulated samples of one variant under one preset.
struct LinkErrorTotals {
  int64_t resent_flits = 0;
  double resent_bits_per_activation = 0;  // beside b, which counts every bit once
  int64_t damaged_flits = 0;              // without retry
  int64_t lost_blocks = 0;                // of which no value could be read
  double changed_fraction = 0;            // of boundary values
};
LinkErrorTotals link_error_totals(const VariantResult& variant, const PresetResult& preset);

/// Adds the boundaries of one more sample.
void add_boundaries(std::vector<sim::BoundaryUse>& sums,
                    const std::vector<sim::BoundaryUse>& sample);

/// link_errors.csv: one row per variant, preset and boundary.
std::string link_errors_csv(const ExperimentResult& result);

}  // namespace ranvier::sweep
