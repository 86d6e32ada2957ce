// Converters that stream and stall, in two models.

#include "ranvier/analytic/model.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>

#include <tuple>
#include <utility>
#include <vector>

namespace ranvier {
namespace {

using core::Cycles;
using sim::testing::Builder;

TEST(ConverterModels, AgreeToTheCycleOnOutputThatStreams) {
  for (const int to : {1, 2, 3}) {  // the first crossing is between tiles 1 and 2
    for (const auto& [service, stream, flits] :
         {std::tuple(100, 99, 10), {100, 50, 60}, {64, 64, 2}, {30, 9, 40}, {50, 20, 1}}) {
      auto spec = sim::testing::package(2, 1, 2);
      spec.router.buffer_flits = 8;
      Builder builder;
      const int32_t source = builder.task(0, service);
      builder.peek().tasks.back().stream = Cycles(stream);
      const int32_t target = builder.task(to, 7);
      builder.message(source, target, flits);
      builder.message(source, target, 3);
      const auto workload = builder.build();
      const auto estimated = analytic::estimate(workload, spec);
      EXPECT_EQ(sim::simulate(workload, spec).latency, estimated.latency)
          << to << " " << service << " " << stream << " " << flits;
      EXPECT_LE(estimated.longest_path, estimated.latency);
    }
  }
}

/// Frames of one encoder over a slow or a fast link.
workload::Workload frames(const arch::PackageSpec& spec, int count, int64_t service,
                          int64_t stream) {
  Builder builder;
  const codec::CodecSpec dense{codec::CodecKind::kDense, 8, 1, false};
  const int32_t boundary = builder.boundary(dense, codec::WireKind::kBurst, 120);
  for (int f = 0; f < count; ++f) {
    const auto cut = builder.block(boundary, 1, 2, std::vector<int16_t>(120, 700), spec);
    auto& encode = builder.peek().tasks[static_cast<size_t>(cut.encode)];
    encode.service = Cycles(service);
    encode.stream = Cycles(stream);
  }
  return builder.build();
}

TEST(ConverterModels, AgreeOnEncodersThatStall) {
  for (const int wires : {1, 4, 36}) {
    for (const int output : {1, 8, 512}) {
      for (const auto& [service, stream] : {std::pair(20, 0), {100, 99}, {400, 0}, {2000, 1999}}) {
        auto spec = sim::testing::package(2, 1, 2);
        spec.core_clock = core::Hertz(1e9);
        spec.serdes = {wires, core::Hertz(1e9), core::Picoseconds(3000), core::Picoseconds(0)};
        spec.router.buffer_flits = 8;
        spec.converter.output_flits = output;
        const auto workload = frames(spec, 10, service, stream);
        const auto simulated = sim::simulate(workload, spec).latency.value();
        const auto estimated = analytic::estimate(workload, spec).latency.value();
        EXPECT_NEAR(static_cast<double>(estimated) / static_cast<double>(simulated), 1.0, 0.02)
            << wires << " " << output << " " << service << ": " << simulated << " " << estimated;
      }
    }
  }
}

}  // namespace
}  // namespace ranvier
