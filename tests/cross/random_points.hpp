#pragma once
// Points of the design space drawn at random: a network with its activity, mapped onto hardware.

#include "ranvier/arch/package.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstdint>
#include <string>

namespace ranvier::testing {

struct RandomPoint {
  std::string what;  // seed, number, network and hardware, to find it again
  arch::PackageSpec package;
  workload::Workload workload;
};

/// Point `number` of a seed; the same on every machine. Draws a network (residual, filled over
/// several chips, MS-ResNet, RWKV), its kind, codec and wire format, its activity, and the
/// hardware around it; settings onto which the network does not fit are drawn again.
/// Links have no errors: their repetitions are drawn, too. `delivery`: the same point but for who
/// shares packets, with fork buffers of 8 to 128 flits.
RandomPoint random_point(uint64_t seed, uint64_t number,
                         map::DeliveryMode delivery = map::DeliveryMode::kUnicast);

}  // namespace ranvier::testing
