#include "ranvier/analytic/zero_load.hpp"

#include "ranvier/analytic/die_link.hpp"

#include <algorithm>

namespace ranvier::analytic {

ZeroLoad::ZeroLoad(const arch::PackageSpec& package) : package_(package), crossing_(package) {}

/// The train alone on its lane of an idle die side.
ZeroLoad::Span ZeroLoad::cross(const workload::Message& message, Span train) const {
  DieLink link(crossing_, package_, 1);
  const int64_t flits = message.flits();
  link.push(0, {.message = 0,
                .flits = flits,
                .first_bits = message.first_flit_bits(),
                .bits = message.bits_per_flit,
                .head = train.head,
                .tail = train.tail});
  Span far;
  for (int64_t k = 0; k < flits; ++k) {
    far.tail = link.grant().arrival;
    if (k == 0) far.head = far.tail;
  }
  return far;
}

int64_t ZeroLoad::delivery(const workload::Message& message, std::span<const Leg> way,
                           int64_t injected, int64_t last) const {
  const int64_t hop_cycles = package_.router.router_cycles + package_.router.link_cycles;
  Span train{injected + kPortCycles, last + kPortCycles};
  if (message.flits() == 1) train.head = train.tail;
  for (const Leg& leg : way) {
    train.head += leg.hops * hop_cycles;
    train.tail += leg.hops * hop_cycles;
    if (leg.side != kOnChip) train = cross(message, train);
  }
  return train.tail + hop_cycles + kPortCycles;
}

}  // namespace ranvier::analytic
