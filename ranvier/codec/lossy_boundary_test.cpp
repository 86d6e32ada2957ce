// What a boundary loses: nothing without errors, all of it where every flit is hit, and the
// expected share in between.

#include "ranvier/codec/lossy_boundary.hpp"

#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace ranvier::codec {
namespace {

constexpr int kElements = 96;
constexpr int kChannels = 4;
constexpr int kOverhead = 3 + 1 + 16;

/// One boundary of 4 channels in three blocks, one of which leaves two chips.
struct Made {
  BoundaryParams params;
  WireKind wire = WireKind::kAuto;
  std::vector<LossyBlock> blocks;
  std::vector<int16_t> current;
  std::vector<int32_t> value;

  Made(const std::string& codec, WireKind kind, uint64_t seed = 5) : wire(kind) {
    params.spec = parse_codec(codec, "t");
    params.channels.resize(kChannels);
    for (size_t c = 0; c < kChannels; ++c) {
      params.channels[c].decode_multiplier = static_cast<int16_t>(1 + c);
    }
    blocks.resize(3);
    blocks[0].chips = {0};
    blocks[1].chips = {0};
    blocks[2].chips = {0, 1};
    std::vector<uint16_t> channel;
    core::Rng rng(seed);
    for (uint32_t e = 0; e < kElements; ++e) {
      blocks[e % 3].elements.push_back(e);
      current.push_back(static_cast<int16_t>(rng.below(3000)));
      channel.push_back(static_cast<uint16_t>(e / (kElements / kChannels)));
    }
    const auto coder = make_codec(params);
    value = coder->decode(coder->encode(current, channel), channel);
  }

  LossyBoundary at(double rate, bool checked = true, uint64_t seed = 1) const {
    return {params,
            wire,
            WireLayout{},
            {.bit_error_rate = rate,
             .checked = checked,
             .overhead_bits = checked ? kOverhead : kOverhead - 16,
             .seed = seed},
            kElements / kChannels,
            0,
            blocks};
  }
};

TEST(LossyBoundary, WithoutErrorsLeavesEveryBit) {
  for (const auto& [codec, wire] : {std::pair("graded(3)", WireKind::kAuto),
                                    {"dense(8)", WireKind::kBurst},
                                    {"rate(4)", WireKind::kPacket}}) {
    const Made made(codec, wire);
    auto arrived = made.value;
    const LossTotals totals = made.at(0).lose(0, made.current, arrived);
    EXPECT_EQ(arrived, made.value);
    EXPECT_EQ(totals.blocks, 3);
    EXPECT_EQ(totals.values, kElements);
    EXPECT_EQ(totals.damaged_blocks, 0);
    EXPECT_EQ(totals.changed_values, 0);
  }
}

TEST(LossyBoundary, WhereEveryFlitIsHitHasOnlyZeros) {
  for (const auto& [codec, wire] : {std::pair("graded(3)", WireKind::kPacket),
                                    {"graded(3)", WireKind::kBitmap},
                                    {"dense(8)", WireKind::kBurst}}) {
    const Made made(codec, wire);
    auto arrived = made.value;
    const LossTotals totals = made.at(1 - 1e-12).lose(3, made.current, arrived);
    EXPECT_EQ(arrived, std::vector<int32_t>(kElements));
    EXPECT_EQ(totals.lost_blocks, 3);
    int64_t sum = 0;
    for (const int32_t v : made.value) sum += v;
    EXPECT_EQ(totals.error_sum, sum);
    EXPECT_EQ(totals.changed_values, kElements - std::ranges::count(made.value, 0));
  }
}

TEST(LossyBoundary, OfOnePacketPerBlockLosesTheShareThatItsBitsAsk) {
  constexpr double kRate = 2e-4;
  const Made made("dense(8)", WireKind::kBurst);
  const auto format = make_wire_format(made.wire, made.params, WireLayout{});
  const auto size = format->size({1, kElements / 3, std::vector<int16_t>(kElements / 3, 1)});
  const auto bits = static_cast<double>(size.bits + size.flits * kOverhead);
  const double kept = std::pow(1 - kRate, bits);
  const LossyBoundary lossy = made.at(kRate);
  constexpr int kSamples = 20'000;
  LossTotals totals;
  for (int64_t sample = 0; sample < kSamples; ++sample) {
    auto arrived = made.value;
    totals += lossy.lose(sample, made.current, arrived);
  }
  ASSERT_EQ(totals.damaged_blocks, totals.lost_blocks);
  const double expected = kSamples * (2 * (1 - kept) + (1 - kept * kept));  // one over two links
  EXPECT_NEAR(static_cast<double>(totals.lost_blocks), expected, 4 * std::sqrt(expected));
}

TEST(LossyBoundary, OfOnePacketPerEventLosesEventsOneByOne) {
  constexpr double kRate = 5e-4;
  Made made("graded(3)", WireKind::kPacket);
  for (auto& block : made.blocks) block.chips = {7};
  const auto format = make_wire_format(made.wire, made.params, WireLayout{});
  const Frame frame{1, 2, {1, 1}};
  const WireFrame wire = format->encode(frame, {});
  const double head = std::pow(1 - kRate, wire.packets[0].bits + kOverhead);
  const double event = std::pow(1 - kRate, wire.packets[1].bits + kOverhead);
  const auto events = static_cast<double>(kElements - std::ranges::count(made.value, 0));
  const LossyBoundary lossy = made.at(kRate);
  constexpr int kSamples = 5'000;
  LossTotals totals;
  for (int64_t sample = 0; sample < kSamples; ++sample) {
    auto arrived = made.value;
    totals += lossy.lose(sample, made.current, arrived);
  }
  const double expected = kSamples * events * (1 - head * event);
  // Events of one block go together with its header.
  EXPECT_NEAR(static_cast<double>(totals.changed_values), expected,
              4 * std::sqrt(expected * kElements / 3));
  const double lost = kSamples * 3 * (1 - head);
  EXPECT_NEAR(static_cast<double>(totals.lost_blocks), lost, 4 * std::sqrt(lost));
}

TEST(LossyBoundary, DependsOnSampleAndSeedAndOnNothingElse) {
  const Made made("graded(3)", WireKind::kPacket);
  const auto arrived = [&](uint64_t seed, int64_t sample, bool checked) {
    auto values = made.value;
    made.at(3e-3, checked, seed).lose(sample, made.current, values);
    return values;
  };
  for (const bool checked : {true, false}) {
    EXPECT_EQ(arrived(1, 4, checked), arrived(1, 4, checked));
    EXPECT_NE(arrived(1, 4, checked), arrived(1, 5, checked));
    EXPECT_NE(arrived(1, 4, checked), arrived(2, 4, checked));
  }
}

TEST(LossyBoundary, OfSpikesSilencesThemStepByStep) {
  BoundaryParams params;
  params.spec = {CodecKind::kRate, 0, 1, false};
  params.channels.resize(1);
  std::vector<LossyBlock> blocks(2);
  blocks[0] = {{0, 1, 2, 3}, {0}};
  blocks[1] = {{4, 5, 6, 7}, {0}};
  const LossyBoundary lossy(params, WireKind::kBitmap, WireLayout{},
                            {.bit_error_rate = 0.01, .checked = true, .overhead_bits = kOverhead},
                            8, 0, blocks);
  constexpr int kSteps = 3;
  int64_t lost = 0, silent = 0;
  for (int64_t sample = 0; sample < 200; ++sample) {
    std::vector<int16_t> spikes(kSteps * 8, 1);
    const LossTotals totals = lossy.lose_spikes(sample, kSteps, spikes);
    ASSERT_EQ(totals.blocks, 2 * kSteps);
    ASSERT_EQ(totals.values, 8 * kSteps);
    for (size_t block = 0; block < 2 * kSteps; ++block) {  // all of a block or nothing
      const auto at = spikes.begin() + static_cast<int64_t>(block) * 4;
      const auto zeros = std::count(at, at + 4, 0);
      ASSERT_TRUE(zeros == 0 || zeros == 4);
      silent += zeros;
    }
    lost += totals.lost_blocks;
  }
  EXPECT_GT(lost, 100);
  EXPECT_LT(lost, 1000);
  EXPECT_EQ(silent, 4 * lost);
}

}  // namespace
}  // namespace ranvier::codec
