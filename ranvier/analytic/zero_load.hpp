#pragma once
// Closed form of one message in an idle package.

#include "ranvier/arch/package.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstdint>

namespace ranvier::analytic {

/// Core cycle in which the tail of `message` is delivered when its head is injected at `injected`
/// into an idle package and its tail at `last`, or as early as the buffers allow. Source:
/// docs/models/analytic.md, zero-load latency. Cost: O(1) on chip, O(flits) per die crossing.
int64_t zero_load_delivery(const workload::Message& message, core::TileId from, core::TileId to,
                           int64_t injected, const arch::PackageSpec& package, int64_t last = 0);

}  // namespace ranvier::analytic
