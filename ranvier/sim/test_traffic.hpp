#pragma once
// Random traffic as workloads, for tests and benchmarks.

#include "ranvier/core/rng.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace ranvier::sim::testing {

/// Single-flit or longer packets between random tiles. Each tile is a chain of tasks whose services
/// are the gaps of a Bernoulli process of `rate` flits per cycle; each task sends one packet to a
/// sink task.
inline workload::Workload uniform_traffic(const arch::PackageSpec& spec, double rate, int flits,
                                          int64_t cycles, uint64_t seed) {
  Builder builder;
  const int tiles = spec.width() * spec.height();
  core::Rng rng(seed);
  std::vector<std::pair<int32_t, int>> sends;
  for (int tile = 0; tile < tiles; ++tile) {
    int64_t gap = 0;
    for (int64_t cycle = 0; cycle < cycles; ++cycle, ++gap) {
      if (rng.uniform() >= rate / flits) continue;
      sends.emplace_back(builder.task(tile, gap),
                         static_cast<int>(rng.below(static_cast<uint64_t>(tiles))));
      gap = 0;
    }
  }
  std::vector<int32_t> sinks(static_cast<size_t>(tiles), -1);
  for (const auto& [source, target] : sends) {
    int32_t& sink = sinks[static_cast<size_t>(target)];
    if (sink < 0) sink = builder.task(target);
    builder.message(source, sink, 1, flits);
  }
  return builder.build();
}

}  // namespace ranvier::sim::testing
