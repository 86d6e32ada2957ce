#pragma once
// The counts and latencies of a finished run, read back from its files, so that they can be priced
// again without a simulation.

#include "ranvier/core/ledger.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ranvier::sweep {

struct StoredPreset {
  core::Ledger ledger;  // sum over the simulated samples; informative events are not stored
  int samples = 1;
  double latency_s = 0;  // mean
};

struct StoredVariant {
  std::string name;
  std::string kind;                       // ann, snn, hnn
  std::optional<double> metric_deployed;  // absent: of assumed activity
  std::map<std::string, StoredPreset> presets;
};

struct StoredRun {
  std::string experiment;
  std::string metric;
  std::vector<StoredVariant> variants;  // in the order of summary.json: baselines first
};

/// Reads summary.json and ledger.json of `directory`.
/// Errors: UserError (file, key) when one is missing, malformed, or the two do not match.
StoredRun read_run(const std::filesystem::path& directory);

}  // namespace ranvier::sweep
