#include "ranvier/sim/noc.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/account.hpp"
#include "ranvier/sim/noc_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>

namespace ranvier::sim {
namespace {

constexpr int64_t kUnlimited = kNever;

// A backlog is growth only if it is no fluctuation: a share of what was created, and some packets.
constexpr double kGrowthOfAll = 0.05;
constexpr double kGrowthOfTile = 0.10;
constexpr int64_t kGrowthOfTilePackets = 32;

void check(const NocSpec& spec) {
  const auto require = [](bool holds, const char* key, double given, const std::string& allowed) {
    if (holds) return;
    throw core::UserError({.key = key,
                           .given = fmt::format("{}", given),
                           .allowed = allowed,
                           .place = "the command line",
                           .hint = ""});
  };
  require(spec.packet_flits >= 1 && spec.packet_flits <= 65536, "--packet-flits", spec.packet_flits,
          "1..65536");
  require(
      spec.rate >= 1e-6 && spec.rate <= spec.packet_flits, "--rate", spec.rate,
      fmt::format("0.000001..{} flits per tile and cycle: a tile makes at most one packet of {} "
                  "flits in a cycle",
                  spec.packet_flits, spec.packet_flits));
  require(spec.warmup_cycles >= 0, "--warmup", static_cast<double>(spec.warmup_cycles),
          "0 or more");
  require(spec.measure_cycles >= 1, "--cycles", static_cast<double>(spec.measure_cycles),
          "1 or more");
  require(spec.drain_cycles >= 0, "--drain", static_cast<double>(spec.drain_cycles), "0 or more");
}

/// Packets that a tile had created, and had in its queue, before some cycle.
struct Backlog {
  std::vector<int64_t> created, queued;  // [tiles]
  int64_t created_sum = 0, queued_sum = 0;
};

Backlog backlog(const NocMachine& machine, int64_t cycle) {
  Backlog backlog;
  for (int tile = 0; tile < machine.lowered().routers(); ++tile) {
    const int64_t queued = machine.tile(tile).queued(tile, cycle);
    backlog.queued.push_back(queued);
    backlog.created.push_back(machine.tile(tile).packets_in(tile) + queued);
    backlog.created_sum += backlog.created.back();
    backlog.queued_sum += queued;
  }
  return backlog;
}

std::optional<LatencySummary> summary(const LatencyHistogram& latencies) {
  if (latencies.count() == 0) return std::nullopt;
  return LatencySummary{.mean = latencies.mean(),
                        .p50 = latencies.quantile(0.5),
                        .p99 = latencies.quantile(0.99),
                        .max = latencies.max()};
}

/// The tile whose queue grew most, if that is more than a fluctuation.
std::string growing_queue(const NocMachine& machine, const Backlog& begin, const Backlog& end) {
  size_t worst = 0;
  const auto growth = [&](size_t tile) { return end.queued[tile] - begin.queued[tile]; };
  for (size_t tile = 1; tile < end.queued.size(); ++tile) {
    if (growth(tile) > growth(worst)) worst = tile;
  }
  const int64_t created = end.created[worst] - begin.created[worst];
  if (growth(worst) <= kGrowthOfTilePackets ||
      static_cast<double>(growth(worst)) <= kGrowthOfTile * static_cast<double>(created)) {
    return {};
  }
  const Place place = machine.lowered().place(static_cast<int>(worst));
  return fmt::format("the queue of tile ({},{}) grew by {} packets while it created {}", place.x,
                     place.y, growth(worst), created);
}

std::string saturation(const NocSpec& spec, const NocMachine& machine, int64_t flits_out,
                       const Backlog& begin, const Backlog& end, const NocResult& result) {
  const int64_t created = (end.created_sum - begin.created_sum) * spec.packet_flits;
  const int64_t growth = created - flits_out;
  const auto tiles = static_cast<int64_t>(end.created.size());
  if (growth > tiles * spec.packet_flits &&
      static_cast<double>(growth) > kGrowthOfAll * static_cast<double>(created)) {
    return fmt::format("accepts {:.4f} of {:.4f} flits per tile and cycle, the rest piles up",
                       result.accepted, result.offered);
  }
  if (std::string queue = growing_queue(machine, begin, end); !queue.empty()) return queue;
  if (result.unfinished_packets == 0) return {};
  return fmt::format("{} of {} measured packets had not arrived {} cycles after the measurement",
                     result.unfinished_packets, result.measured_packets, spec.drain_cycles);
}

std::vector<LinkUse> links(const NocMachine& machine) {
  Result uses;
  fill_network(machine.network(), machine.lowered(), uses);
  return std::move(uses.links);
}

void fill_run(const NocMachine& machine, NocResult& result) {
  result.links = links(machine);
  const Backlog last = backlog(machine, machine.now());
  result.simulated_cycles = machine.now();
  result.packets_created = last.created_sum;
  result.packets_queued = last.queued_sum;
  result.packets_in_flight = machine.in_flight();
  result.packets_delivered = machine.packets_out();
  result.flit_hops = machine.flit_hops();
  if (result.packets_created !=
      result.packets_queued + result.packets_in_flight + result.packets_delivered) {
    throw core::RunError(fmt::format(
        "conservation is broken: {} packets created; {} queued, {} in flight, {} delivered",
        result.packets_created, result.packets_queued, result.packets_in_flight,
        result.packets_delivered));
  }
}

}  // namespace

NocResult simulate_noc(const NocSpec& spec) {
  check(spec);
  const auto started = std::chrono::steady_clock::now();
  const int64_t begin = spec.warmup_cycles;
  const int64_t end = begin + spec.measure_cycles;
  const Targets targets(spec.pattern, spec.package.width(), spec.package.height(), spec.hotspot);
  NocMachine machine(spec.package,
                     {.packets_per_cycle = spec.rate / spec.packet_flits,
                      .packet_flits = spec.packet_flits,
                      .flit_bits = spec.package.packet.flit_bits(),
                      .seed = spec.seed,
                      .begin = begin,
                      .end = end},
                     targets, spec.order_seed, {.threads = spec.threads});
  machine.run_to(begin, kUnlimited);
  const Backlog before = backlog(machine, begin);
  machine.run_to(end, kUnlimited);
  const Backlog after = backlog(machine, end);
  NocResult result;
  result.measured_packets = after.created_sum - before.created_sum;
  machine.run_to(end + spec.drain_cycles, result.measured_packets);

  const OpenLoop::Measured measured = machine.measured();
  const double tile_cycles = static_cast<double>(spec.measure_cycles) * machine.lowered().routers();
  const int64_t arrived = measured.packet.count();
  result.rate = spec.rate;
  result.offered = static_cast<double>(result.measured_packets * spec.packet_flits) / tile_cycles;
  result.accepted = static_cast<double>(measured.flits_out) / tile_cycles;
  result.packet_latency = summary(measured.packet);
  result.network_latency = summary(measured.network);
  result.hops_mean =
      arrived > 0 ? static_cast<double>(measured.hops) / static_cast<double>(arrived) : 0.0;
  result.unfinished_packets = result.measured_packets - arrived;
  result.saturation = saturation(spec, machine, measured.flits_out, before, after, result);
  fill_run(machine, result);
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return result;
}

std::vector<NocResult> simulate_noc_curve(const NocSpec& spec, std::span<const double> rates,
                                          int threads) {
  std::vector<NocResult> results(rates.size());
  std::vector<std::exception_ptr> errors(rates.size());
  std::atomic<size_t> next = 0;
  const int side_by_side = std::min(threads, static_cast<int>(rates.size()));
  const int inside = threads / std::max(side_by_side, 1);
  const auto work = [&] {
    for (size_t i = next++; i < rates.size(); i = next++) {
      try {
        NocSpec one = spec;
        one.rate = rates[i];
        one.threads = inside;
        results[i] = simulate_noc(one);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> others;
    for (int t = 1; t < side_by_side; ++t) others.emplace_back(work);
    work();
  }
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  return results;
}

}  // namespace ranvier::sim
