#pragma once
// Closed form of one message in an idle package.

#include "ranvier/analytic/crossing.hpp"
#include "ranvier/analytic/route.hpp"
#include "ranvier/arch/package.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstdint>
#include <span>

namespace ranvier::analytic {

class ZeroLoad {
 public:
  /// The package must outlive it.
  explicit ZeroLoad(const arch::PackageSpec& package);

  /// Core cycle in which the tail of `message` is delivered when its head is injected at `injected`
  /// into an idle package and its tail at `last`, or as early as the buffers allow. Source:
  /// docs/models/analytic.md, zero-load latency. Cost: O(legs), and O(flits) per die crossing.
  int64_t delivery(const workload::Message& message, std::span<const Leg> way, int64_t injected,
                   int64_t last = 0) const;

 private:
  struct Span {
    int64_t head = 0;  // when the first and the last flit pass a point
    int64_t tail = 0;
  };
  Span cross(const workload::Message& message, Span train) const;

  const arch::PackageSpec& package_;
  CrossingModel crossing_;
};

}  // namespace ranvier::analytic
