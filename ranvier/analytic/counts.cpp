#include "ranvier/analytic/counts.hpp"

#include "ranvier/analytic/crossing.hpp"
#include "ranvier/analytic/route.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ranvier::analytic {
namespace {

using core::Event;
using workload::Message;
using workload::Task;
using workload::TaskKind;
using workload::Workload;

const Task& task_at(const Workload& workload, int32_t index) {
  return workload.tasks[static_cast<size_t>(index)];
}

void count_task(core::Ledger& ledger, const Task& task) {
  ledger.add(Event::kMac, task.macs);
  ledger.add(Event::kAc, task.acs);
  ledger.add(Event::kLifUpdate, task.lif_updates);
  ledger.add(Event::kWeightReadBits, task.weight_read_bits);
  ledger.add(Event::kStateReadBits, task.state_read_bits);
  ledger.add(Event::kStateWriteBits, task.state_write_bits);
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

void count_message(core::Ledger& ledger, const Message& message, const Distance& way,
                   const CrossingModel& crossing) {
  const int64_t on_link = message.bits + message.flits() * crossing.overhead();
  const int64_t fifos = crossing.retries() ? 3 : 2;  // near, far, and the replay buffer
  ledger.add(Event::kPackets, message.packets);
  ledger.add(Event::kRouterBitHops, message.bits * way.routers);
  ledger.add(Event::kLinkBitHops, message.bits * way.links());
  ledger.add(Event::kNetworkInterfaceBits, 2 * message.bits);
  ledger.add(Event::kFlitHops, message.flits() * way.routers);
  ledger.add(Event::kEmioBits, on_link * way.crossings);
  ledger.add(Event::kDieToDieBits, on_link * way.crossings);
  ledger.add(Event::kFifoBits, fifos * message.bits * way.crossings);
}

/// Calls `visit(at, hop)` for every step from the message's source to its target.
template <class Visit>
void walk(const Workload& workload, const arch::PackageSpec& package, const Message& message,
          Visit visit) {
  const auto to = arch::coordinates(package, task_at(workload, message.target).tile);
  auto at = arch::coordinates(package, task_at(workload, message.source).tile);
  while (!(at == to)) {
    const Hop hop = next_hop(package, at, to);
    visit(at, hop);
    at = hop.next;
  }
}

/// Keeps the larger of two loads.
void keep(Load& best, int64_t cycles, const char* what, int64_t x, int64_t y) {
  if (cycles <= best.cycles.value()) return;
  best = {core::Cycles(cycles), fmt::format("{} ({}, {})", what, x, y)};
}

constexpr const char* kChannelNames[kDirections] = {
    "mesh channel east of tile", "mesh channel west of tile", "mesh channel south of tile",
    "mesh channel north of tile"};
constexpr const char* kSideNames[kDirections] = {
    "die-to-die link east of chip", "die-to-die link west of chip", "die-to-die link south of chip",
    "die-to-die link north of chip"};

/// Work of every tile, channel, port and link.
struct Loads {
  std::vector<int64_t> service, injected, ejected;  // [tile] core cycles, flits, flits
  std::vector<int64_t> channels;                    // [channel] flits
  std::vector<double> sides;                        // [side] link cycles
};

/// Of a saturated link for one flit, repetitions included.
double link_cycles(const CrossingModel& crossing, int64_t bits) {
  return static_cast<double>(crossing.interval(bits)) +
         crossing.errors(bits) * static_cast<double>(crossing.busy_window(bits));
}

Loads sum_loads(const Workload& workload, const arch::PackageSpec& package) {
  const auto tiles = static_cast<size_t>(package.width() * package.height());
  const auto chips = static_cast<size_t>(package.chips_x * package.chips_y);
  const CrossingModel crossing(package);
  Loads loads;
  loads.service.resize(tiles);
  loads.injected.resize(tiles);
  loads.ejected.resize(tiles);
  loads.channels.resize(tiles * kDirections);
  loads.sides.resize(chips * kDirections);
  for (const Task& task : workload.tasks) {
    loads.service[static_cast<size_t>(task.tile.index())] += task.service.value();
  }
  for (const Message& message : workload.messages) {
    const int64_t flits = message.flits();
    const auto tile_of = [&](int32_t task) {
      return static_cast<size_t>(task_at(workload, task).tile.index());
    };
    loads.injected[tile_of(message.source)] += flits;
    loads.ejected[tile_of(message.target)] += flits;
    walk(workload, package, message, [&](arch::Coordinates at, const Hop& hop) {
      loads.channels[static_cast<size_t>(channel_index(package, at, hop.direction))] += flits;
      if (!hop.crosses) return;
      loads.sides[static_cast<size_t>(side_index(package, at, hop.direction))] +=
          link_cycles(crossing, message.first_flit_bits()) +
          static_cast<double>(flits - 1) * link_cycles(crossing, message.bits_per_flit);
    });
  }
  return loads;
}

}  // namespace

core::Ledger count_events(const Workload& workload, const arch::PackageSpec& package) {
  const CrossingModel crossing(package);
  core::Ledger ledger;
  for (const Task& task : workload.tasks) {
    count_task(ledger, task);
    if (task.block >= 0) count_conversion(ledger, workload, task);
  }
  for (const Message& message : workload.messages) {
    const auto from = arch::coordinates(package, task_at(workload, message.source).tile);
    const auto to = arch::coordinates(package, task_at(workload, message.target).tile);
    count_message(ledger, message, distance(package, from, to), crossing);
  }
  return ledger;
}

double expected_damage(const Workload& workload, const arch::PackageSpec& package) {
  const CrossingModel crossing(package);
  double flits = 0;
  for (const Message& message : workload.messages) {
    const auto from = arch::coordinates(package, task_at(workload, message.source).tile);
    const auto to = arch::coordinates(package, task_at(workload, message.target).tile);
    const double each =
        crossing.damage(message.first_flit_bits()) +
        static_cast<double>(message.flits() - 1) * crossing.damage(message.bits_per_flit);
    flits += static_cast<double>(distance(package, from, to).crossings) * each;
  }
  return flits;
}

void add_time_events(core::Ledger& ledger, const Workload& workload,
                     const arch::PackageSpec& package, core::Cycles latency) {
  std::vector<bool> used(static_cast<size_t>(package.chips_x * package.chips_y) * kDirections);
  for (const Message& message : workload.messages) {
    walk(workload, package, message, [&](arch::Coordinates at, const Hop& hop) {
      if (hop.crosses) used[static_cast<size_t>(side_index(package, at, hop.direction))] = true;
    });
  }
  int64_t links = 0;
  for (const bool side : used) links += side;
  const int64_t capacity = links * CrossingModel(package).capacity(latency.value());
  ledger.add(Event::kDieToDieIdleBits, capacity - ledger[Event::kDieToDieBits]);
  ledger.add(Event::kTileCycles, workload.tiles_used * latency.value());
}

Load busiest_resource(const Workload& workload, const arch::PackageSpec& package) {
  const Loads loads = sum_loads(workload, package);
  const CrossingModel crossing(package);
  Load best;
  for (size_t t = 0; t < loads.service.size(); ++t) {
    const auto x = static_cast<int64_t>(t) % package.width();
    const auto y = static_cast<int64_t>(t) / package.width();
    keep(best, loads.service[t], "core of tile", x, y);
    keep(best, loads.injected[t], "injection port of tile", x, y);
    keep(best, loads.ejected[t], "ejection port of tile", x, y);
    for (size_t d = 0; d < kDirections; ++d) {
      keep(best, loads.channels[t * kDirections + d], kChannelNames[d], x, y);
    }
  }
  for (size_t s = 0; s < loads.sides.size(); ++s) {
    const auto chip = static_cast<int64_t>(s) / kDirections;
    keep(best, crossing.lasting(std::llround(loads.sides[s])), kSideNames[s % kDirections],
         chip % package.chips_x, chip / package.chips_x);
  }
  return best;
}

}  // namespace ranvier::analytic
