#pragma once
// Where a point's networks come from: the bundles of one trained run.

#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ranvier::sweep {

struct Source {
  std::string hash;
  std::filesystem::path run;
  std::vector<Bundle> bundles;
  std::vector<std::string> bundle_hashes;  // of each, as identity.hpp names them
};

/// The trained variants that are wanted (all when `wanted` is empty), baselines first.
/// Errors: UserError naming the nearest one for a variant that is not there.
std::vector<std::string> wanted_variants(const std::filesystem::path& run,
                                         const config::Values& values,
                                         const std::vector<std::string>& wanted,
                                         const std::string& place);

/// Names a trained run by what its bundles hold and how they scored.
std::string run_hash(const std::filesystem::path& run, const std::vector<std::string>& variants);

/// Errors: those of read_bundle.
Source read_source(const std::string& hash, const std::filesystem::path& run,
                   const std::vector<std::string>& variants);

}  // namespace ranvier::sweep
