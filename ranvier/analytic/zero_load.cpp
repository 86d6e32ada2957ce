#include "ranvier/analytic/zero_load.hpp"

#include "ranvier/analytic/crossing.hpp"
#include "ranvier/analytic/die_link.hpp"
#include "ranvier/analytic/route.hpp"

#include <algorithm>

namespace ranvier::analytic {
namespace {

/// When the first and the last flit of a train pass a point.
struct Span {
  int64_t head = 0;
  int64_t tail = 0;
};

/// The train alone on its lane of an idle die side.
Span cross(const workload::Message& message, Span train, const CrossingModel& crossing,
           const arch::PackageSpec& package) {
  DieLink link(crossing, package);
  const int64_t flits = message.flits();
  for (int64_t k = 0; k < flits; ++k) {
    const int64_t bits = k == 0 ? message.first_flit_bits() : message.bits_per_flit;
    link.push(0, {0, k, bits, crossing.ready(flit_time(train.head, train.tail, k, flits))});
  }
  Span far;
  for (int64_t k = 0; k < flits; ++k) {
    far.tail = link.grant().arrival;
    if (k == 0) far.head = far.tail;
  }
  return far;
}

}  // namespace

int64_t zero_load_delivery(const workload::Message& message, core::TileId from, core::TileId to,
                           int64_t injected, const arch::PackageSpec& package, int64_t last) {
  const CrossingModel crossing(package);
  const int64_t hop_cycles = package.router.router_cycles + package.router.link_cycles;
  const arch::Coordinates target = arch::coordinates(package, to);
  arch::Coordinates at = arch::coordinates(package, from);
  Span train{injected + kPortCycles, 0};
  train.tail =
      std::max(train.head + stream_cycles(package.router, message.flits()), last + kPortCycles);
  if (message.flits() == 1) train.head = train.tail;
  while (!(at == target)) {
    const Hop hop = next_hop(package, at, target);
    train.head += hop_cycles;
    train.tail += hop_cycles;
    if (hop.crosses) train = cross(message, train, crossing, package);
    at = hop.next;
  }
  return train.tail + hop_cycles + kPortCycles;
}

}  // namespace ranvier::analytic
