#include "ranvier/analytic/crossing.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::analytic {
namespace {

constexpr int64_t kPicosecondsPerSecond = 1'000'000'000'000;

/// Core cycle to link cycle: `delay` core cycles and `ps` later, seen from link cycle 0.
ClockRatio to_link(Wide core_hz, Wide link_hz, Wide delay, Wide ps) {
  return {link_hz * kPicosecondsPerSecond, (delay * kPicosecondsPerSecond + ps * core_hz) * link_hz,
          core_hz * kPicosecondsPerSecond};
}

/// Link cycle to core cycle: `delay` link cycles and `ps` later, seen from core cycle 0.
ClockRatio to_core(Wide core_hz, Wide link_hz, Wide delay, Wide ps) {
  return to_link(link_hz, core_hz, delay, ps);
}

/// PHY and flight.
int64_t wire_ps(const arch::SerdesSpec& serdes) {
  return serdes.phy_latency.value() + serdes.flight.value();
}

int64_t hertz(core::Hertz rate) {
  const int64_t whole = std::llround(rate.value());
  RANVIER_CONTRACT(whole > 0, "clocks are positive");
  return whole;
}

}  // namespace

CrossingModel::CrossingModel(const arch::PackageSpec& package)
    : core_hz_(hertz(package.core_clock)),
      link_hz_(hertz(package.serdes.lane_rate)),
      lanes_(package.serdes.lanes),
      overhead_(package.link_overhead_bits()),
      fifo_sync_(package.emio.fifo_sync_cycles),
      split_(package.emio.split_cycles),
      merge_interval_(static_cast<double>(link_hz_) / static_cast<double>(core_hz_)),
      retries_(package.serdes.retry == arch::RetryPolicy::kGoBackN),
      bit_error_rate_(package.serdes.bit_error_rate),
      answer_(package.emio.fifo_source_cycles +
              ceil_ratio(Wide(2) * wire_ps(package.serdes) * link_hz_, kPicosecondsPerSecond) +
              fifo_sync_),
      slot_loop_(package.emio.fifo_sync_cycles + 1 + package.router.link_cycles),
      ready_(to_link(core_hz_, link_hz_,
                     package.emio.merge_cycles + package.emio.fifo_source_cycles,
                     -package.serdes.clock_phase.value())),
      arrival_(to_core(core_hz_, link_hz_, package.emio.fifo_source_cycles,
                       package.serdes.clock_phase.value() + wire_ps(package.serdes))),
      credit_(to_link(core_hz_, link_hz_, package.emio.fifo_source_cycles - split_,
                      wire_ps(package.serdes) - package.serdes.clock_phase.value())),
      core_at_(to_core(core_hz_, link_hz_, 0, package.serdes.clock_phase.value())),
      link_at_(to_link(core_hz_, link_hz_, 0, -package.serdes.clock_phase.value())) {
  RANVIER_CONTRACT(lanes_ > 0, "a link has lanes");
}

int64_t CrossingModel::beats(int64_t flit_bits) const {
  return core::ceil_div(flit_bits + overhead_, lanes_);
}

int64_t CrossingModel::next_start(int64_t start, int64_t beats) const {
  if (static_cast<double>(beats) >= merge_interval_) return start + beats;
  const int64_t core = core_at_(start);
  const int64_t window = link_at_(core);
  return std::max(start + beats, window > start ? window : link_at_(core + 1));
}

double CrossingModel::interval(int64_t flit_bits) const {
  return std::max(static_cast<double>(beats(flit_bits)), merge_interval_);
}

double CrossingModel::damage(int64_t flit_bits) const {
  return -std::expm1(static_cast<double>(flit_bits + overhead_) * std::log1p(-bit_error_rate_));
}

double CrossingModel::errors(int64_t flit_bits) const {
  if (!retries_) return 0;
  const double p = damage(flit_bits);
  return p / (1 - p);
}

int64_t CrossingModel::busy_window(int64_t flit_bits) const {
  const double each = interval(flit_bits);
  const double flits = std::ceil(static_cast<double>(window(flit_bits)) / each);
  return std::llround(flits * each);
}

int64_t CrossingModel::lasting(int64_t link) const {
  return ceil_ratio(Wide(link) * core_hz_, link_hz_);
}

int64_t CrossingModel::capacity(int64_t core_cycles) const {
  return static_cast<int64_t>(Wide(core_cycles) * link_hz_ * lanes_ / core_hz_);
}

}  // namespace ranvier::analytic
