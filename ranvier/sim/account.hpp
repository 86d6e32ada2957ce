#pragma once
// From the counters of a finished run to its tables and its ledger, and the audit that they agree.

#include "ranvier/sim/emio.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/traffic.hpp"

#include <cstddef>
#include <cstdint>

namespace ranvier::sim {

class Machine;

/// The parts that carry messages, whoever made them.
struct NetworkView {
  const Lowered& lowered;
  const Mesh& mesh;
  const Emio& emio;
  const Traffic& traffic;
  const PacketPool& packets;
  int64_t latency = 0;  // [core cycles] of the run
};

/// Errors: RunError naming the two counts when something was lost, doubled or kept.
void audit(const NetworkView& network);

/// Links, mesh links and routers.
void fill_network(const NetworkView& network, Result& result);
MessageTimes message_times(const Traffic& traffic, size_t message);
void fill_boundaries(const Machine& machine, Result& result);

/// Events of routers, interfaces and die edges so far; idle capacity of links that were used.
core::Ledger network_ledger(const NetworkView& network);
/// The same and all work of the tasks.
core::Ledger fill_ledger(const Machine& machine);

}  // namespace ranvier::sim
