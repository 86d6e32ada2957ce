// A schedule that goes on from a shared start is that which begins at time 0.

#include "ranvier/analytic/starts.hpp"

#include "ranvier/analytic/list_scheduler.hpp"
#include "ranvier/analytic/schedule.hpp"
#include "ranvier/analytic/test_workload.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/workload/workload.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>

namespace ranvier::analytic {
namespace {

using ::testing::Test;

using core::Rng;
using workload::Message;
using workload::Task;
using workload::TaskKind;
using workload::Workload;

int between(Rng& rng, int low, int high) {
  return low + static_cast<int>(rng.below(static_cast<uint64_t>(high - low + 1)));
}

template <class T>
T one_of(Rng& rng, std::initializer_list<T> values) {
  return values.begin()[rng.below(values.size())];
}

arch::PackageSpec draw_package(Rng& rng) {
  arch::PackageSpec package;
  package.chips_x = between(rng, 1, 3);
  package.chips_y = between(rng, 1, 2);
  package.chip.mesh = between(rng, 2, 5);
  package.core_clock = core::Hertz(one_of(rng, {2e8, 1e9, 333e6}));
  package.router.router_cycles = between(rng, 1, 4);
  package.router.link_cycles = between(rng, 1, 2);
  package.router.buffer_flits = 1 << between(rng, 1, 4);
  package.emio.fifo_depth = 1 << between(rng, 1, 4);
  package.emio.lane_buffer_flits = between(rng, 2, 16);
  package.emio.merge_policy =
      one_of(rng, {arch::MergePolicy::kRoundRobin, arch::MergePolicy::kFixedPriority});
  package.serdes.lanes = one_of(rng, {1, 4, 64});
  package.serdes.lane_rate = core::Hertz(one_of(rng, {0.68e9, 16e9}));
  package.serdes.phy_latency = core::Picoseconds(one_of(rng, {0, 5000}));
  if (rng.below(3) == 0) {
    package.serdes.bit_error_rate = 1e-3;
    package.serdes.crc_bits = 8;
    package.serdes.retry = arch::RetryPolicy::kGoBackN;
    package.serdes.replay_flits = between(rng, 2, 64);
  }
  package.converter.output_flits = between(rng, 1, 32);
  return package;
}

Task draw_task(Rng& rng, const arch::PackageSpec& package, int crowd) {
  Task task;
  // Few tiles: queues; all of them: little in common.
  const int x = between(rng, 0, std::min(crowd, package.width()) - 1);
  task.tile = testing::at(package, x, between(rng, 0, package.height() - 1));
  task.kind = one_of(rng, {TaskKind::kCompute, TaskKind::kCompute, TaskKind::kEncode});
  task.layer = 0;
  const int service = one_of(rng, {0, 1, between(rng, 1, 9), between(rng, 10, 400)});
  task.service = core::Cycles(service);
  if (rng.below(3) == 0) task.stream = core::Cycles(between(rng, 0, service));
  return task;
}

Message draw_message(Rng& rng, int32_t source, int32_t target) {
  Message message = testing::message_of(source, target,
                                        one_of(rng, {1, between(rng, 1, 8), between(rng, 20, 90)}));
  if (rng.below(3) > 0) return message;
  message.packets = between(rng, 2, 30);
  message.flits_per_packet = between(rng, 1, 2);
  message.bits = message.flits() * message.bits_per_flit - between(rng, 0, 20);
  return message;
}

Workload draw_workload(Rng& rng, const arch::PackageSpec& package) {
  Workload workload;
  workload.layer_names = {"layer"};
  const int tasks = between(rng, 2, 60);
  const int crowd = one_of(rng, {1, 3, 100});
  const int most = one_of(rng, {2, 6, 20});
  for (int t = 0; t < tasks; ++t) {
    workload.tasks.push_back(draw_task(rng, package, crowd));
    if (t + 1 == tasks) break;
    for (int m = between(rng, 0, most); m > 0; --m) {
      workload.messages.push_back(draw_message(rng, t, between(rng, t + 1, tasks - 1)));
    }
  }
  return workload;
}

std::string what_of(const arch::PackageSpec& package, const Workload& workload, uint64_t seed) {
  return "seed " + std::to_string(seed) + ": " + std::to_string(workload.tasks.size()) +
         " tasks and " + std::to_string(workload.messages.size()) + " messages on " +
         std::to_string(package.width()) + " x " + std::to_string(package.height());
}

void expect_equal(const ScheduleResult& found, const ScheduleResult& expected) {
  EXPECT_EQ(found.latency, expected.latency);
  EXPECT_EQ(found.waiting.mesh, expected.waiting.mesh);
  EXPECT_EQ(found.waiting.link, expected.waiting.link);
  EXPECT_EQ(found.waiting.tile, expected.waiting.tile);
  EXPECT_EQ(found.waiting.coarse, expected.waiting.coarse);
  EXPECT_EQ(found.doubt, expected.doubt);
  EXPECT_EQ(found.resent_bits, expected.resent_bits);
}

TEST(Starts, ChangeNoScheduleWhateverTheLinks) {
  int crossed = 0;
  for (uint64_t seed = 0; seed < 60 && !Test::HasFailure(); ++seed) {
    Rng rng(Rng(seed).next());
    auto package = draw_package(rng);
    const Workload workload = draw_workload(rng, package);
    const Plan plan(workload, package);
    SCOPED_TRACE(what_of(package, workload, seed));
    for (const int lanes : {1, 64, 3, 7}) {
      package.serdes.lanes = lanes;
      package.core_clock = core::Hertz(1e8 * lanes);
      expect_equal(schedule(plan, package), ListScheduler(plan, package).run());
    }
    package.router.router_cycles = package.router.router_cycles % 4 + 1;  // another start
    for (const int lanes : {1, 64, 3}) {
      package.serdes.lanes = lanes;
      expect_equal(schedule(plan, package), ListScheduler(plan, package).run());
    }
    package.converter.output_flits = package.converter.output_flits % 32 + 1;
    for (const int lanes : {1, 64, 3}) {
      package.serdes.lanes = lanes;
      expect_equal(schedule(plan, package), ListScheduler(plan, package).run());
    }
    crossed += !plan.totals.sides.empty();
  }
  EXPECT_GT(crossed, 20) << "cases with links";
}

TEST(Starts, TheSecondOfTwoEqualPackagesMakesOne) {
  arch::PackageSpec package = testing::package_of();
  const Workload workload;
  const Plan plan(workload, package);
  Starts starts;
  EXPECT_EQ(starts.find(plan, package), nullptr);
  const auto start = starts.find(plan, package);
  EXPECT_NE(start, nullptr);
  package.serdes.lanes = 9;
  EXPECT_EQ(starts.find(plan, package), start) << "links do not matter";
  ++package.router.buffer_flits;
  EXPECT_EQ(starts.find(plan, package), nullptr) << "credit loops do";
}

}  // namespace
}  // namespace ranvier::analytic
