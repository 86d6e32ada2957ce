#pragma once
// What one experiment found, in memory; summary.cpp and tables.cpp write it down.

#include "ranvier/core/ledger.hpp"
#include "ranvier/cost/price.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/statistics.hpp"
#include "ranvier/sim/simulator.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ranvier::sweep {

/// What training reported about a variant (bundle/<variant>/metrics.json).
struct Metrics {
  std::string metric = "accuracy_percent";
  bool assumed = false;  // activity that nobody measured, and so no quality
  std::optional<double> metric_float;
  std::optional<double> metric_deployed;
  double events_per_neuron = 0;  // over the whole test set, deployed integers
  int64_t boundary_neurons = 0;
  int64_t test_samples = 0;
};

/// A trained variant as read back from its bundle.
struct Bundle {
  std::string variant;
  ir::Network network;
  ir::Activity activity;
  Metrics metrics;
  std::optional<map::Mapping> mapping;  // found by a search; absent: map_network's
  std::string hash = {};                // bundle_hash of its files, where checkpoints are kept
};

/// One simulated inference after another under one preset; latency and energy are means over the
/// samples.
struct PresetResult {
  std::string preset;
  double latency_s = 0;
  double latency_analytic_s = 0;
  bool congested = false;  // as the analytic model flags it
  double core_period_s = 0;
  int samples = 0;
  core::Ledger ledger;                       // sums over the samples
  cost::PricedLedger priced;                 // mean inference
  sim::Result first;                         // details of the first sample
  std::vector<sim::BoundaryUse> boundaries;  // sums over the samples
};

struct VariantResult {
  std::string name;
  std::string codec;  // text form; empty for SNN
  std::string wire;   // configured wire format, with what `auto` chose
  Bundle bundle;
  double bits_per_activation = 0;  // over every recorded sample
  map::BoundaryStatistics boundaries;
  int chips = 0;
  int cores = 0;  // with any work, gateways included
  std::vector<int> cores_of_layer;
  std::vector<std::pair<int, int>> chips_of_layer;  // first and last
  std::vector<PresetResult> presets;
};

struct ExperimentResult {
  std::string name;
  std::vector<VariantResult> variants;
};

}  // namespace ranvier::sweep
