// Converters work as pipelines: output leaves while they still work, the next frame starts when the
// last has left for the output buffer, and a full buffer holds them up.

#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace ranvier::sim {
namespace {

using core::Cycles;
using testing::Builder;

/// A message of `flits` flits from tile 0 to tile 1 whose task works `service` cycles and streams
/// in the last `stream` of them.
MessageTimes streamed(int64_t service, int64_t stream, int flits, int output_flits = 512) {
  auto spec = testing::package(1, 1, 2);
  spec.router.buffer_flits = 8;
  spec.converter.output_flits = output_flits;
  Builder builder;
  const int32_t source = builder.task(0, service);
  builder.peek().tasks.back().stream = Cycles(stream);
  builder.message(source, builder.task(1), flits);
  return simulate(builder.build(), spec, {.record_messages = true}).messages[0];
}

TEST(Pipeline, OutputLeavesWhileTheTaskWorks) {
  constexpr int64_t kWay = 3 * 2 + 2;
  for (const auto& [service, stream, flits] :
       {std::tuple(100, 99, 10), {100, 99, 100}, {100, 50, 51}, {40, 40, 2}, {300, 299, 3}}) {
    const MessageTimes times = streamed(service, stream, flits);
    EXPECT_EQ(times.injected.value(), service - stream);
    EXPECT_EQ(times.delivered.value(), service + kWay) << "the last flit is ready at the end";
  }
  EXPECT_EQ(streamed(100, 9, 60).delivered.value(), 100 - 9 + 59 + kWay) << "one flit per cycle";
  EXPECT_EQ(streamed(100, 0, 60).delivered.value(), 100 + 59 + kWay);
  EXPECT_EQ(streamed(100, 60, 1).injected.value(), 100) << "one flit holds everything";
}

TEST(Pipeline, AnIdleNetworkNeverFillsTheOutputBuffer) {
  for (const int flits : {2, 30, 101}) {
    EXPECT_EQ(streamed(200, 199, flits, 1).delivered, streamed(200, 199, flits).delivered);
  }
}

/// Frames that one encoder sends over one link of I core cycles per flit.
struct Frames {
  std::vector<TaskTimes> encode, decode;
  int64_t flits = 0;     // of one frame
  int64_t interval = 0;  // I
};

Frames frames(int count, int64_t service, int64_t stream, int output_flits, int wires = 1) {
  auto spec = testing::package(2, 1, 2);
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {wires, core::Hertz(1e9), core::Picoseconds(3000), core::Picoseconds(0)};
  spec.converter.output_flits = output_flits;
  Builder builder;
  const codec::CodecSpec dense{codec::CodecKind::kDense, 8, 1, false};
  const int32_t boundary = builder.boundary(dense, codec::WireKind::kBurst, 120);
  std::vector<Builder::Crossing> cuts;
  for (int f = 0; f < count; ++f) {
    cuts.push_back(builder.block(boundary, 1, 2, std::vector<int16_t>(120, 700), spec));
    auto& encode = builder.peek().tasks[static_cast<size_t>(cuts.back().encode)];
    encode.service = Cycles(service);
    encode.stream = Cycles(stream);
  }
  const auto workload = builder.build();
  const Result result = simulate(workload, spec, {.record_tasks = true});
  Frames frames;
  frames.flits = workload.messages[0].flits();
  frames.interval = core::ceil_div(34 + spec.link_overhead_bits(), wires);
  for (const auto& cut : cuts) {
    frames.encode.push_back(result.tasks[static_cast<size_t>(cut.encode)]);
    frames.decode.push_back(result.tasks[static_cast<size_t>(cut.decode)]);
  }
  return frames;
}

int64_t period(const std::vector<TaskTimes>& tasks, size_t frame) {
  return tasks[frame].start.value() - tasks[frame - 1].start.value();
}

TEST(Pipeline, TakesOneFramePerServiceFromANetworkThatKeepsUp) {
  for (const int64_t stream : {0, 119}) {
    const Frames made = frames(8, 120, stream, 512, 36);
    EXPECT_EQ(made.encode[0].start.value(), 0);
    for (size_t f = 1; f < 8; ++f) {
      EXPECT_EQ(period(made.encode, f), 120);
      EXPECT_EQ(period(made.decode, f), 120);
    }
  }
}

TEST(Pipeline, SaturatedTakesOneFramePerFlitsOnTheLink) {
  for (const int output : {1, 8, 30}) {
    for (const int64_t stream : {0, 99}) {
      const Frames made = frames(10, 100, stream, output);
      const int64_t on_link = made.flits * made.interval;
      ASSERT_GT(on_link, 100 + 40 * made.interval / 8) << "the link is the bottleneck";
      for (size_t f = 4; f < 10; ++f) {
        EXPECT_EQ(period(made.encode, f), on_link) << output << " " << stream;
        EXPECT_EQ(period(made.decode, f), on_link) << output << " " << stream;
      }
    }
  }
}

TEST(Pipeline, StallsOneIntervalLessForEveryPlaceOfTheOutputBuffer) {
  const Frames one = frames(1, 20, 0, 1);
  EXPECT_GT(one.encode[0].end.value(), 20 + 10 * one.interval);
  for (const int output : {2, 5, 10}) {
    const Frames more = frames(1, 20, 0, output);
    EXPECT_EQ(one.encode[0].end.value() - more.encode[0].end.value(), (output - 1) * one.interval);
    EXPECT_EQ(more.decode[0].end, one.decode[0].end) << "the link is never idle";
  }
  const Frames roomy = frames(1, 20, 0, 512);
  EXPECT_EQ(roomy.encode[0].end.value(), 20);
}

TEST(Pipeline, WithoutRoomForAFrameRunsAheadByTheOutputBufferOnly) {
  const Frames made = frames(12, 20, 0, 512);
  // The buffer takes more than eleven frames of 30 flits, so nobody ever waits.
  for (size_t f = 1; f < 12; ++f) EXPECT_EQ(period(made.encode, f), 20);
  const Frames tight = frames(12, 20, 0, 2 * static_cast<int>(made.flits));
  EXPECT_EQ(period(tight.encode, 1), 20);
  EXPECT_EQ(period(tight.encode, 2), 20);
  EXPECT_GT(period(tight.encode, 4), 20);
  EXPECT_EQ(tight.decode.back().end, made.decode.back().end);
}

/// What a full buffer delays is not made faster by it: a converter that was held up goes on at its
/// own pace.
TEST(Pipeline, GoesOnAtItsOwnPaceAfterAStall) {
  auto spec = testing::package(1, 1, 2);
  spec.router.buffer_flits = 8;
  spec.converter.output_flits = 2;
  Builder builder;
  const int32_t blocker = builder.task(1);
  const int32_t source = builder.task(0, 60);
  builder.peek().tasks.back().stream = Cycles(60);
  const int32_t sink = builder.task(3);
  builder.message(blocker, sink, 1, 200);  // holds the ejection port of tile 3
  builder.message(source, sink, 1, 31);    // a flit every two cycles
  const Result result = simulate(builder.build(), spec, {.record_messages = true});
  const int64_t freed = result.messages[0].delivered.value();
  EXPECT_GT(freed, 200);
  // In the network when the port is freed: at most three buffers and the two flits behind them; the
  // others come two cycles apart.
  EXPECT_GE(result.messages[1].delivered.value(), freed + 31);
  EXPECT_GE(result.messages[1].delivered.value() - freed, 31 + (31 - 3 * 8 - 2) / 2);
  spec.converter.output_flits = 512;
  const Result roomy = simulate(builder.build(), spec, {.record_messages = true});
  EXPECT_EQ(roomy.messages[1].delivered.value(), freed + 31);
}

}  // namespace
}  // namespace ranvier::sim
