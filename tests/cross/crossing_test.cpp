// Two models of the die edge, written apart: they must agree to the cycle where only the link is
// shared.

#include "ranvier/analytic/model.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace ranvier
