#include "ranvier/analytic/counts.hpp"

#include "ranvier/analytic/crossing.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ranvier::analytic {
namespace {

using core::Event;

constexpr const char* kSideNames[kDirections] = {"east", "west", "south", "north"};

/// Of a saturated link for one flit, repetitions included.
double link_cycles(const CrossingModel& crossing, int64_t bits) {
  return crossing.interval(bits) +
         crossing.errors(bits) * static_cast<double>(crossing.busy_window(bits));
}

/// Core cycles for which the side's flits keep its link.
int64_t link_load(const SideLoad& side, const CrossingModel& crossing) {
  double cycles = 0;
  for (const auto& [bits, count] : side.flits) {
    cycles += static_cast<double>(count) * link_cycles(crossing, bits);
  }
  return crossing.lasting(std::llround(cycles));
}

}  // namespace

core::Ledger count_events(const Totals& totals, const arch::PackageSpec& package) {
  const CrossingModel crossing(package);
  const int64_t on_links = totals.crossing_bits + totals.crossing_flits * crossing.overhead();
  const int64_t fifos = crossing.retries() ? 3 : 2;  // near, far, and the replay buffer
  core::Ledger ledger = totals.ledger;
  ledger.add(Event::kEmioBits, on_links);
  ledger.add(Event::kDieToDieBits, on_links);
  ledger.add(Event::kFifoBits, fifos * totals.crossing_bits);
  return ledger;
}

double expected_damage(const Totals& totals, const arch::PackageSpec& package) {
  const CrossingModel crossing(package);
  double flits = 0;
  for (const SideLoad& side : totals.sides) {
    for (const auto& [bits, count] : side.flits) {
      flits += static_cast<double>(count) * crossing.damage(bits);
    }
  }
  return flits;
}

void add_time_events(core::Ledger& ledger, const Plan& plan, const arch::PackageSpec& package,
                     core::Cycles latency) {
  const auto links = static_cast<int64_t>(plan.totals.sides.size());
  const int64_t capacity = links * CrossingModel(package).capacity(latency.value());
  ledger.add(Event::kDieToDieIdleBits, capacity - ledger[Event::kDieToDieBits]);
  ledger.add(Event::kTileCycles, plan.workload->tiles_used * latency.value());
}

Load busiest_resource(const Totals& totals, const arch::PackageSpec& package) {
  const CrossingModel crossing(package);
  int64_t most = totals.busiest_on_chip.cycles.value();
  const SideLoad* busiest = nullptr;
  for (const SideLoad& side : totals.sides) {
    const int64_t cycles = link_load(side, crossing);
    if (cycles <= most) continue;
    most = cycles;
    busiest = &side;
  }
  if (busiest == nullptr) return totals.busiest_on_chip;
  return {core::Cycles(most),
          fmt::format("die-to-die link {} of chip ({}, {})",
                      kSideNames[static_cast<size_t>(busiest->direction)],
                      busiest->chip % package.chips_x, busiest->chip / package.chips_x)};
}

}  // namespace ranvier::analytic
