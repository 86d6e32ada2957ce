#include "ranvier/sim/account.hpp"

#include "ranvier/core/error.hpp"

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

const NetworkRecord::PortUse& use_of(const NetworkRecord& network, int router, Port port) {
  return network.ports[static_cast<size_t>(router * kPorts + port)];
}

bool at_die_edge(const Lowered& lowered, int router, Port port) {
  return lowered.lane_of[static_cast<size_t>(router * kDirections + port)] >= 0;
}

MeshTotals mesh_totals(const NetworkRecord& network, const Lowered& lowered) {
  MeshTotals totals;
  for (int router = 0; router < lowered.routers(); ++router) {
    for (int p = 0; p < kPorts; ++p) {
      const auto port = static_cast<Port>(p);
      const auto& [flits, bits] = use_of(network, router, port);
      totals.flits += flits;
      totals.bits += bits;
      if (port == kLocal) continue;
      if (at_die_edge(lowered, router, port)) {
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
int64_t capacity_bits(const NetworkRecord& network, const Lowered& lowered) {
  const CrossingTiming& crossing = lowered.crossing;
  return crossing.clocks.floor_link_cycles(network.latency, crossing.wires);
}

void fill_mesh(const NetworkRecord& network, const Lowered& lowered, Result& result) {
  for (int router = 0; router < lowered.routers(); ++router) {
    RouterUse use{.tile = core::TileId(router), .flits = 0, .bits = 0};
    for (int p = 0; p < kPorts; ++p) {
      const auto port = static_cast<Port>(p);
      const auto& [flits, bits] = use_of(network, router, port);
      use.flits += flits;
      use.bits += bits;
      const bool on_chip = port != kLocal && !at_die_edge(lowered, router, port);
      if (!on_chip || flits == 0) continue;
      result.mesh_links.push_back(
          {core::TileId(router), core::TileId(neighbour(lowered.mesh, router, port)), flits, bits});
    }
    if (use.flits > 0) result.routers.push_back(use);
  }
}

void fill_links(const NetworkRecord& network, const Lowered& lowered, Result& result) {
  const ClockPair& clocks = lowered.crossing.clocks;
  const double link_cycles = static_cast<double>(network.latency) *
                             static_cast<double>(clocks.link_hz()) /
                             static_cast<double>(clocks.core_hz());
  for (size_t s = 0; s < lowered.sides.size(); ++s) {
    const Emio::Use& use = network.sides[s];
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

void audit(const NetworkRecord& network, const Lowered& lowered) {
  const auto& counts = network.counts;
  require_equal(counts.packets_in + counts.packets_forked, "packets injected or forked",
                counts.packets_out, "ejected");
  require_equal(counts.flits_in + counts.flits_forked, "flits injected or forked", counts.flits_out,
                "ejected");
  require_equal(counts.bits_in + counts.bits_forked, "bits injected or forked", counts.bits_out,
                "ejected");
  require_equal(network.packets_left, "packets in flight", 0, "left");
  require_equal(network.unrest, "buffers, outputs or credits still held", 0, "expected");
  const MeshTotals totals = mesh_totals(network, lowered);
  require_equal(totals.flits, "flit-hops of routers", counts.flit_hops, "of delivered flits");
  require_equal(totals.bits, "bit-hops of routers", counts.bit_hops, "of delivered flits");
  int64_t link_flits = 0, link_bits = 0;
  for (size_t s = 0; s < network.sides.size(); ++s) {
    const Emio::Use& side = network.sides[s];
    link_flits += side.flits;
    link_bits += side.payload_bits;
    require_equal(network.transmissions[s], "transmissions over a link",
                  side.flits + side.resent_flits, "delivered or repeated");
  }
  require_equal(totals.edge_flits, "flits into die edges", link_flits, "over links");
  require_equal(totals.edge_bits, "bits into die edges", link_bits, "over links");
}

void fill_network(const NetworkRecord& network, const Lowered& lowered, Result& result) {
  fill_mesh(network, lowered, result);
  fill_links(network, lowered, result);
}

MessageTimes message_times(const Traffic::Times& times) {
  return {core::Cycles(times.offered), core::Cycles(times.injected), core::Cycles(times.delivered)};
}

void fill_boundaries(const RunRecord& record, const workload::Workload& workload, Result& result) {
  for (size_t b = 0; b < workload.boundaries.size(); ++b) {
    const Emio::Use& use = record.boundaries[b];
    const BoundaryCheck::Totals& totals = record.totals[b];
    result.boundaries.push_back({.name = workload.boundaries[b].name,
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

core::Ledger network_ledger(const NetworkRecord& network, const Lowered& lowered) {
  using core::Event;
  core::Ledger ledger;
  const auto& counts = network.counts;
  const MeshTotals totals = mesh_totals(network, lowered);
  ledger.add(Event::kRouterBitHops, totals.bits);
  ledger.add(Event::kLinkBitHops, totals.link_bits);
  ledger.add(Event::kFlitHops, totals.flits);
  ledger.add(Event::kNetworkInterfaceBits, counts.bits_in + counts.bits_out);
  ledger.add(Event::kPackets, counts.packets_in);
  // Near and far FIFO, and the replay buffer.
  const int writes = lowered.crossing.replay_flits > 0 ? 3 : 2;
  ledger.add(Event::kFifoBits, writes * totals.edge_bits);
  for (size_t s = 0; s < network.sides.size(); ++s) {
    if (network.transmissions[s] == 0) continue;
    const int64_t sent = network.sides[s].bits + network.sides[s].resent_bits;
    ledger.add(Event::kEmioBits, sent);
    ledger.add(Event::kDieToDieBits, sent);
    ledger.add(Event::kDieToDieIdleBits, capacity_bits(network, lowered) - sent);
  }
  return ledger;
}

core::Ledger full_ledger(const RunRecord& record, const Lowered& lowered, int64_t tiles) {
  core::Ledger ledger = network_ledger(record.network, lowered);
  ledger += record.work;
  ledger.add(core::Event::kTileCycles, tiles * record.network.latency);
  return ledger;
}

}  // namespace ranvier::sim
