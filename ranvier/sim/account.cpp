#include "ranvier/sim/account.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/machine.hpp"

#include <fmt/format.h>

namespace ranvier::sim {
namespace {

void require_equal(int64_t a, const char* a_name, int64_t b, const char* b_name) {
  if (a == b) return;
  throw core::RunError(fmt::format("conservation is broken: {} {}, {} {}", a_name, a, b_name, b));
}

struct MeshTotals {
  int64_t flits = 0, bits = 0;            // through all output ports
  int64_t link_bits = 0;                  // between routers of one chip
  int64_t edge_flits = 0, edge_bits = 0;  // into EMIO lanes
};

MeshTotals mesh_totals(const NetworkView& network) {
  MeshTotals totals;
  const Lowered& lowered = network.lowered;
  for (int router = 0; router < lowered.routers(); ++router) {
    for (int p = 0; p < kPorts; ++p) {
      const auto port = static_cast<Port>(p);
      const int64_t flits = network.mesh.flits(router, port);
      const int64_t bits = network.mesh.bits(router, port);
      totals.flits += flits;
      totals.bits += bits;
      if (port == kLocal) continue;
      if (lowered.lane_of[static_cast<size_t>(router * kDirections + port)] >= 0) {
        totals.edge_flits += flits;
        totals.edge_bits += bits;
      } else {
        totals.link_bits += bits;
      }
    }
  }
  return totals;
}

/// Bits that a link of the given width could have carried in the run.
int64_t capacity_bits(const NetworkView& network) {
  const CrossingTiming& crossing = network.lowered.crossing;
  return crossing.clocks.floor_link_cycles(network.latency, crossing.wires);
}

int neighbour(const Lowered& lowered, int router, Port port) {
  const int steps[kDirections] = {1, -1, -lowered.mesh.width, lowered.mesh.width};
  return router + steps[port];
}

void fill_mesh(const NetworkView& network, Result& result) {
  const Lowered& lowered = network.lowered;
  for (int router = 0; router < lowered.routers(); ++router) {
    RouterUse use{.tile = core::TileId(router), .flits = 0, .bits = 0};
    for (int p = 0; p < kPorts; ++p) {
      const auto port = static_cast<Port>(p);
      const int64_t flits = network.mesh.flits(router, port);
      const int64_t bits = network.mesh.bits(router, port);
      use.flits += flits;
      use.bits += bits;
      const bool on_chip =
          port != kLocal && lowered.lane_of[static_cast<size_t>(router * kDirections + port)] < 0;
      if (!on_chip || flits == 0) continue;
      result.mesh_links.push_back(
          {core::TileId(router), core::TileId(neighbour(lowered, router, port)), flits, bits});
    }
    if (use.flits > 0) result.routers.push_back(use);
  }
}

void fill_links(const NetworkView& network, Result& result) {
  const Lowered& lowered = network.lowered;
  const ClockPair& clocks = lowered.crossing.clocks;
  const double link_cycles = static_cast<double>(network.latency) *
                             static_cast<double>(clocks.link_hz()) /
                             static_cast<double>(clocks.core_hz());
  for (size_t s = 0; s < lowered.sides.size(); ++s) {
    const Emio::Use& use = network.emio.side_use(static_cast<int>(s));
    if (use.flits == 0) continue;
    result.links.push_back({.from = core::ChipId(lowered.sides[s].near_chip),
                            .to = core::ChipId(lowered.sides[s].far_chip),
                            .flits = use.flits,
                            .bits = use.bits,
                            .utilisation = static_cast<double>(use.beats) / link_cycles,
                            .damaged_flits = use.damaged_flits,
                            .resent_flits = use.resent_flits,
                            .resent_bits = use.resent_bits});
  }
}

}  // namespace

void audit(const NetworkView& network) {
  const auto& counts = network.traffic.counts();
  require_equal(counts.packets_in, "packets injected", counts.packets_out, "ejected");
  require_equal(counts.flits_in, "flits injected", counts.flits_out, "ejected");
  require_equal(counts.bits_in, "bits injected", counts.bits_out, "ejected");
  require_equal(static_cast<int64_t>(network.packets.in_flight()), "packets in flight", 0, "left");
  const bool rest = network.mesh.at_rest() && network.emio.at_rest();
  require_equal(rest ? 0 : 1, "buffers or outputs still held", 0, "expected");
  const MeshTotals totals = mesh_totals(network);
  require_equal(totals.flits, "flit-hops of routers", counts.flit_hops, "of delivered flits");
  require_equal(totals.bits, "bit-hops of routers", counts.bit_hops, "of delivered flits");
  int64_t link_flits = 0, link_bits = 0;
  for (size_t s = 0; s < network.lowered.sides.size(); ++s) {
    const Emio::Use& use = network.emio.side_use(static_cast<int>(s));
    link_flits += use.flits;
    link_bits += use.payload_bits;
    require_equal(network.emio.transmissions(static_cast<int>(s)), "transmissions over a link",
                  use.flits + use.resent_flits, "delivered or repeated");
  }
  require_equal(totals.edge_flits, "flits into die edges", link_flits, "over links");
  require_equal(totals.edge_bits, "bits into die edges", link_bits, "over links");
}

void fill_network(const NetworkView& network, Result& result) {
  fill_mesh(network, result);
  fill_links(network, result);
}

MessageTimes message_times(const Traffic& traffic, size_t message) {
  const auto& times = traffic.times(static_cast<int32_t>(message));
  return {core::Cycles(times.offered), core::Cycles(times.injected), core::Cycles(times.delivered)};
}

void fill_boundaries(const Machine& machine, Result& result) {
  for (size_t b = 0; b < machine.workload().boundaries.size(); ++b) {
    const Emio::Use& use = machine.emio().boundary_use(static_cast<int>(b));
    const BoundaryCheck::Totals& totals = machine.boundaries().totals(b);
    result.boundaries.push_back({.name = machine.workload().boundaries[b].name,
                                 .link_bits = use.bits,
                                 .flits = use.flits,
                                 .packets = use.packets,
                                 .events = totals.events,
                                 .blocks = totals.blocks,
                                 .values_checked = totals.values,
                                 .damaged_flits = use.damaged_flits,
                                 .resent_flits = use.resent_flits,
                                 .resent_bits = use.resent_bits,
                                 .damaged_blocks = totals.damaged_blocks,
                                 .lost_blocks = totals.lost_blocks,
                                 .values_damaged = totals.values_damaged,
                                 .value_error_sum = totals.value_error_sum});
    result.values_checked += totals.values;
    result.values_damaged += totals.values_damaged;
  }
}

core::Ledger network_ledger(const NetworkView& network) {
  using core::Event;
  core::Ledger ledger;
  const auto& counts = network.traffic.counts();
  const MeshTotals totals = mesh_totals(network);
  ledger.add(Event::kRouterBitHops, totals.bits);
  ledger.add(Event::kLinkBitHops, totals.link_bits);
  ledger.add(Event::kFlitHops, totals.flits);
  ledger.add(Event::kNetworkInterfaceBits, counts.bits_in + counts.bits_out);
  ledger.add(Event::kPackets, counts.packets_in);
  // Near and far FIFO, and the replay buffer.
  const int writes = network.lowered.crossing.replay_flits > 0 ? 3 : 2;
  ledger.add(Event::kFifoBits, writes * totals.edge_bits);
  for (size_t s = 0; s < network.lowered.sides.size(); ++s) {
    if (network.emio.transmissions(static_cast<int>(s)) == 0) continue;
    const Emio::Use& use = network.emio.side_use(static_cast<int>(s));
    const int64_t sent = use.bits + use.resent_bits;
    ledger.add(Event::kEmioBits, sent);
    ledger.add(Event::kDieToDieBits, sent);
    ledger.add(Event::kDieToDieIdleBits, capacity_bits(network) - sent);
  }
  return ledger;
}

core::Ledger fill_ledger(const Machine& machine) {
  core::Ledger ledger = network_ledger(machine.network());
  ledger += machine.work();
  ledger.add(core::Event::kTileCycles, machine.workload().tiles_used * machine.latency());
  return ledger;
}

}  // namespace ranvier::sim
