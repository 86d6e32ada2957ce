// Do the encoders compute docs/models/converter.md, for every current there is?

#include "ranvier/codec/codec.hpp"

#include "ranvier/codec/membrane.hpp"
#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace ranvier::codec {
namespace {

std::vector<int16_t> every_current() {
  std::vector<int16_t> current(65536);
  for (int i = 0; i < 65536; ++i) current[static_cast<size_t>(i)] = static_cast<int16_t>(i - 32768);
  return current;
}

BoundaryParams params_of(const std::string& text, int32_t threshold, int frac_bits = 8) {
  BoundaryParams params;
  params.spec = parse_codec(text, "codec");
  params.current_frac_bits = frac_bits;
  params.channels = {ChannelParams{.threshold = threshold, .decode_multiplier = 3}};
  return params;
}

std::vector<int16_t> levels(const Codec& codec, const std::vector<int16_t>& current,
                            const std::vector<uint16_t>& channel) {
  std::vector<int16_t> level(current.size());
  codec.encode_levels(current, channel, level);
  return level;
}

std::vector<int16_t> levels(const Codec& codec, const std::vector<int16_t>& current) {
  return levels(codec, current, std::vector<uint16_t>(current.size(), 0));
}

/// floor(a / b), b > 0, by a road the encoder does not take.
int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

int64_t rate_closed_form(int64_t i, int64_t threshold, int64_t steps, bool is_signed) {
  const int64_t magnitude = is_signed ? std::abs(i) : i;
  const int64_t count =
      std::clamp(floor_div(threshold / 2 + steps * magnitude, threshold), int64_t{0}, steps);
  return is_signed && i < 0 ? -count : count;
}

class RateClosedForm : public testing::TestWithParam<bool> {};

TEST_P(RateClosedForm, EqualsTheSteppedNeuronForEveryCurrent) {
  const std::vector<int16_t> current = every_current();
  const std::vector<uint16_t> channel(current.size(), 0);
  for (const int steps : {1, 2, 3, 4, 8, 15, 64}) {
    for (const int32_t threshold : {2, 4, 6, 254, 256, 1000, 4098, 32766, 32768, 65534}) {
      const std::string text = "rate(" + std::to_string(steps) + (GetParam() ? ",signed)" : ")");
      const auto codec = make_codec(params_of(text, threshold));
      const std::vector<int16_t> closed = levels(*codec, current);
      const Frame frame = codec->encode(current, channel);
      ASSERT_EQ(levels_of(frame), closed) << text << " threshold " << threshold;
      for (size_t e = 0; e < current.size(); ++e) {
        ASSERT_EQ(closed[e], rate_closed_form(current[e], threshold, steps, GetParam()))
            << text << " threshold " << threshold << " current " << current[e];
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(SignedAndNot, RateClosedForm, testing::Bool());

TEST(Rate, SymbolsAreSpikes) {
  const std::vector<int16_t> current = every_current();
  const auto codec = make_codec(params_of("rate(3,signed)", 512));
  const Frame frame = codec->encode(current, std::vector<uint16_t>(current.size(), 0));
  EXPECT_EQ(frame.steps, 3);
  EXPECT_EQ(frame.symbols.size(), current.size() * 3);
  const auto [low, high] = std::minmax_element(frame.symbols.begin(), frame.symbols.end());
  EXPECT_EQ(*low, -1);
  EXPECT_EQ(*high, 1);
}

TEST(Rate, UnsignedSpikesAreSpreadOverTheWindow) {
  // Threshold 100, current 50, u0 = 50: 100 fires, 50, 100 fires, ...
  const auto codec = make_codec(params_of("rate(4)", 100));
  const std::vector<int16_t> current{50};
  const std::vector<uint16_t> channel{0};
  EXPECT_EQ(codec->encode(current, channel).symbols, (std::vector<int16_t>{1, 0, 1, 0}));
}

TEST(Rate, LeakIsTakenBeforeTheCurrent) {
  // Threshold 64, leak 1, current 40: 32-16+40=56; 56-28+40=68 fires, 4; 4-2+40=42; 42-21+40=61.
  BoundaryParams params = params_of("rate(4)", 64);
  params.channels[0].leak_shift = 1;
  const auto codec = make_codec(params);
  const std::vector<int16_t> current{40};
  const std::vector<uint16_t> channel{0};
  EXPECT_EQ(codec->encode(current, channel).symbols, (std::vector<int16_t>{0, 1, 0, 0}));
}

TEST(Rate, LevelsFollowTheLeakToo) {
  BoundaryParams params = params_of("rate(8,signed)", 600);
  params.channels.push_back(
      ChannelParams{.threshold = 300, .decode_multiplier = 1, .leak_shift = 3});
  const auto codec = make_codec(params);
  const std::vector<int16_t> current = every_current();
  std::vector<uint16_t> channel(current.size());
  for (size_t e = 0; e < channel.size(); ++e) channel[e] = static_cast<uint16_t>(e % 2);
  EXPECT_EQ(levels(*codec, current, channel), levels_of(codec->encode(current, channel)));
}

TEST(Membrane, SaturatesAtTwentyFourBits) {
  int32_t membrane = 0;
  for (int step = 0; step < 1000; ++step) membrane_step<false>(membrane, 32767, 2, 0);
  EXPECT_EQ(membrane, kMembraneLimit - 2);
  for (int step = 0; step < 1000; ++step) membrane_step<false>(membrane, -32768, 2, 0);
  EXPECT_EQ(membrane, -kMembraneLimit);
}

TEST(Membrane, LeakMovesTowardsZeroFromBothSides) {
  int32_t up = 3;
  int32_t down = -3;
  membrane_step<true>(up, 0, 1000, 1);
  membrane_step<true>(down, 0, 1000, 1);
  EXPECT_EQ(up, 2);     // 3 - (3 >> 1)
  EXPECT_EQ(down, -1);  // -3 - (-3 >> 1): the shift rounds down
}

TEST(Graded, FollowsItsDefinitionForEveryCurrent) {
  const std::vector<int16_t> current = every_current();
  for (const bool is_signed : {false, true}) {
    for (const int bits : {0, 1, 3, 8}) {
      for (const int frac : {0, 1, 8, 15}) {
        for (const int32_t threshold : {1, 2, 255, 256, 20000, 32767}) {
          const std::string text =
              "graded(" + std::to_string(bits) + (is_signed ? ",signed)" : ")");
          const std::vector<int16_t> level =
              levels(*make_codec(params_of(text, threshold, frac)), current);
          for (size_t e = 0; e < current.size(); ++e) {
            const double i = current[e];
            const double seen = is_signed ? std::abs(i) : i;
            const double step =
                std::clamp(std::floor(seen / std::exp2(frac) + 0.5), 1.0, std::exp2(bits));
            const double want = seen >= threshold ? std::copysign(step, i) : 0.0;
            ASSERT_EQ(level[e], want) << text << " " << threshold << " F=" << frac << " i=" << i;
          }
        }
      }
    }
  }
}

TEST(Dense, FollowsItsDefinitionForEveryCurrent) {
  const std::vector<int16_t> current = every_current();
  for (const bool is_signed : {false, true}) {
    for (const int bits : {2, 4, 8, 16, 32}) {
      for (const int frac : {0, 1, 8, 15}) {
        const std::string text = "dense(" + std::to_string(bits) + (is_signed ? ",signed)" : ")");
        const std::vector<int16_t> level = levels(*make_codec(params_of(text, 0, frac)), current);
        const double high = std::min(std::exp2(is_signed ? bits - 1 : bits), 32768.0) - 1;
        for (size_t e = 0; e < current.size(); ++e) {
          const double step = std::floor(current[e] / std::exp2(frac) + 0.5);
          ASSERT_EQ(level[e], std::clamp(step, is_signed ? -high : 0.0, high))
              << text << " F=" << frac << " i=" << current[e];
        }
      }
    }
  }
}

TEST(Codec, OnePlaneFramesHoldTheLevels) {
  const std::vector<int16_t> current = every_current();
  const std::vector<uint16_t> channel(current.size(), 0);
  for (const char* text : {"graded(3)", "graded(3,signed)", "dense(8)", "dense(4,signed)"}) {
    const auto codec = make_codec(params_of(text, 300));
    const Frame frame = codec->encode(current, channel);
    EXPECT_EQ(frame.steps, 1);
    EXPECT_EQ(frame.elements, 65536);
    EXPECT_EQ(frame.symbols, levels(*codec, current)) << text;
  }
}

TEST(Codec, EachElementUsesItsChannel) {
  BoundaryParams params = params_of("graded(4)", 100, 4);
  params.channels.push_back(ChannelParams{.threshold = 200, .decode_multiplier = 5});
  const auto codec = make_codec(params);
  const std::vector<int16_t> current{150, 150, 250};
  const std::vector<uint16_t> channel{0, 1, 1};
  const Frame frame = codec->encode(current, channel);
  EXPECT_EQ(frame.symbols, (std::vector<int16_t>{9, 0, 16}));
  EXPECT_EQ(codec->decode(frame, channel), (std::vector<int32_t>{27, 0, 80}));
  EXPECT_EQ(frame.events(), 2);
}

TEST(Decode, RoundsHalfUpOnBothSides) {
  EXPECT_EQ(decode_level(1, 1, 1), 1);    // 0.5 -> 1
  EXPECT_EQ(decode_level(-1, 1, 1), 0);   // -0.5 -> 0
  EXPECT_EQ(decode_level(-3, 1, 1), -1);  // -1.5 -> -1
  EXPECT_EQ(decode_level(-32768, 32767, 0), -32768 * 32767);
  EXPECT_EQ(decode_level(32767, 32767, 30), 1);
}

TEST(Decode, BulkFrameAndFormulaAgreeForEveryLevel) {
  const std::vector<int16_t> level = every_current();
  const std::vector<uint16_t> channel(level.size(), 0);
  for (const int shift : {0, 1, 7, 15, 30}) {
    for (const int16_t multiplier : std::to_array<int16_t>({0, 1, 777, 32767})) {
      BoundaryParams params = params_of("dense(16,signed)", 0);
      params.decode_shift = shift;
      params.channels[0].decode_multiplier = multiplier;
      const auto codec = make_codec(params);
      const std::vector<int32_t> value = codec->decode(Frame{1, 65536, level}, channel);
      for (size_t e = 0; e < level.size(); ++e) {
        const double exact =
            std::floor(static_cast<double>(level[e]) * multiplier / std::exp2(shift) +
                       (shift > 0 ? 0.5 : 0.0));
        ASSERT_EQ(value[e], exact);
        ASSERT_EQ(value[e], decode_level(level[e], multiplier, shift));
      }
    }
  }
}

TEST(Decode, RateSumsTheWindow) {
  const auto codec = make_codec(params_of("rate(4,signed)", 100));
  const Frame frame{4, 2, {1, 0, 1, -1, 0, 0, 1, -1}};
  const std::vector<uint16_t> channel{0, 0};
  EXPECT_EQ(codec->decode(frame, channel), (std::vector<int32_t>{9, -6}));
}

TEST(Codec, EmptyInputGivesAnEmptyFrame) {
  for (const char* text : {"graded(3)", "dense(8)", "rate(4)"}) {
    const auto codec = make_codec(params_of(text, 300));
    const Frame frame = codec->encode({}, {});
    EXPECT_EQ(frame.elements, 0) << text;
    EXPECT_TRUE(codec->decode(frame, {}).empty()) << text;
  }
}

TEST(Codec, RefusesShapesThatDisagree) {
  const std::vector<int16_t> current{1, 2};
  const std::vector<uint16_t> one{0};
  const std::vector<uint16_t> unknown{0, 1};
  std::vector<int16_t> level(1);
  std::vector<int32_t> value(2);
  for (const char* text : {"graded(3)", "dense(8)", "rate(4)"}) {
    const auto codec = make_codec(params_of(text, 300));
    EXPECT_THROW(codec->encode(current, one), core::ContractViolation) << text;
    EXPECT_THROW(codec->encode(current, unknown), core::ContractViolation) << text;
    EXPECT_THROW(codec->encode_levels(current, one, level), core::ContractViolation) << text;
    EXPECT_THROW(codec->decode_levels(current, unknown, value), core::ContractViolation) << text;
    EXPECT_THROW(codec->decode(Frame{5, 0, {}}, {}), core::ContractViolation) << text;
  }
  EXPECT_THROW(levels_of(Frame{2, 2, {1, 1, 1}}), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::codec
