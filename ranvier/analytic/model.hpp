#pragma once
// The second answer: latency and event counts of a workload without simulating a cycle. Equations:
// docs/models/analytic.md.

#include "ranvier/arch/package.hpp"
#include "ranvier/core/ledger.hpp"
#include "ranvier/workload/workload.hpp"

#include <string>

namespace ranvier::analytic {

/// Waiting along the path that ends last, by what was waited for.
struct Waiting {
  core::Cycles mesh;  // channels, injection and ejection ports
  core::Cycles link;  // die-to-die serialisers
  core::Cycles tile;  // earlier tasks of the same core
};

struct Estimate {
  core::Cycles latency;       // from time 0 to the completion of the last task
  core::Cycles longest_path;  // the same if no two tasks or messages shared anything: a lower bound
  core::Cycles busiest;       // work of the busiest shared resource: a lower bound
  std::string busiest_name;
  Waiting waiting;
  bool congested = false;    // latency is not to be trusted within 2 %; ask the cycle simulator
  std::string reason;        // what congests, empty otherwise
  double damaged_flits = 0;  // expected over all links: flits that arrive damaged without retry
  double resent_bits = 0;    // expected over all links with retry; in the ledger, rounded
  core::Ledger ledger;  // exact but for the two counts that follow latency (idle bits, tile cycles)
                        // and for expected repetitions
};

/// Errors: none for a workload that passes workload::check.
/// Cost: O(messages x hops + flits that cross dies), each times a logarithm.
Estimate estimate(const workload::Workload& workload, const arch::PackageSpec& package);

}  // namespace ranvier::analytic
