#pragma once
// The answer in words, computed from the numbers: does the best HNN beat each dense baseline,
// where, at which quality?

#include "ranvier/report/details.hpp"
#include "ranvier/report/summary.hpp"

#include <string>
#include <vector>

namespace ranvier::report {

enum class Outcome : uint8_t { kWins, kTies, kLoses };

/// The best HNN against one baseline on one preset. Ratios are baseline / HNN: above 1 means the
/// HNN is better.
struct Duel {
  std::string preset;
  std::string baseline;
  double energy_ratio = 1;
  double latency_ratio = 1;
  Outcome energy = Outcome::kTies;
  Outcome latency = Outcome::kTies;
};

struct Verdict {
  std::string best;                 // name of the best HNN; empty when the run has none
  bool loses = false;               // in energy or latency, to any dense baseline, on any preset
  std::string headline;             // names the loss and its break-even link when there is one
  std::vector<std::string> points;  // one sentence group each
  std::vector<Duel> duels;          // presets x baselines (dense ones, then snn)
};

/// Best HNN: of those within one point (2 % of the bits per byte) of the best HNN's quality, the
/// one with the least energy x latency, averaged geometrically over presets. Ratios within half a
/// percent of 1 are ties. Errors: UserError (details.json) when a loss has no break-even entry.
Verdict judge(const Summary& summary, const Details& details);

/// "3.42", "54.1", "1,240": three significant digits, thousands grouped.
std::string readable(double value);

}  // namespace ranvier::report
