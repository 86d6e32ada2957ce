#pragma once
// The keys shapes.*: which network without weights an experiment is about, and what is assumed.

#include "ranvier/config/values.hpp"
#include "ranvier/shapes/assumed.hpp"
#include "ranvier/shapes/networks.hpp"

#include <span>
#include <string>
#include <vector>

namespace ranvier::shapes {

struct Settings {
  Architecture architecture;
  std::string metric = "accuracy_percent";  // that a trained network of this kind would have
  std::vector<Cut> cuts;                    // empty: chips are filled by capacity
  Assumption assumption;
  uint64_t seed = 1;
};

std::span<const config::Field> shapes_schema();

/// Whether the experiment is about a network without weights: shapes.model is set.
bool is_requested(const config::Values& values);

/// Errors: UserError for lists of unequal length, cuts that are not there or stand twice.
Settings parse_settings(const config::Values& values);

}  // namespace ranvier::shapes
