#pragma once
// How far results move along an axis that should not matter: seeds, samples, repetitions.

#include "ranvier/sweep/result_table.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace ranvier::sweep {

/// Of a few numbers, in their unit.
struct Spread {
  size_t count = 0;
  double mean = 0;
  double deviation = 0;  // of the sample, n - 1 in the denominator; 0 for a single number
  double least = 0;
  double most = 0;
};

/// `values`: at least one.
Spread spread_of(std::span<const double> values);

/// A variant under a preset, at one setting of the other axes.
struct SpreadRow {
  std::vector<std::string> settings;  // of the other axes, in their order
  std::string variant;
  std::string preset;
  std::vector<Spread> columns;  // as ResultTable::columns
};

/// One row for the results that differ in `axis` alone, in order of the table.
/// Errors: UserError (key --over) for an axis that the table has not, with the nearest name.
std::vector<SpreadRow> spread_over(const ResultTable& table, const std::string& axis);

/// Position of `axis` among the table's. Errors: as spread_over.
size_t axis_of(const ResultTable& table, const std::string& axis);

}  // namespace ranvier::sweep
