#include "ranvier/analytic/crossing.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::analytic {
namespace {

// Products of two rates and a time do not fit 64 bits.
__extension__ typedef __int128 Wide;

constexpr int64_t kPicosecondsPerSecond = 1'000'000'000'000;

int64_t ceil_ratio(Wide numerator, Wide denominator) {
  return static_cast<int64_t>((numerator + denominator - 1) / denominator);
}

}  // namespace

CrossingModel::CrossingModel(const arch::PackageSpec& package)
    : core_hz_(std::llround(package.core_clock.value())),
      link_hz_(std::llround(package.serdes.lane_rate.value())),
      wire_ps_(package.serdes.phy_latency.value() + package.serdes.flight.value()),
      phase_ps_(package.serdes.clock_phase.value()),
      lanes_(package.serdes.lanes),
      overhead_(package.link_overhead_bits()),
      fifo_source_(package.emio.fifo_source_cycles),
      fifo_sync_(package.emio.fifo_sync_cycles),
      merge_(package.emio.merge_cycles),
      split_(package.emio.split_cycles),
      retries_(package.serdes.retry == arch::RetryPolicy::kGoBackN),
      bit_error_rate_(package.serdes.bit_error_rate),
      answer_(fifo_source_ + ceil_ratio(Wide(2) * wire_ps_ * link_hz_, kPicosecondsPerSecond) +
              fifo_sync_),
      slot_loop_(package.emio.fifo_sync_cycles + 1 + package.router.link_cycles) {
  RANVIER_CONTRACT(core_hz_ > 0 && link_hz_ > 0 && lanes_ > 0, "clocks and lanes are positive");
}

int64_t CrossingModel::ready(int64_t core) const {
  const Wide since_link_0 =
      Wide(core + merge_ + fifo_source_) * kPicosecondsPerSecond - Wide(phase_ps_) * core_hz_;
  return ceil_ratio(since_link_0 * link_hz_, Wide(core_hz_) * kPicosecondsPerSecond) + fifo_sync_;
}

int64_t CrossingModel::beats(int64_t flit_bits) const {
  return core::ceil_div(flit_bits + overhead_, lanes_);
}

int64_t CrossingModel::interval(int64_t flit_bits) const {
  return std::max(beats(flit_bits), core::ceil_div(link_hz_, core_hz_));
}

double CrossingModel::damage(int64_t flit_bits) const {
  return -std::expm1(static_cast<double>(flit_bits + overhead_) * std::log1p(-bit_error_rate_));
}

double CrossingModel::errors(int64_t flit_bits) const {
  const double p = retries_ ? damage(flit_bits) : 0.0;
  return p / (1 - p);
}

int64_t CrossingModel::busy_window(int64_t flit_bits) const {
  const int64_t each = interval(flit_bits);
  return core::ceil_div(window(flit_bits), each) * each;
}

int64_t CrossingModel::arrival(int64_t link) const {
  const Wide written =
      Wide(link + fifo_source_) * kPicosecondsPerSecond + Wide(phase_ps_ + wire_ps_) * link_hz_;
  return ceil_ratio(written * core_hz_, Wide(link_hz_) * kPicosecondsPerSecond) + fifo_sync_ +
         split_;
}

int64_t CrossingModel::credit_return(int64_t core) const {
  const Wide sent = Wide(core - split_ + fifo_source_) * kPicosecondsPerSecond +
                    Wide(wire_ps_ - phase_ps_) * core_hz_;
  return ceil_ratio(sent * link_hz_, Wide(core_hz_) * kPicosecondsPerSecond) + fifo_sync_;
}

int64_t CrossingModel::slot_return(int64_t link) const { return ready(core_at(link) + slot_loop_); }

int64_t CrossingModel::core_at(int64_t link) const {
  const Wide since_core_0 = Wide(link) * kPicosecondsPerSecond + Wide(phase_ps_) * link_hz_;
  return ceil_ratio(since_core_0 * core_hz_, Wide(link_hz_) * kPicosecondsPerSecond);
}

int64_t CrossingModel::lasting(int64_t link) const {
  return ceil_ratio(Wide(link) * core_hz_, link_hz_);
}

int64_t CrossingModel::capacity(int64_t core_cycles) const {
  return static_cast<int64_t>(Wide(core_cycles) * link_hz_ * lanes_ / core_hz_);
}

int64_t stream_cycles(const arch::RouterSpec& router, int64_t flits) {
  const int64_t loop = router.router_cycles + 2 * router.link_cycles + 1;
  const int64_t buffer = router.buffer_flits;
  if (buffer >= loop) return flits - 1;
  return (flits - 1) / buffer * loop + (flits - 1) % buffer;
}

}  // namespace ranvier::analytic
