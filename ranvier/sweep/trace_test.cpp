// A bundle simulated, recorded and replayed, with the files that the command writes.

#include "ranvier/map/mapper.hpp"
#include "ranvier/map/test_network.hpp"
#include "ranvier/sim/recorder.hpp"
#include "ranvier/sim/replay.hpp"
#include "ranvier/sim/simulator.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <tuple>

namespace ranvier::sweep {
namespace {

using Case = std::tuple<ir::NetworkKind, const char*, int>;  // kind, codec, steps

class BundleTraceTest : public ::testing::TestWithParam<Case> {};

TEST_P(BundleTraceTest, ReplaysEveryMessageInItsCycle) {
  const auto& [kind, codec, steps] = GetParam();
  arch::PackageSpec package;
  package.chips_x = 2;
  package.chip.mesh = 6;
  package.router.virtual_channels = 2;
  const auto network = map::testing::two_chip_network(kind, codec::parse_codec(codec, "t"), steps);
  auto activity = map::testing::random_activity(network, 1, 0.3, 7);
  activity.steps = steps;
  const auto workload = map::build_workload(network, map::map_network(network, package), activity,
                                            0, codec::WireKind::kAuto, package);
  const auto original = sim::simulate(workload, package, {.record_messages = true});
  const auto path = std::filesystem::path(::testing::TempDir()) /
                    ("bundle_trace_" + std::to_string(getpid()) + ".h5");
  workload::write_trace(sim::trace_of(workload, package, original), path);
  const auto trace = workload::read_trace(path, package);
  std::filesystem::remove(path);
  const auto again = sim::replay(trace, package);
  ASSERT_EQ(trace.messages.size(), workload.messages.size());
  for (size_t row = 0; row < trace.messages.size(); ++row) {
    const auto& before = original.messages[static_cast<size_t>(trace.messages[row].id)];
    EXPECT_EQ(again.messages[row].injected, before.injected) << row;
    EXPECT_EQ(again.messages[row].delivered, before.delivered) << row;
  }
  EXPECT_EQ(again.ledger[core::Event::kFlitHops], original.ledger[core::Event::kFlitHops]);
  EXPECT_EQ(again.ledger[core::Event::kDieToDieBits], original.ledger[core::Event::kDieToDieBits]);
}

INSTANTIATE_TEST_SUITE_P(Kinds, BundleTraceTest,
                         ::testing::Values(Case{ir::NetworkKind::kAnn, "dense(8)", 1},
                                           Case{ir::NetworkKind::kSnn, "rate(2)", 2},
                                           Case{ir::NetworkKind::kHnn, "graded(2)", 1}));

}  // namespace
}  // namespace ranvier::sweep
