#pragma once
// Flags of `ranvier noc`.

#include "ranvier/sim/noc.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ranvier::app {

struct NocOptions {
  std::string mesh = "8x8";   // tiles, of all chips together
  std::string chips = "1x1";  // dies the mesh is cut into
  std::string preset = "ucie16nm";
  std::vector<std::string> overrides;
  std::string traffic = "uniform";
  std::string rate = "0.1";
  std::string hotspot_tile;  // "x,y"; empty: the centre
  double hotspot_share = 1.0;
  int packet_flits = 1;
  int vcs = 1;
  int buffer_flits = 4;
  int router_cycles = 2;
  int link_cycles = 1;
  int64_t warmup = 1000;
  int64_t cycles = 10000;
  int64_t drain = -1;  // negative: as many as are measured
  int threads = 1;
  std::string trace;  // file of the packets; empty: none
};

void add_noc_flags(CLI::App& app, NocOptions& options);

/// Everything but the rate. Errors: UserError naming the flag, what it got and what it takes.
sim::NocSpec noc_spec(const NocOptions& options, uint64_t seed);

/// "0.1" or "0.05:0.45:0.05" (first, last, step; the last included) [flits per tile and cycle].
/// Errors: UserError for other text, for rates outside 0.000001..packet_flits and for more than
/// 1000 of them.
std::vector<double> parse_rates(const std::string& text, int packet_flits);

}  // namespace ranvier::app
