#include "ranvier/sim/noc_trace.hpp"

#include "ranvier/sim/replay.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace ranvier::sim {
namespace {

NocSpec light_load(int chips_x) {
  NocSpec spec;
  spec.package = testing::package(chips_x, 1, 4);
  spec.rate = chips_x == 1 ? 0.04 : 0.002;  // the link between the dies is slow
  spec.packet_flits = 2;
  spec.warmup_cycles = 100;
  spec.measure_cycles = 2000;
  spec.drain_cycles = 4000;
  return spec;
}

/// Mean over the messages created while the run was measured. [core cycles]
double mean_latency(const NocSpec& spec, const workload::Trace& trace, const Result& replayed) {
  double sum = 0;
  int64_t count = 0;
  for (size_t i = 0; i < trace.messages.size(); ++i) {
    const int64_t created = trace.messages[i].time.value();
    if (created < spec.warmup_cycles) continue;
    if (created >= spec.warmup_cycles + spec.measure_cycles) continue;
    sum += static_cast<double>(replayed.messages[i].delivered.value() - created);
    ++count;
  }
  return sum / static_cast<double>(count);
}

TEST(NocTrace, AReplayHasTheLatencyOfTheRun) {
  for (const int chips_x : {1, 2}) {
    const NocSpec spec = light_load(chips_x);
    const NocResult run = simulate_noc(spec);
    ASSERT_FALSE(run.saturated()) << run.saturation;
    ASSERT_EQ(run.unfinished_packets, 0);
    const workload::Trace trace = trace_of(spec, run.simulated_cycles);
    EXPECT_EQ(static_cast<int64_t>(trace.messages.size()), run.packets_created);
    const Result replayed = replay(trace, spec.package);
    EXPECT_DOUBLE_EQ(mean_latency(spec, trace, replayed), run.packet_latency->mean) << chips_x;
  }
}

TEST(NocTrace, FilesKeepIt) {
  const NocSpec spec = light_load(2);
  const workload::Trace trace = trace_of(spec, 1000);
  ASSERT_GT(trace.messages.size(), 20U);
  for (const char* extension : {".csv", ".h5"}) {
    const auto path = std::filesystem::path(::testing::TempDir()) /
                      ("noc_" + std::to_string(getpid()) + extension);
    workload::write_trace(trace, path);
    EXPECT_EQ(workload::read_trace(path, spec.package).messages, trace.messages) << extension;
  }
}

TEST(NocTrace, IsOrderedByTimeAndFollowsTheSeed) {
  NocSpec spec = light_load(1);
  const auto first = trace_of(spec, 200).messages;
  for (size_t i = 1; i < first.size(); ++i) EXPECT_LE(first[i - 1].time, first[i].time);
  EXPECT_EQ(trace_of(spec, 200).messages, first);
  spec.seed = 2;
  EXPECT_NE(trace_of(spec, 200).messages, first);
}

}  // namespace
}  // namespace ranvier::sim
