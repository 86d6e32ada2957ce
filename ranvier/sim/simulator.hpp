#pragma once
// Cycle-level simulation of one inference on a package: function and timing together.

#include "ranvier/arch/package.hpp"
#include "ranvier/core/ledger.hpp"
#include "ranvier/core/quantity.hpp"
#include "ranvier/sim/team.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ranvier::sim {

/// One transmission over the link between two facing chips: the first on it is number 0,
/// repetitions count.
struct LinkFault {
  core::ChipId from, to;
  int64_t transmission = 0;
};

struct Options {
  int64_t watchdog_cycles = 1'000'000;  // flits under way but none moving for so long: deadlock
  bool record_messages = false;         // fill Result::messages and Result::shapes
  bool record_tasks = false;            // fill Result::tasks
  core::Cycles window{0};               // length of Result::windows; 0: none
  uint64_t order_seed = 0;  // not 0: components run in random order; no result may depend on it
  uint64_t error_seed = 1;  // of the bit errors that hardware.serdes.bit_error_rate makes
  std::vector<LinkFault> faults{};  // damaged whatever the bit error rate
  Team team = {};  // threads and ranks that share the chips; no result depends on it
};

/// One direction between two facing chips that carried something.
struct LinkUse {
  core::ChipId from, to;
  int64_t flits = 0;
  int64_t bits = 0;           // tag, framing and checksum included
  double utilisation = 0.0;   // busy beats over link cycles of the run
  int64_t damaged_flits = 0;  // of the flits, those that were passed on damaged: no retry
  int64_t resent_flits = 0;   // transmissions beside those of `flits`: go-back-N
  int64_t resent_bits = 0;
};

/// One on-chip link between neighbouring routers that carried something.
struct MeshLinkUse {
  core::TileId from, to;
  int64_t flits = 0;
  int64_t bits = 0;
};

/// One router that carried something.
struct RouterUse {
  core::TileId tile;
  int64_t flits = 0;
  int64_t bits = 0;
};

struct BoundaryUse {
  std::string name;
  int64_t link_bits = 0;  // tag, framing and checksum included; every flit once
  int64_t flits = 0;
  int64_t packets = 0;
  int64_t events = 0;
  int64_t blocks = 0;          // decoded
  int64_t values_checked = 0;  // and found equal
  int64_t damaged_flits = 0;   // as in LinkUse
  int64_t resent_flits = 0;
  int64_t resent_bits = 0;
  int64_t damaged_blocks = 0;   // with a damaged flit
  int64_t lost_blocks = 0;      // of them, those that could not be read at all: every symbol 0
  int64_t values_damaged = 0;   // in damaged blocks, found to differ from what the network used
  int64_t value_error_sum = 0;  // of |difference| [2^-value_frac_bits]
};

/// Where the latency went, along the chain of tasks and messages that made it. Adds up to the
/// latency.
struct Breakdown {
  core::Cycles compute;    // services of tasks
  core::Cycles network;    // routers and on-chip links at zero load
  core::Cycles serialise;  // flits after flits, beats after beats
  core::Cycles crossing;   // merge, FIFOs, PHY, flight, split
  core::Cycles queue;      // waiting for others, and for clock edges
};

struct MessageTimes {
  core::Cycles offered;    // its task ended
  core::Cycles injected;   // first flit leaves the tile
  core::Cycles delivered;  // last flit has reached the target
};

struct TaskTimes {
  core::Cycles start;
  core::Cycles end;
};

/// What happened in [start, end).
struct WindowUse {
  core::Cycles start;
  core::Cycles end;
  core::Ledger ledger;
};

struct Result {
  core::Cycles latency;  // from time 0 to the end of the last task
  core::Ledger ledger;
  std::vector<LinkUse> links;           // by from, then side (east, west, north, south)
  std::vector<MeshLinkUse> mesh_links;  // by tile, then side
  std::vector<RouterUse> routers;       // by tile
  std::vector<BoundaryUse> boundaries;  // as in the workload
  std::vector<MessageTimes> messages;   // as in the workload, if recorded
  std::vector<std::vector<workload::PacketRun>> shapes;  // of the messages, as sent, if recorded
  std::vector<TaskTimes> tasks;                          // as in the workload, if recorded
  std::vector<WindowUse> windows;  // cover the run; their ledgers add up to its ledger
  Breakdown critical_path;
  int64_t values_checked = 0;
  int64_t values_damaged = 0;
};

/// Runs the workload to its end and audits it: flits, bits and credits conserved, every boundary
/// value as expected unless its block was damaged on a link without retry. Errors: UserError for
/// hardware that cannot be simulated; RunError for a value, frame or count that differs, for a flit
/// lost or out of order and for deadlock (names the waiting channels); Interrupted. With a team of
/// ranks all of them call it with the same arguments and get the same result or error. Cost:
/// O(flit-hops + tasks log tasks). Source: docs/models/simulation.md, parallel.md.
Result simulate(const workload::Workload& workload, const arch::PackageSpec& package,
                const Options& options = {});

}  // namespace ranvier::sim
