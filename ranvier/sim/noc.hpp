#pragma once
// The characterisation bench of a network: open-loop synthetic traffic on a package, latency and
// throughput out. Conventions: docs/models/noc.md.

#include "ranvier/arch/package.hpp"
#include "ranvier/sim/pattern.hpp"
#include "ranvier/sim/simulator.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ranvier::sim {

struct NocSpec {
  arch::PackageSpec package;
  Pattern pattern = Pattern::kUniform;
  Targets::Hotspot hotspot;
  double rate = 0.1;               // [flits per tile and cycle], in (0, packet_flits]
  int packet_flits = 1;            // every flit is PacketSpec::flit_bits() wide
  int64_t warmup_cycles = 1000;    // nothing is measured
  int64_t measure_cycles = 10000;  // packets created in these cycles are measured
  int64_t drain_cycles = 10000;    // then at most so many more until all of them have arrived
  uint64_t seed = 1;
  uint64_t order_seed = 0;  // as in Options
  int threads = 1;          // that share the chips of the package; no result depends on it
};

/// [core cycles]
struct LatencySummary {
  double mean = 0;
  int64_t p50 = 0, p99 = 0, max = 0;
};

struct NocResult {
  double rate = 0;                                // asked for [flits per tile and cycle]
  double offered = 0;                             // created while measuring [same]
  double accepted = 0;                            // ejected while measuring [same]
  std::optional<LatencySummary> packet_latency;   // creation to tail ejected; empty: none arrived
  std::optional<LatencySummary> network_latency;  // first flit leaves the tile to tail ejected
  double hops_mean = 0;                           // routers traversed, both ends included
  int64_t measured_packets = 0;                   // created while measuring
  int64_t unfinished_packets = 0;                 // of those, not delivered at the end
  std::string saturation;                         // why the network is saturated; empty: it is not
  // The whole run, warm-up and drain included.
  int64_t simulated_cycles = 0;
  int64_t packets_created = 0, packets_queued = 0, packets_in_flight = 0, packets_delivered = 0;
  int64_t flit_hops = 0;       // router traversals, the ejecting one included
  std::vector<LinkUse> links;  // between dies, those that carried something
  double wall_s = 0;           // the only member that is not determined by the NocSpec

  bool saturated() const { return !saturation.empty(); }
};

/// Warm-up, measurement, drain; the load never stops. A saturated network is a result, not an
/// error. Errors: UserError for a package, pattern or rate that cannot be simulated; RunError when
/// flits get lost, out of order or stuck; Interrupted. Cost: O(flit-hops); memory O(routers).
/// Source: Dally & Towles (2004), chapter 23.
NocResult simulate_noc(const NocSpec& spec);

/// One result per rate, up to `threads` of them side by side; with fewer rates than threads several
/// share the chips of one. Every rate uses the seed as if it were alone, so neither the other rates
/// nor the number of threads change a result.
std::vector<NocResult> simulate_noc_curve(const NocSpec& spec, std::span<const double> rates,
                                          int threads);

}  // namespace ranvier::sim
