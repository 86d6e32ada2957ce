// Two models of the die edge, written apart: they must agree to the cycle where only the link is
// shared.

#include "ranvier/analytic/model.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace ranvier {
namespace {

using sim::testing::Builder;

void expect_equal_latency(const workload::Workload& workload, const arch::PackageSpec& spec,
                          const std::string& what) {
  EXPECT_EQ(sim::simulate(workload, spec).latency, analytic::estimate(workload, spec).latency)
      << what;
}

TEST(Crossing, ModelsAgreeOnWhoIsServedFirst) {
  for (const auto policy : {arch::MergePolicy::kRoundRobin, arch::MergePolicy::kFixedPriority}) {
    for (int slow = 0; slow < 4; ++slow) {
      auto spec = sim::testing::package(2, 1, 4);
      spec.emio.merge_policy = policy;
      Builder builder;
      for (int lane = 0; lane < 4; ++lane) {
        // The receiver of lane `slow` works so long that the end of the run tells when it began.
        const int64_t service = lane == slow ? 100'000 : 0;
        builder.message(builder.task(lane * 8 + 3), builder.task(lane * 8 + 4, service), 30);
      }
      expect_equal_latency(builder.build(), spec, "lane " + std::to_string(slow));
    }
  }
}

TEST(Crossing, ModelsAgreeForAnyClocksPhaseAndSynchroniser) {
  for (const auto& [core_hz, link_hz] : {std::pair(200e6, 680e6), {1e9, 16e9}, {333e6, 7e6}}) {
    const auto period = static_cast<int64_t>(1e12 / link_hz);  // [ps]
    for (const int64_t phase : {int64_t{0}, int64_t{1}, period / 2, period - 1}) {
      for (const int sync : {1, 3, 7}) {
        auto spec = sim::testing::package(2, 1, 2);
        spec.core_clock = core::Hertz(core_hz);
        spec.serdes.lane_rate = core::Hertz(link_hz);
        spec.serdes.clock_phase = core::Picoseconds(phase);
        spec.emio.fifo_sync_cycles = sync;
        for (const int flits : {1, 2, 40}) {
          spec.emio.lane_buffer_flits = flits == 40 ? 1 : 8;  // 1: credits set the pace
          Builder builder;
          builder.message(builder.task(1, 3), builder.task(2), flits);
          expect_equal_latency(builder.build(), spec,
                               std::to_string(link_hz) + " " + std::to_string(phase) + " " +
                                   std::to_string(sync) + " " + std::to_string(flits));
        }
      }
    }
  }
}

}  // namespace
}  // namespace ranvier
