// Are codec names read and written faithfully, and is everything out of range refused with key,
// value and range?

#include "ranvier/codec/codec.hpp"
#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace ranvier::codec {
namespace {

core::Refusal refusal_of(const std::string& text) {
  try {
    parse_codec(text, "variants.x.codec");
  } catch (const core::UserError& error) {
    return error.refusal();
  }
  return {};
}

core::Refusal refusal_of(const BoundaryParams& params) {
  try {
    make_codec(params);
  } catch (const core::UserError& error) {
    return error.refusal();
  }
  return {};
}

BoundaryParams good(const std::string& text) {
  BoundaryParams params;
  params.spec = parse_codec(text, "codec");
  params.channels = {ChannelParams{}};
  return params;
}

TEST(ParseCodec, ReadsEveryForm) {
  EXPECT_EQ(parse_codec("dense(8)", "k"), (CodecSpec{CodecKind::kDense, 8, 1, false}));
  EXPECT_EQ(parse_codec("rate(64)", "k").steps, 64);
  EXPECT_EQ(parse_codec("rate(64)", "k").kind, CodecKind::kRate);
  EXPECT_EQ(parse_codec("graded(0)", "k"), (CodecSpec{CodecKind::kGraded, 0, 1, false}));
  EXPECT_EQ(parse_codec(" graded( 3 , signed ) ", "k"),
            (CodecSpec{CodecKind::kGraded, 3, 1, true}));
}

TEST(ParseCodec, WritesWhatItReads) {
  for (const char* text : {"dense(4)", "dense(16,signed)", "rate(1)", "rate(8,signed)", "graded(0)",
                           "graded(8,signed)"}) {
    EXPECT_EQ(to_string(parse_codec(text, "k")), text);
  }
}

TEST(ParseCodec, RefusesEverythingElse) {
  for (const char* text : {"",
                           "graded",
                           "graded()",
                           "graded(3",
                           "graded 3)",
                           "graded(9)",
                           "graded(-1)",
                           "graded(3.5)",
                           "graded(3,unsigned)",
                           "graded(3,signed,signed)",
                           "rate(0)",
                           "rate(65)",
                           "rate(99999999999)",
                           "dense(0)",
                           "dense(33)",
                           "dense(1,signed)",
                           "Dense(8)",
                           "morse(3)",
                           "dense(8)x",
                           "(8)"}) {
    const core::Refusal refusal = refusal_of(text);
    EXPECT_EQ(refusal.key, "variants.x.codec") << text;
    EXPECT_EQ(refusal.given, text);
    EXPECT_NE(refusal.allowed.find("graded(0..8)"), std::string::npos) << text;
    EXPECT_NE(refusal.allowed.find("rate(1..64)"), std::string::npos) << text;
  }
}

TEST(SymbolBits, ArePayloadAndSign) {
  const auto bits = [](const char* text) { return symbol_bits(parse_codec(text, "k")); };
  EXPECT_EQ(bits("dense(8)"), 8);
  EXPECT_EQ(bits("dense(8,signed)"), 8);
  EXPECT_EQ(bits("rate(8)"), 0);
  EXPECT_EQ(bits("rate(8,signed)"), 1);
  EXPECT_EQ(bits("graded(3)"), 3);
  EXPECT_EQ(bits("graded(3,signed)"), 4);
}

TEST(MakeCodec, AcceptsTheEdgesOfEveryRange) {
  BoundaryParams params = good("graded(8)");
  params.current_frac_bits = 15;
  params.decode_shift = 30;
  params.channels[0] = ChannelParams{.threshold = 32767, .decode_multiplier = 32767};
  EXPECT_NO_THROW(make_codec(params));
  params = good("rate(64)");
  params.channels[0] = ChannelParams{.threshold = 65534, .decode_multiplier = 0, .leak_shift = 15};
  EXPECT_NO_THROW(make_codec(params));
}

struct BadCase {
  const char* codec;
  void (*spoil)(BoundaryParams&);
  const char* key;
  const char* given;
};

void PrintTo(const BadCase& bad, std::ostream* out) {
  *out << bad.codec << " with " << bad.key << " " << bad.given;
}

class MakeCodecRefuses : public testing::TestWithParam<BadCase> {};

TEST_P(MakeCodecRefuses, NamingKeyAndValue) {
  BoundaryParams params = good(GetParam().codec);
  GetParam().spoil(params);
  const core::Refusal refusal = refusal_of(params);
  EXPECT_EQ(refusal.key, GetParam().key);
  EXPECT_EQ(refusal.given, GetParam().given);
  EXPECT_FALSE(refusal.allowed.empty());
}

using P = BoundaryParams;
constexpr BadCase kBadCases[] = {
    {"rate(4)", [](P& p) { p.spec.steps = 0; }, "codec.steps", "0"},
    {"rate(4)", [](P& p) { p.spec.steps = 65; }, "codec.steps", "65"},
    {"dense(8)", [](P& p) { p.spec.bits = 0; }, "codec.bits", "0"},
    {"dense(8)", [](P& p) { p.spec.bits = 33; }, "codec.bits", "33"},
    {"dense(8,signed)", [](P& p) { p.spec.bits = 1; }, "codec.bits", "1"},
    {"graded(4)", [](P& p) { p.spec.bits = -1; }, "codec.bits", "-1"},
    {"graded(4)", [](P& p) { p.spec.bits = 9; }, "codec.bits", "9"},
    {"graded(4)", [](P& p) { p.spec.steps = 2; }, "codec.steps", "2"},
    {"graded(4)", [](P& p) { p.current_frac_bits = -1; }, "codec.current_frac_bits", "-1"},
    {"graded(4)", [](P& p) { p.current_frac_bits = 16; }, "codec.current_frac_bits", "16"},
    {"graded(4)", [](P& p) { p.decode_shift = 31; }, "codec.decode_shift", "31"},
    {"graded(4)", [](P& p) { p.decode_shift = -1; }, "codec.decode_shift", "-1"},
    {"graded(4)", [](P& p) { p.value_frac_bits = 31; }, "codec.value_frac_bits", "31"},
    {"graded(4)", [](P& p) { p.channels.clear(); }, "codec.channels", "0"},
    {"graded(4)", [](P& p) { p.channels.resize(65537); }, "codec.channels", "65537"},
    {"graded(4)", [](P& p) { p.channels[0].threshold = 0; }, "codec.channels[0].threshold", "0"},
    {"graded(4)", [](P& p) { p.channels[0].threshold = 32768; }, "codec.channels[0].threshold",
     "32768"},
    {"rate(4)", [](P& p) { p.channels[0].threshold = 65536; }, "codec.channels[0].threshold",
     "65536"},
    {"rate(4)", [](P& p) { p.channels[0].threshold = 255; }, "codec.channels[0].threshold", "255"},
    {"rate(4)", [](P& p) { p.channels[0].threshold = 0; }, "codec.channels[0].threshold", "0"},
    {"rate(4)", [](P& p) { p.channels[0].leak_shift = 16; }, "codec.channels[0].leak_shift", "16"},
    {"rate(4)", [](P& p) { p.channels[0].leak_shift = -1; }, "codec.channels[0].leak_shift", "-1"},
    {"graded(4)", [](P& p) { p.channels[0].leak_shift = 1; }, "codec.channels[0].leak_shift", "1"},
    {"dense(4)", [](P& p) { p.channels[0].decode_multiplier = -1; },
     "codec.channels[0].decode_multiplier", "-1"},
};

INSTANTIATE_TEST_SUITE_P(Codec, MakeCodecRefuses, testing::ValuesIn(kBadCases));

}  // namespace
}  // namespace ranvier::codec
