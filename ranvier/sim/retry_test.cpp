// Damaged flits: with go-back-N each costs exactly the time and the bits that theory says; without
// retry the flow of flits is untouched.

#include "ranvier/core/error.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ranvier::sim {
namespace {

using core::Event;
using testing::Builder;

constexpr int64_t kBeats = 34 + 1 + 1 + 16;    // flit, tag, framing, checksum on one lane
constexpr int64_t kAnswer = 1 + 2 * 3 + 3;     // write, there and back, synchroniser
constexpr int64_t kWindow = kBeats + kAnswer;  // from the start of a flit to going back

/// Two chips, all clocks 1 GHz, 3 ns of wire.
arch::PackageSpec retry_package() {
  auto spec = testing::package(2, 1, 2);
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {1, core::Hertz(1e9), core::Picoseconds(3000), core::Picoseconds(0)};
  spec.serdes.crc_bits = 16;
  spec.serdes.retry = arch::RetryPolicy::kGoBackN;
  spec.emio.lane_buffer_flits = 64;
  return spec;
}

std::vector<LinkFault> faults(const std::vector<int64_t>& transmissions) {
  std::vector<LinkFault> faults;
  for (const int64_t number : transmissions) {
    faults.push_back({core::ChipId(0), core::ChipId(1), number});
  }
  return faults;
}

/// `flits` single-flit packets over the link, as fast as they can.
Result send(const arch::PackageSpec& spec, int flits, const std::vector<int64_t>& damaged = {},
            int rows = 1) {
  Builder builder;
  for (int row = 0; row < rows; ++row) {
    builder.message(builder.task(row * 4 + 1), builder.task(row * 4 + 2), flits, 1, 34);
  }
  return simulate(builder.build(), spec, {.record_messages = true, .faults = faults(damaged)});
}

int64_t delivered(const Result& result, size_t message = 0) {
  return result.messages[message].delivered.value();
}

TEST(Retry, CostsNothingOnACleanLinkButTheChecksumAndTheReplayBuffer) {
  auto plain = retry_package();
  plain.serdes.retry = arch::RetryPolicy::kNone;
  const Result a = send(plain, 20);
  const Result b = send(retry_package(), 20);
  EXPECT_EQ(a.latency, b.latency);
  EXPECT_EQ(b.ledger[Event::kDieToDieBits], 20 * kBeats);
  EXPECT_EQ(b.ledger[Event::kFifoBits], 3 * 20 * 34);
  EXPECT_EQ(a.ledger[Event::kFifoBits], 2 * 20 * 34);
}

TEST(Retry, OfALoneFlitCostsOneWindowPerError) {
  const int64_t alone = delivered(send(retry_package(), 1));
  for (const int64_t errors : {1, 2, 5}) {
    std::vector<int64_t> damaged;
    for (int64_t n = 0; n < errors; ++n) damaged.push_back(n);
    const Result result = send(retry_package(), 1, damaged);
    EXPECT_EQ(delivered(result), alone + errors * kWindow);
    ASSERT_EQ(result.links.size(), 1U);
    EXPECT_EQ(result.links[0].flits, 1);
    EXPECT_EQ(result.links[0].bits, kBeats);
    EXPECT_EQ(result.links[0].resent_flits, errors);
    EXPECT_EQ(result.links[0].resent_bits, errors * kBeats);
    EXPECT_EQ(result.links[0].damaged_flits, 0);
    EXPECT_EQ(result.ledger[Event::kDieToDieBits], (1 + errors) * kBeats);
    EXPECT_EQ(result.ledger[Event::kEmioBits], (1 + errors) * kBeats);
    EXPECT_EQ(result.ledger[Event::kPackets], 1);
  }
}

TEST(Retry, OnASaturatedLinkCostsTheFlitsOfOneWindowPerError) {
  const int flits = 60;
  const int64_t clean = delivered(send(retry_package(), flits));
  EXPECT_EQ(clean, delivered(send(retry_package(), 1)) + kBeats * (flits - 1));
  const int64_t lost = core::ceil_div(kWindow, kBeats);  // transmissions
  for (const std::vector<int64_t>& damaged :
       {std::vector<int64_t>{0}, {17}, {17, 30, 31 + lost}, {5, 5 + lost, 5 + 2 * lost}}) {
    const Result result = send(retry_package(), flits, damaged);
    const auto errors = static_cast<int64_t>(damaged.size());
    EXPECT_EQ(delivered(result), clean + errors * lost * kBeats);
    EXPECT_EQ(result.links[0].resent_flits, errors * lost);
    EXPECT_EQ(result.ledger[Event::kDieToDieBits], (flits + errors * lost) * kBeats);
  }
}

TEST(Retry, ADamagedFlitThatIsDiscardedAnywayCostsNothing) {
  EXPECT_EQ(delivered(send(retry_package(), 60, {17})),
            delivered(send(retry_package(), 60, {17, 18})));
}

TEST(Retry, AFullReplayBufferLetsOneBufferPassPerWindow) {
  const int64_t alone = delivered(send(retry_package(), 1));
  for (const int flits : {1, 2, 3, 20}) {
    auto spec = retry_package();
    spec.serdes.replay_flits = 1;
    EXPECT_EQ(delivered(send(spec, flits)), alone + (flits - 1) * kWindow);
    spec.serdes.phy_latency = core::Picoseconds(100'000);
    const int64_t window = kBeats + 1 + 200 + 3;
    for (const int replay : {2, 3, 4}) {  // of five flits that would fill the window
      spec.serdes.replay_flits = replay;
      EXPECT_EQ(delivered(send(spec, flits)),
                alone + 97 + (flits - 1) / replay * window + (flits - 1) % replay * kBeats)
          << replay << " " << flits;
    }
  }
}

TEST(Retry, AtSaturationGivesTheEfficiencyOfGoBackN) {
  auto spec = retry_package();
  spec.serdes.bit_error_rate = 1e-3;
  const int flits = 200'000;
  const Result result = send(spec, flits);
  const double p = 1 - std::pow(1 - 1e-3, kBeats);
  const auto lost = static_cast<double>(core::ceil_div(kWindow, kBeats));
  const double efficiency = (1 - p) / (1 - p + p * lost);
  EXPECT_NEAR(
      static_cast<double>(flits) * kBeats / static_cast<double>(delivered(result)) / efficiency,
      1.0, 0.01);
  EXPECT_NEAR(static_cast<double>(result.links[0].resent_flits) / flits, lost * p / (1 - p),
              0.03 * lost * p / (1 - p));
}

TEST(Retry, KeepsEveryLaneInOrderAndServesThemAlike) {
  auto spec = retry_package();
  spec.serdes.bit_error_rate = 1e-3;
  const Result result = send(spec, 300, {}, 2);
  EXPECT_EQ(result.links[0].flits, 600);
  EXPECT_GT(result.links[0].resent_flits, 0);
  EXPECT_NEAR(static_cast<double>(delivered(result, 0)), static_cast<double>(delivered(result, 1)),
              3 * kWindow);
}

TEST(Retry, IsTheSameForTheSameSeedAndAnotherForAnother) {
  auto spec = retry_package();
  spec.serdes.bit_error_rate = 1e-3;
  Builder builder;
  builder.message(builder.task(1), builder.task(2), 200);
  const auto workload = builder.build();
  const auto latency = [&](uint64_t seed) {
    return simulate(workload, spec, {.error_seed = seed}).latency;
  };
  EXPECT_EQ(latency(1), latency(1));
  EXPECT_NE(latency(1), latency(2));
}

TEST(Retry, GivesUpOnALinkThatNeverWorks) {
  auto spec = retry_package();
  spec.serdes.bit_error_rate = 0.1;
  Builder builder;
  builder.message(builder.task(1), builder.task(2), 1, 1, 400);
  try {
    simulate(builder.build(), spec);
    FAIL() << "delivered";
  } catch (const core::RunError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("hardware.serdes.bit_error_rate"));
  }
}

TEST(Retry, RefusesAFaultOnALinkThatDoesNotExist) {
  Builder builder;
  builder.message(builder.task(1), builder.task(2));
  const Options options{.faults = {{core::ChipId(1), core::ChipId(1), 0}}};
  EXPECT_THROW(simulate(builder.build(), retry_package(), options), core::UserError);
}

TEST(NoRetry, LeavesTimeAndCountsAsTheyAreAndCountsTheDamage) {
  auto spec = retry_package();
  spec.serdes.retry = arch::RetryPolicy::kNone;
  const Result clean = send(spec, 50);
  const Result hit = send(spec, 50, {3, 4, 49, 50});  // there is no transmission 50
  EXPECT_EQ(hit.latency, clean.latency);
  EXPECT_EQ(hit.ledger, clean.ledger);
  EXPECT_EQ(hit.links[0].damaged_flits, 3);
  EXPECT_EQ(hit.links[0].resent_flits, 0);
}

}  // namespace
}  // namespace ranvier::sim
