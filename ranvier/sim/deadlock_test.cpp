// A routing that can deadlock does, and the report names who waits for whom. XY never gets there.

#include "ranvier/core/error.hpp"
#include "ranvier/sim/machine.hpp"
#include "ranvier/sim/test_routes.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ranvier::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

workload::Workload diagonals() {
  testing::Builder builder;
  for (int tile = 0; tile < 4; ++tile) {
    builder.message(builder.task(tile), builder.task(3 - tile), 1, 20);
  }
  return builder.build();
}

TEST(Deadlock, IsReportedWithTheCycleOfWaitingChannels) {
  const auto workload = diagonals();
  auto spec = testing::package(1, 1, 2);
  Machine machine(workload, spec, {}, testing::route_clockwise);
  try {
    machine.run();
    FAIL() << "no deadlock";
  } catch (const core::RunError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("deadlock"), HasSubstr("(0,0) south input VC 0"),
                      HasSubstr("(1,0) west input VC 0"), HasSubstr("(1,1) north input VC 0"),
                      HasSubstr("(0,1) east input VC 0"), HasSubstr("back to the first")));
  }
}

TEST(Deadlock, DoesNotHappenUnderXyRouting) {
  const auto workload = diagonals();
  Machine machine(workload, testing::package(1, 1, 2), {});
  machine.run();
  EXPECT_EQ(machine.record().network.unrest, 0);
}

TEST(Deadlock, IsAvoidedByRoomForTwoPackets) {
  const auto workload = diagonals();
  auto spec = testing::package(1, 1, 2);
  spec.router.buffer_flits = 40;
  Machine machine(workload, spec, {}, testing::route_clockwise);
  EXPECT_NO_THROW(machine.run());
}

}  // namespace
}  // namespace ranvier::sim
