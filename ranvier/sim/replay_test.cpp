#include "ranvier/sim/replay.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/recorder.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace ranvier::sim {
namespace {

using testing::Builder;
using workload::Trace;
using workload::TraceMessage;

Result record(const workload::Workload& workload, const arch::PackageSpec& package) {
  return simulate(workload, package, {.record_messages = true});
}

/// Delivery of each message by its id. [ids]
std::vector<int64_t> deliveries(const Trace& trace, const Result& result) {
  std::vector<int64_t> times(trace.messages.size());
  for (size_t row = 0; row < trace.messages.size(); ++row) {
    times[static_cast<size_t>(trace.messages[row].id)] = result.messages[row].delivered.value();
  }
  return times;
}

std::vector<int64_t> deliveries(const Result& result) {
  std::vector<int64_t> times;
  for (const auto& message : result.messages) times.push_back(message.delivered.value());
  return times;
}

/// Layers of tasks; each sends to some of the next layer, several on one tile.
workload::Workload any_layers(const arch::PackageSpec& spec) {
  Builder builder;
  const int tiles = spec.width() * spec.height();
  std::vector<int32_t> before;
  for (int layer = 0; layer < 4; ++layer) {
    std::vector<int32_t> now;
    const int tasks = *rc::gen::inRange(1, 6);
    for (int t = 0; t < tasks; ++t) {
      now.push_back(builder.task(*rc::gen::inRange(0, tiles), *rc::gen::inRange(0, 30)));
      for (const int32_t source : before) {
        if (*rc::gen::inRange(0, 3) == 0) continue;
        builder.message(source, now.back(), *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 5),
                        *rc::gen::inRange(1, 40));
      }
    }
    for (const int32_t source : before) {  // and what goes to the whole layer at once
      if (*rc::gen::inRange(0, 2) == 0) continue;
      builder.message(source, now.front(), *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 9));
      for (size_t t = 1; t < now.size(); ++t) builder.branch(now[t]);
    }
    before = now;
  }
  return builder.build();
}

arch::PackageSpec any_package() {
  auto spec = testing::package(*rc::gen::inRange(1, 3), *rc::gen::inRange(1, 3), 2);
  spec.serdes.lanes = *rc::gen::inRange(1, 20);
  spec.router.virtual_channels = *rc::gen::inRange(1, 4);
  spec.router.buffer_flits = *rc::gen::inRange(1, 6);
  return spec;
}

RC_GTEST_PROP(Replay, OnTheSameHardwareDeliversEveryMessageInTheSameCycle, ()) {
  const auto spec = any_package();
  const auto workload = any_layers(spec);
  const Result original = record(workload, spec);
  const Trace trace = trace_of(workload, spec, original);
  const Result again = replay(trace, spec);
  RC_ASSERT(deliveries(trace, again) == deliveries(original));
  RC_ASSERT(again.ledger[core::Event::kFlitHops] == original.ledger[core::Event::kFlitHops]);
  RC_ASSERT(again.ledger[core::Event::kDieToDieBits] ==
            original.ledger[core::Event::kDieToDieBits]);
}

RC_GTEST_PROP(Replay, DependsOnNoOrderOfComponents, ()) {
  const auto spec = any_package();
  const auto workload = any_layers(spec);
  const Trace trace = trace_of(workload, spec, record(workload, spec));
  RC_ASSERT(deliveries(replay(trace, spec)) == deliveries(replay(trace, spec, {.order_seed = 3})));
}

/// Two blocks through one boundary, one of them for two tiles: packets of several sizes in one
/// message.
workload::Workload boundary_workload(const arch::PackageSpec& spec, codec::WireKind wire) {
  Builder builder;
  const int32_t cut = builder.boundary(codec::parse_codec("graded(4)", "t"), wire, 200);
  std::vector<int16_t> current;
  for (int i = 0; i < 200; ++i) current.push_back(static_cast<int16_t>(i % 3 == 0 ? i * 40 : 0));
  for (const int lane : {0, 1}) {
    const auto crossing =
        builder.block(cut, lane * spec.width() + 1, lane * spec.width() + 2, current, spec);
    if (lane == 1) {
      const int32_t second = builder.decoder(2);
      builder.message(second, builder.task(0, 4), 2, 1);
    }
    builder.message(builder.task(0, 9), crossing.encode, 3, 2);
    builder.message(crossing.decode, builder.task(spec.width() - 1, 4), 5, 1);
  }
  return builder.build();
}

TEST(ReplayBoundary, MessagesKeepThePacketsOfTheirEncoder) {
  const auto spec = testing::package(2, 1, 2);
  for (const auto wire :
       {codec::WireKind::kPacket, codec::WireKind::kAer, codec::WireKind::kBitmap}) {
    const auto workload = boundary_workload(spec, wire);
    const Result original = record(workload, spec);
    const Trace trace = trace_of(workload, spec, original);
    const Result again = replay(trace, spec);
    EXPECT_EQ(deliveries(trace, again), deliveries(original));
    EXPECT_EQ(again.ledger[core::Event::kDieToDieBits],
              original.ledger[core::Event::kDieToDieBits]);
    for (const auto& message : trace.messages) {
      EXPECT_EQ(message.bits(), workload.messages[static_cast<size_t>(message.id)].bits);
    }
  }
}

TEST(ReplayBoundary, FilesKeepEveryCycle) {
  const auto spec = testing::package(2, 1, 2);
  const auto workload = boundary_workload(spec, codec::WireKind::kAer);
  const Result original = record(workload, spec);
  for (const char* extension : {".csv", ".h5"}) {
    const auto path = std::filesystem::path(::testing::TempDir()) /
                      ("replay_" + std::to_string(getpid()) + extension);
    workload::write_trace(trace_of(workload, spec, original), path);
    const Trace trace = workload::read_trace(path, spec);
    EXPECT_EQ(deliveries(trace, replay(trace, spec)), deliveries(original)) << extension;
    std::filesystem::remove(path);
  }
}

TEST(ReplayHardware, SlowerLinksStretchWhatDependsOnThem) {
  Builder builder;
  const int32_t there = builder.task(3, 7);
  builder.message(builder.task(0, 5), there);
  builder.message(there, builder.task(0, 2));
  const auto workload = builder.build();
  const auto spec = testing::package(2, 1, 2);
  auto slow = spec;
  slow.serdes.phy_latency = spec.serdes.phy_latency + core::Picoseconds(500'000);  // 100 cycles
  const Trace trace = trace_of(workload, spec, record(workload, spec));
  const Result fast = replay(trace, spec), stretched = replay(trace, slow);
  EXPECT_EQ(stretched.latency.value(), fast.latency.value() + 200) << "two crossings in turn";
  EXPECT_EQ(deliveries(trace, stretched), deliveries(record(workload, slow)));
  const Trace slow_trace = trace_of(workload, slow, record(workload, slow));
  EXPECT_EQ(replay(slow_trace, spec).latency, fast.latency) << "and faster ones shrink it";
}

TraceMessage message(int64_t id, int x, int to_x, std::vector<int64_t> depends = {},
                     int64_t delay = 0) {
  return {.id = id,
          .time = core::Cycles(0),
          .source = {x, 0},
          .target = {to_x, 0},
          .kind = workload::MessageKind::kDense,
          .packets = {{1, 1, 32, 0}},
          .depends = std::move(depends),
          .delay = core::Cycles(delay)};
}

TEST(ReplayRules, AMessageGoesItsDelayAfterTheLastArrival) {
  const auto spec = testing::package(1, 1, 4);
  const Trace trace{"t", {message(0, 0, 3), message(1, 2, 3), message(2, 3, 0, {0, 1}, 17)}};
  const Result result = replay(trace, spec);
  EXPECT_GT(result.messages[0].delivered, result.messages[1].delivered);
  EXPECT_EQ(result.messages[2].offered, result.messages[0].delivered + core::Cycles(17));
  EXPECT_EQ(result.latency, result.messages[2].delivered);
}

TEST(ReplayRules, TimeHoldsOnlyWithoutDependencies) {
  const auto spec = testing::package(1, 1, 4);
  Trace trace{"t", {message(0, 0, 3), message(1, 3, 0, {0})}};
  trace.messages[0].time = core::Cycles(50);
  trace.messages[1].time = core::Cycles(5000);
  const Result result = replay(trace, spec);
  EXPECT_EQ(result.messages[0].offered.value(), 50);
  EXPECT_EQ(result.messages[1].offered, result.messages[0].delivered);
}

TEST(ReplayRules, MessagesOfOneTileAndCycleGoInTheOrderOfTheTrace) {
  const auto spec = testing::package(1, 1, 4);
  const Trace trace{"t", {message(9, 0, 3), message(4, 0, 3), message(6, 0, 3)}};
  const Result result = replay(trace, spec);
  for (int64_t row = 0; row < 3; ++row) {
    EXPECT_EQ(result.messages[static_cast<size_t>(row)].injected.value(), row);
  }
}

TEST(ReplayRefusals, TilesOffThePackageAndUnrecordedRuns) {
  const auto spec = testing::package(1, 1, 2);
  EXPECT_THROW(replay({"t", {message(0, 0, 2)}}, spec), core::UserError);
  EXPECT_THROW(replay({"t", {message(0, 5, 0)}}, spec), core::UserError);
  Builder builder;
  builder.message(builder.task(0), builder.task(1));
  const auto workload = builder.build();
  EXPECT_THROW(trace_of(workload, spec, simulate(workload, spec)), core::ContractViolation);
}

TEST(Replay, RefusesForkBuffersThatAreTooShort) {
  auto spec = testing::package(1, 1, 3);
  Builder builder;
  builder.message(builder.task(0), builder.task(2), 1, 9);
  builder.branch(builder.task(5));
  const auto workload = builder.build();
  const Trace trace = trace_of(workload, spec, record(workload, spec));
  spec.router.fork_flits = 8;
  try {
    replay(trace, spec);
    FAIL() << "accepted";
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "hardware.router.fork_flits");
    EXPECT_THAT(error.refusal().allowed, ::testing::HasSubstr("at least 9"));
  }
}

}  // namespace
}  // namespace ranvier::sim
