#include "ranvier/analytic/plan.hpp"

#include "ranvier/analytic/starts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ranvier::analytic {
namespace {

using core::Event;
using workload::Message;
using workload::Task;
using workload::TaskKind;
using workload::Workload;

void count_task(core::Ledger& ledger, const Task& task) {
  ledger.add(Event::kMac, task.macs);
  ledger.add(Event::kAc, task.acs);
  ledger.add(Event::kLifUpdate, task.lif_updates);
  ledger.add(Event::kWeightReadBits, task.weight_read_bits);
  ledger.add(Event::kStateReadBits, task.state_read_bits);
  ledger.add(Event::kStateWriteBits, task.state_write_bits);
  ledger.add(Event::kRansSymbols, task.rans_symbols);
}

/// A spiking network's gateways only pack events, so they examine and rebuild no elements.
void count_conversion(core::Ledger& ledger, const Workload& workload, const Task& task) {
  const workload::Block& block = workload.blocks[static_cast<size_t>(task.block)];
  const auto& spec = workload.boundaries[static_cast<size_t>(block.boundary)].params.spec;
  const int64_t elements = block.step >= 0 ? 0 : static_cast<int64_t>(block.elements.size());
  if (task.kind == TaskKind::kEncode) {
    ledger.add(Event::kClpEncodeElements, elements * codec::encode_steps(spec));
    ledger.add(Event::kClpEncodeEvents, task.events);
  } else {
    ledger.add(Event::kClpDecodeElements, elements);
    ledger.add(Event::kClpDecodeEvents, task.events);
  }
}

void add_flits(SideLoad& side, int64_t bits, int64_t count) {
  if (count == 0) return;
  const auto same = std::ranges::find(side.flits, bits, &SideLoad::Flits::bits);
  if (same == side.flits.end()) {
    side.flits.push_back({bits, count});
  } else {
    same->count += count;
  }
}

/// What the packets of a message travel: its way, or the tree of those that share them.
struct Sent {
  size_t message = 0;  // the one that is injected
  size_t first_leg = 0;
  size_t last_leg = 0;
  int64_t tiles = 1;  // at which they are ejected
};

/// Adds one message with its legs; `channels` [channel] collects flits.
void count_message(Totals& totals, const Message& message, int64_t tiles, std::span<const Leg> way,
                   std::vector<int64_t>& channels) {
  const int64_t flits = message.flits();
  int64_t hops = 0;
  int64_t crossings = 0;
  for (const Leg& leg : way) {
    hops += leg.hops;
    for (int32_t h = 0; h < leg.hops; ++h) {
      channels[static_cast<size_t>(leg.channel + h)] += flits;
    }
    if (leg.side == kOnChip) continue;
    ++crossings;
    SideLoad& side = totals.sides[static_cast<size_t>(leg.side)];
    add_flits(side, message.first_flit_bits(), 1);
    add_flits(side, message.bits_per_flit, flits - 1);
  }
  totals.ledger.add(Event::kPackets, message.packets);
  totals.ledger.add(Event::kRouterBitHops, message.bits * (hops + tiles));
  totals.ledger.add(Event::kLinkBitHops, message.bits * (hops - crossings));
  totals.ledger.add(Event::kNetworkInterfaceBits, (1 + tiles) * message.bits);
  totals.ledger.add(Event::kFlitHops, flits * (hops + tiles));
  totals.crossing_bits += message.bits * crossings;
  totals.crossing_flits += flits * crossings;
}

/// Whether the packets of the message share a channel within a die; `channels` holds all flits.
bool meets_others(const Message& message, std::span<const Leg> way,
                  const std::vector<int64_t>& channels) {
  if (message.packets == 1) return false;
  for (const Leg& leg : way) {
    const int32_t on_chip = leg.side == kOnChip ? leg.hops : leg.hops - 1;
    for (int32_t h = 0; h < on_chip; ++h) {
      if (channels[static_cast<size_t>(leg.channel + h)] > message.flits()) return true;
    }
  }
  return false;
}

/// Tiles of the tasks that get the message's packets, each once.
std::vector<core::TileId> target_tiles(const Workload& workload, size_t message) {
  std::vector<core::TileId> tiles;
  for (size_t m = message; m < message + workload::sharers(workload, message); ++m) {
    const int32_t target = workload.messages[m].target;
    tiles.push_back(workload.tasks[static_cast<size_t>(target)].tile);
  }
  std::ranges::sort(tiles);
  tiles.erase(std::unique(tiles.begin(), tiles.end()), tiles.end());
  return tiles;
}

/// Appends the legs of trees, which no message has alone, behind those of the ways.
std::vector<Sent> what_is_sent(const Workload& workload, const arch::PackageSpec& package,
                               const std::vector<size_t>& first_leg, std::vector<Leg>& legs) {
  std::vector<Sent> all;
  for (size_t m = 0; m < workload.messages.size();) {
    const size_t sharers = workload::sharers(workload, m);
    Sent sent{.message = m, .first_leg = first_leg[m], .last_leg = first_leg[m + 1]};
    if (sharers > 1) {
      const auto tiles = target_tiles(workload, m);
      const auto source = static_cast<size_t>(workload.messages[m].source);
      sent.tiles = static_cast<int64_t>(tiles.size());
      sent.first_leg = legs.size();
      append_tree(package, workload.tasks[source].tile, tiles, legs);
      sent.last_leg = legs.size();
    }
    all.push_back(sent);
    m += sharers;
  }
  return all;
}

/// Work of every tile and its ports.
struct TileLoads {
  std::vector<int64_t> service, injected, ejected;  // [tile] core cycles, flits, flits
};

TileLoads tile_loads(const Workload& workload, size_t tiles) {
  TileLoads loads;
  for (auto* load : {&loads.service, &loads.injected, &loads.ejected}) load->resize(tiles);
  const auto tile_of = [&](int32_t task) {
    return static_cast<size_t>(workload.tasks[static_cast<size_t>(task)].tile.index());
  };
  for (const Task& task : workload.tasks) {
    loads.service[static_cast<size_t>(task.tile.index())] += task.service.value();
  }
  for (const Message& message : workload.messages) {
    if (!message.branch) loads.injected[tile_of(message.source)] += message.flits();
  }
  for (size_t m = 0; m < workload.messages.size(); m += workload::sharers(workload, m)) {
    for (const core::TileId tile : target_tiles(workload, m)) {
      loads.ejected[static_cast<size_t>(tile.index())] += workload.messages[m].flits();
    }
  }
  return loads;
}

constexpr const char* kTileNames[] = {"core of tile",
                                      "injection port of tile",
                                      "ejection port of tile",
                                      "mesh channel east of tile",
                                      "mesh channel west of tile",
                                      "mesh channel south of tile",
                                      "mesh channel north of tile"};

/// The first of the largest loads, tile by tile in the order of kTileNames.
Load busiest_on_chip(const TileLoads& tiles, const std::vector<int64_t>& channels,
                     const arch::PackageSpec& package) {
  int64_t most = 0;
  size_t kind = 0;
  size_t tile = 0;
  for (size_t t = 0; t < tiles.service.size(); ++t) {
    const auto at = arch::coordinates(package, core::TileId(static_cast<int32_t>(t)));
    const auto channel = [&](Direction direction) {
      return channels[static_cast<size_t>(channel_number(package, at, direction))];
    };
    const int64_t loads[] = {tiles.service[t],          tiles.injected[t],
                             tiles.ejected[t],          channel(Direction::kEast),
                             channel(Direction::kWest), channel(Direction::kSouth),
                             channel(Direction::kNorth)};
    for (size_t k = 0; k < std::size(loads); ++k) {
      if (loads[k] <= most) continue;
      most = loads[k];
      kind = k;
      tile = t;
    }
  }
  if (most == 0) return {};
  const auto at = arch::coordinates(package, core::TileId(static_cast<int32_t>(tile)));
  return {core::Cycles(most), fmt::format("{} ({}, {})", kTileNames[kind], at.x, at.y)};
}

/// Numbers the die sides that are used, in order, and puts the numbers into the legs.
std::vector<SideLoad> number_sides(std::vector<Leg>& legs, size_t chips) {
  std::vector<int32_t> number(chips * kDirections, kOnChip);
  for (const Leg& leg : legs) {
    if (leg.side != kOnChip) number[static_cast<size_t>(leg.side)] = 0;
  }
  std::vector<SideLoad> sides;
  for (size_t s = 0; s < number.size(); ++s) {
    if (number[s] == kOnChip) continue;
    number[s] = static_cast<int32_t>(sides.size());
    sides.push_back({.chip = static_cast<int32_t>(s / kDirections),
                     .direction = static_cast<Direction>(s % kDirections),
                     .flits = {}});
  }
  for (Leg& leg : legs) {
    if (leg.side != kOnChip) leg.side = number[static_cast<size_t>(leg.side)];
  }
  return sides;
}

/// Numbers the tiles that have tasks, in order. Returns how many there are.
int32_t number_cores(const Workload& workload, size_t tiles, std::vector<int32_t>& core) {
  std::vector<int32_t> number(tiles);
  for (const Task& task : workload.tasks) number[static_cast<size_t>(task.tile.index())] = 1;
  int32_t cores = 0;
  for (int32_t& n : number) n = n == 0 ? 0 : cores++;
  for (const Task& task : workload.tasks) {
    core.push_back(number[static_cast<size_t>(task.tile.index())]);
  }
  return cores;
}

}  // namespace

Plan::Plan(const Workload& of, const arch::PackageSpec& package)
    : workload(&of),
      chips_x(package.chips_x),
      chips_y(package.chips_y),
      mesh(package.chip.mesh),
      first_message(workload::first_messages(of)),
      order(workload::topological_order(of)),
      inputs(of.tasks.size()),
      branches(of, package),
      starts(std::make_shared<Starts>()) {
  const auto tiles = static_cast<size_t>(package.width() * package.height());
  cores = number_cores(of, tiles, core);
  first_leg.reserve(of.messages.size() + 1);
  for (const Message& message : of.messages) {
    ++inputs[static_cast<size_t>(message.target)];
    first_leg.push_back(legs.size());
    append_way(package, of.tasks[static_cast<size_t>(message.source)].tile,
               of.tasks[static_cast<size_t>(message.target)].tile, legs);
  }
  first_leg.push_back(legs.size());
  const std::vector<Sent> all = what_is_sent(of, package, first_leg, legs);
  totals.sides = number_sides(legs, static_cast<size_t>(chips_x * chips_y));
  for (const Task& task : of.tasks) {
    count_task(totals.ledger, task);
    if (task.block >= 0) count_conversion(totals.ledger, of, task);
  }
  std::vector<int64_t> channels(tiles * kDirections);
  const auto legs_of = [&](const Sent& sent) {
    return std::span<const Leg>(legs.data() + sent.first_leg, legs.data() + sent.last_leg);
  };
  for (const Sent& sent : all) {
    count_message(totals, of.messages[sent.message], sent.tiles, legs_of(sent), channels);
  }
  for (const Sent& sent : all) {
    interleaves = interleaves || meets_others(of.messages[sent.message], legs_of(sent), channels);
  }
  totals.busiest_on_chip = busiest_on_chip(tile_loads(of, tiles), channels, package);
}

}  // namespace ranvier::analytic
