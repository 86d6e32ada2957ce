#pragma once
// The trained variants of a sweep as points of a trade-off curve: what a codec costs on the wire,
// and what the network is worth with it.

#include "ranvier/sweep/result_table.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ranvier::sweep {

/// A budget that training was to hold: what was asked for and what the deployed network does.
struct Budget {
  std::string unit;  // events_per_neuron or bits_per_activation
  double target = 0;
  double reached = 0;
};

/// What one inference costs under a preset.
struct TradeoffCost {
  double latency_us = 0;
  double energy_uj = 0;
};

struct TradeoffPoint {
  std::string variant;
  std::string kind;       // ann, hnn, snn
  std::string codec;      // "graded(2)", "bottleneck(4)+dense(4)"; empty: spikes as they are
  std::string format;     // wire format, as configured
  bool baseline = false;  // dense values or topk: nothing of it spikes
  uint64_t seed = 1;
  int epochs = 0;                     // of its own training, behind that of the dense network
  std::vector<std::string> settings;  // [axis] of its point in the sweep
  double bits_per_activation = 0;     // b: every bit on the wire over boundary neurons, as mapped
  double events_per_neuron = 0;       // of dense codecs: values that are not 0
  double metric_deployed = 0;
  double metric_float = 0;
  std::optional<double> reference_float;  // the network without boundaries, trained equally long
  std::optional<Budget> budget;
  std::map<std::string, TradeoffCost> presets;
};

/// Directory of a trained run, by the name that rows have for it.
using RunOf = std::function<std::filesystem::path(const std::string& source)>;

/// One point per position and variant that was evaluated; variants of assumed activity have no
/// quality and are left out. `training`: keys of an experiment that training reads.
/// Errors: UserError when a run or a file of a bundle is missing.
std::vector<TradeoffPoint> tradeoff_points(const ResultTable& table, const RunOf& run_of,
                                           std::span<const config::Field> training);

/// points.json; docs/models/sweep.md names the keys.
std::string to_json(const ResultTable& table, const std::vector<TradeoffPoint>& points);

}  // namespace ranvier::sweep
