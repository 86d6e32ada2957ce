// A boundary over a link that damages flits: what is lost without retry is exactly what the damaged
// flits carried, and nothing with it.

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_codecs.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <tuple>
#include <utility>
#include <vector>

namespace ranvier::sim {
namespace {

using testing::Builder;
using testing::kDense;
using testing::kGraded;
using testing::kRate;

struct Damaged {
  arch::PackageSpec spec = testing::package(2, 1, 4);
  workload::Workload workload;

  const std::vector<int32_t>& expected() const { return workload.blocks[0].expected; }
  Result run(std::vector<int64_t> damaged, uint64_t seed = 1) const {
    Options options{.error_seed = seed};
    for (const int64_t n : damaged) {
      options.faults.push_back({core::ChipId(0), core::ChipId(1), n});
    }
    return simulate(workload, spec, options);
  }
};

Damaged lossy_crossing(codec::CodecSpec codec, codec::WireKind wire, int crc_bits,
                       arch::RetryPolicy retry = arch::RetryPolicy::kNone) {
  Damaged made;
  made.spec.serdes.crc_bits = crc_bits;
  made.spec.serdes.retry = retry;
  core::Rng rng(5);
  std::vector<int16_t> current(60);
  for (auto& i : current) i = static_cast<int16_t>(static_cast<int>(rng.below(4000)) - 1000);
  Builder builder;
  const int32_t boundary = builder.boundary(codec, wire, 60);
  const auto cut = builder.block(boundary, 3, 4, current, made.spec);
  builder.message(cut.decode, builder.task(6), 1, 4);
  made.workload = builder.build();
  return made;
}

int64_t nonzero(const std::vector<int32_t>& values) {
  return std::ranges::count_if(values, [](int32_t v) { return v != 0; });
}

int64_t total(const std::vector<int32_t>& values) {
  int64_t sum = 0;
  for (const int32_t v : values) sum += std::abs(v);
  return sum;
}

TEST(Damage, OfOneEventPacketLosesItsValueAndNoOther) {
  const Damaged made = lossy_crossing(kGraded, codec::WireKind::kPacket, 16);
  std::vector<int32_t> values;
  std::ranges::copy_if(made.expected(), std::back_inserter(values), [](auto v) { return v != 0; });
  for (const size_t event : {size_t{0}, size_t{7}, values.size() - 1}) {
    const Result result = made.run({1 + static_cast<int64_t>(event)});  // 0 is the header
    const BoundaryUse& use = result.boundaries[0];
    EXPECT_EQ(use.damaged_flits, 1);
    EXPECT_EQ(use.damaged_blocks, 1);
    EXPECT_EQ(use.lost_blocks, 0);
    EXPECT_EQ(use.values_damaged, 1);
    EXPECT_EQ(use.values_checked, 59);
    EXPECT_EQ(use.value_error_sum, values[event]) << "elements are sent in ascending order";
    EXPECT_EQ(result.values_damaged, 1);
    EXPECT_EQ(use.events, made.workload.tasks[0].events - 1);
  }
}

TEST(Damage, OfAHeaderOrOfTheOnlyPacketLosesTheBlock) {
  for (const auto& [codec, wire, flit] : {std::tuple(kGraded, codec::WireKind::kPacket, 0),
                                          {kGraded, codec::WireKind::kAer, 5},
                                          {kRate, codec::WireKind::kBitmap, 1},
                                          {kDense, codec::WireKind::kBurst, 3}}) {
    const Damaged made = lossy_crossing(codec, wire, 16);
    const BoundaryUse use = made.run({flit}).boundaries[0];
    EXPECT_EQ(use.lost_blocks, 1);
    EXPECT_EQ(use.values_damaged, nonzero(made.expected()));
    EXPECT_EQ(use.value_error_sum, total(made.expected()));
    EXPECT_EQ(use.values_checked + use.values_damaged, 60);
  }
}

TEST(Damage, IsRepairedByGoBackN) {
  for (const auto wire : {codec::WireKind::kPacket, codec::WireKind::kAer}) {
    Damaged made = lossy_crossing(kGraded, wire, 16, arch::RetryPolicy::kGoBackN);
    const Result result = made.run({0, 2, 9});
    EXPECT_EQ(result.values_checked, 60);
    EXPECT_EQ(result.values_damaged, 0);
    EXPECT_EQ(result.boundaries[0].damaged_blocks, 0);
    EXPECT_GT(result.boundaries[0].resent_bits, 0);
    EXPECT_EQ(result.boundaries[0].resent_bits, result.links[0].resent_bits);
    EXPECT_EQ(result.boundaries[0].link_bits, made.run({}).boundaries[0].link_bits);
  }
}

TEST(Damage, WithoutAChecksumReachesTheValuesAsFlippedBits) {
  const Damaged made = lossy_crossing(kDense, codec::WireKind::kBurst, 0);
  int64_t changed = 0, unread = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const BoundaryUse use = made.run({4}, seed).boundaries[0];  // one flip, no header in flit 4
    ASSERT_EQ(use.damaged_blocks, 1);
    ASSERT_EQ(use.lost_blocks, 0) << "every level of 8 bits is a value";
    ASSERT_LE(use.values_damaged, 1);
    ASSERT_EQ(use.value_error_sum & (use.value_error_sum - 1), 0) << "a power of two, or none";
    changed += use.values_damaged;
    unread += use.values_damaged == 0;
  }
  // 34 bits carry values, 2 + 1 the tag and the framing.
  EXPECT_NEAR(static_cast<double>(changed) / 200, 34.0 / 37, 0.07);
  EXPECT_EQ(changed + unread, 200);
}

TEST(Damage, OfAnyBitsEndsInCountedValuesNeverInAFailure) {
  for (const auto& [codec, wire] : {std::pair(kGraded, codec::WireKind::kPacket),
                                    {kGraded, codec::WireKind::kAer},
                                    {kGraded, codec::WireKind::kAuto},
                                    {kRate, codec::WireKind::kPacket},
                                    {kRate, codec::WireKind::kBitmap},
                                    {kDense, codec::WireKind::kPacket},
                                    {kDense, codec::WireKind::kBurst}}) {
    for (const int crc : {0, 8}) {
      Damaged made = lossy_crossing(codec, wire, crc);
      made.spec.serdes.bit_error_rate = 0.02;
      int64_t damaged = 0;
      for (uint64_t seed = 1; seed <= 60; ++seed) {
        const BoundaryUse use = made.run({}, seed).boundaries[0];
        ASSERT_EQ(use.values_checked + use.values_damaged, 60);
        ASSERT_LE(use.values_damaged, use.damaged_blocks * 60);
        damaged += use.values_damaged;
      }
      EXPECT_GT(damaged, 0) << to_string(codec) << to_string(wire) << crc;
    }
  }
}

TEST(Damage, OfOneBlockExcusesNoOther) {
  Damaged made = lossy_crossing(kGraded, codec::WireKind::kAer, 16);
  made.workload.blocks[0].expected[3] += 1;
  EXPECT_THROW(made.run({}), core::RunError);
  EXPECT_NO_THROW(made.run({0}));
}

TEST(Damage, OfSpikesSilencesThem) {
  Damaged made;
  made.spec.serdes.crc_bits = 16;
  Builder builder;
  const codec::CodecSpec one_step{codec::CodecKind::kRate, 0, 1, false};
  const int32_t boundary = builder.boundary(one_step, codec::WireKind::kPacket, 5);
  builder.spikes(boundary, 3, 4, {0, 1, 1, 0, 1}, made.spec);
  made.workload = builder.build();
  EXPECT_EQ(made.run({2}).values_damaged, 1);
  EXPECT_EQ(made.run({0}).values_damaged, 3);
}

}  // namespace
}  // namespace ranvier::sim
