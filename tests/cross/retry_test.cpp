// Links with errors in two models: to the cycle where the errors are given, in the mean where they
// are drawn.

#include "ranvier/analytic/crossing.hpp"
#include "ranvier/analytic/model.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace ranvier {
namespace {

using core::Event;
using sim::testing::Builder;

struct Link {
  double core_hz, link_hz;
  int lanes;
  int64_t phy_ps;
};

constexpr Link kLinks[] = {
    {200e6, 680e6, 1, 5000}, {1e9, 16e9, 16, 4000}, {500e6, 25e9, 4, 50'000}, {333e6, 7e6, 3, 100}};

arch::PackageSpec package(const Link& link) {
  auto spec = sim::testing::package(2, 1, 2);
  spec.core_clock = core::Hertz(link.core_hz);
  spec.serdes = {link.lanes, core::Hertz(link.link_hz), core::Picoseconds(link.phy_ps),
                 core::Picoseconds(0)};
  spec.serdes.crc_bits = 16;
  spec.serdes.retry = arch::RetryPolicy::kGoBackN;
  spec.router.buffer_flits = 8;  // full streaming
  spec.emio.lane_buffer_flits = 512;
  spec.serdes.replay_flits = 512;
  return spec;
}

workload::Workload traffic(int flits, int rows = 1) {
  Builder builder;
  for (int row = 0; row < rows; ++row) {
    builder.message(builder.task(4 * row + 1), builder.task(4 * row + 2), flits, 1, 34);
  }
  return builder.build();
}

TEST(RetryModels, AgreeToTheCycleOnALoneFlitWithGivenErrors) {
  for (const Link& link : kLinks) {
    for (const int64_t phase : {0, 13}) {
      auto spec = package(link);
      spec.serdes.clock_phase = core::Picoseconds(phase);
      const analytic::CrossingModel crossing(spec);
      sim::Options options{.record_messages = true};
      for (int64_t errors = 0; errors < 6; ++errors) {
        const int64_t start = crossing.ready(1 + 3) + errors * crossing.window(34);
        EXPECT_EQ(sim::simulate(traffic(1), spec, options).messages[0].delivered.value(),
                  crossing.arrival(start + crossing.beats(34)) + 3 + 1)
            << link.link_hz << " " << errors;
        options.faults.push_back({core::ChipId(0), core::ChipId(1), errors});
      }
    }
  }
}

TEST(RetryModels, AgreeToTheCycleOnACleanLinkWithAnyReplayBuffer) {
  for (const Link& link : kLinks) {
    for (const int replay : {1, 2, 5, 40}) {
      auto spec = package(link);
      spec.serdes.replay_flits = replay;
      // A merge that waits for an answer in the middle of a core cycle may grant again in the next.
      const analytic::CrossingModel crossing(spec);
      const double slack = static_cast<double>(crossing.beats(34)) < crossing.interval(34) ? 1 : 0;
      for (const int rows : {1, 2}) {
        const auto workload = traffic(60, rows);
        const auto simulated = sim::simulate(workload, spec).latency.value();
        EXPECT_NEAR(static_cast<double>(simulated),
                    static_cast<double>(analytic::estimate(workload, spec).latency.value()), slack)
            << link.link_hz << " " << replay << " " << rows;
      }
    }
  }
}

TEST(RetryModels, AgreeInTheMeanAtSaturation) {
  for (const Link& link : kLinks) {
    for (const double rate : {1e-5, 2e-4, 1e-3}) {
      auto spec = package(link);
      spec.serdes.bit_error_rate = rate;
      const auto workload = traffic(20'000, 2);
      const auto simulated = sim::simulate(workload, spec);
      const auto estimated = analytic::estimate(workload, spec);
      const double errors = 40'000 * analytic::CrossingModel(spec).errors(34);
      const double deviation = 4 / std::sqrt(errors);  // of the number of errors, relative
      const auto resent = static_cast<double>(simulated.links[0].resent_bits);
      EXPECT_NEAR(resent / estimated.resent_bits, 1.0, deviation + 0.02) << link.link_hz << rate;
      const auto clean = static_cast<double>(
          40'000 * analytic::CrossingModel(spec).interval(34));  // [link cycles]
      const double lost = errors * static_cast<double>(analytic::CrossingModel(spec).window(34));
      EXPECT_NEAR(static_cast<double>(simulated.latency.value()) /
                      static_cast<double>(estimated.latency.value()),
                  1.0, 0.005 + deviation * lost / (clean + lost))
          << link.link_hz << " " << rate;
    }
  }
}

TEST(RetryModels, AgreeInTheMeanOnShortMessages) {
  for (const Link& link : kLinks) {
    auto spec = package(link);
    spec.serdes.bit_error_rate = 1e-3;
    const auto workload = traffic(8);
    const int runs = 1000;
    double latency = 0, resent = 0;
    for (int run = 0; run < runs; ++run) {
      const auto result =
          sim::simulate(workload, spec, {.error_seed = static_cast<uint64_t>(run + 1)});
      latency += static_cast<double>(result.latency.value()) / runs;
      resent += static_cast<double>(result.links[0].resent_bits) / runs;
    }
    const auto estimated = analytic::estimate(workload, spec);
    EXPECT_NEAR(latency / static_cast<double>(estimated.latency.value()), 1.0, 0.05)
        << link.link_hz;
    EXPECT_NEAR(resent / estimated.resent_bits, 1.0, 0.25) << link.link_hz;
  }
}

TEST(RetryModels, AgreeInTheMeanOnWhatArrivesDamagedWithoutRetry) {
  auto spec = package(kLinks[0]);
  spec.serdes.retry = arch::RetryPolicy::kNone;
  spec.serdes.bit_error_rate = 1e-3;
  const auto workload = traffic(20'000);
  const auto simulated = sim::simulate(workload, spec);
  const auto estimated = analytic::estimate(workload, spec);
  EXPECT_EQ(simulated.latency, estimated.latency);
  EXPECT_EQ(simulated.ledger, estimated.ledger);
  EXPECT_NEAR(static_cast<double>(simulated.links[0].damaged_flits) / estimated.damaged_flits, 1.0,
              4 / std::sqrt(estimated.damaged_flits));
}

}  // namespace
}  // namespace ranvier
