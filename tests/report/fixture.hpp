#pragma once
// A run directory with made-up numbers of the right shape, for tests of the report. Nothing in it
// was measured.

#include "ranvier/report/details.hpp"

#include <filesystem>
#include <string>

namespace ranvier::report::fixture {

struct Options {
  std::string experiment = "fixture (made-up numbers)";
  std::string best = "hnn-graded3";  // name of the first hybrid variant
  double hnn_energy_scale = 1;       // 0.2 makes the hybrid win everywhere
  double hnn_latency_scale = 1;
  bool dense = true;   // include the ann-* variants
  bool hybrid = true;  // include the hnn-* variants
  bool lossy = false;  // the second preset loses values
};

/// Details that belong to the summary of the same options.
Details details(const Options& options = {});

/// Writes every file that write_report reads. The directory is made if needed.
void write_run(const std::filesystem::path& run_dir, const Options& options = {});

}  // namespace ranvier::report::fixture
