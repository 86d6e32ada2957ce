#pragma once
// The second answer: latency and event counts of a workload without simulating a cycle. Equations:
// docs/models/analytic.md.

#include "ranvier/analytic/plan.hpp"
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
  /// Of tile and link, what few cycles elsewhere may change a lot: for a converter that had worked
  /// and could not send, and for the links of a message that crosses a chip on its way.
  core::Cycles coarse;
};

struct Estimate {
  core::Cycles latency;       // from time 0 to the completion of the last task
  core::Cycles longest_path;  // the same if no two tasks or messages shared anything: a lower bound
  core::Cycles busiest;       // work of the busiest shared resource: a lower bound
  std::string busiest_name;
  Waiting waiting;
  core::Cycles doubt;        // by how much later it might end if every wait on the mesh were twice
                             // as long and tasks that are ready at about one time swapped places
  bool congested = false;    // latency is not to be trusted within 2 %; ask the cycle simulator
  std::string reason;        // what congests, empty otherwise
  double damaged_flits = 0;  // expected over all links: flits that arrive damaged without retry
  double resent_bits = 0;    // expected over all links with retry; in the ledger, rounded
  core::Ledger ledger;  // exact but for the two counts that follow latency (idle bits, tile cycles)
                        // and for expected repetitions
};

/// `package` may differ from the plan's in all but its tiles and chips. Safe from several threads.
/// Errors: ContractViolation for another mesh; none for a workload that passes workload::check.
/// Cost: O(messages x hops + flits that cross dies).
Estimate estimate(const Plan& plan, const arch::PackageSpec& package);

/// The same for a workload that is put on one package only.
Estimate estimate(const workload::Workload& workload, const arch::PackageSpec& package);

}  // namespace ranvier::analytic
