// Are bits that are not a frame refused, whatever is wrong with them?

#include "ranvier/codec/wire.hpp"
#include "ranvier/codec/wire_samples.hpp"
#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>

namespace ranvier::codec {
namespace {

// Positions in the header of the default layout: route 18, format 2 (dense: 3), then the count.
constexpr int kFormatAt = 18;

struct Case {
  const char* codec;
  WireKind wire;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.codec << " on " << to_string(c.wire); }

constexpr Case kCases[] = {
    {"graded(3)", WireKind::kPacket},       {"graded(3)", WireKind::kAer},
    {"graded(3)", WireKind::kBitmap},       {"graded(3)", WireKind::kAuto},
    {"rate(8,signed)", WireKind::kAer},     {"rate(8,signed)", WireKind::kBitmap},
    {"rate(4)", WireKind::kPacket},         {"dense(8)", WireKind::kPacket},
    {"dense(4,signed)", WireKind::kBitmap}, {"dense(8)", WireKind::kBurst},
    {"dense(4)", WireKind::kAuto}};

void flip(Packet& packet, int64_t bit) {
  uint8_t& byte = packet.bytes.at(static_cast<size_t>(bit / 8));
  byte = static_cast<uint8_t>(byte ^ (1U << (bit % 8)));
}

void set_bits(Packet& packet, int64_t at, int bits, uint64_t value) {
  for (int b = 0; b < bits; ++b) {
    const auto byte = static_cast<size_t>((at + b) / 8);
    const uint8_t mask = static_cast<uint8_t>(1U << ((at + b) % 8));
    packet.bytes.at(byte) = static_cast<uint8_t>((packet.bytes.at(byte) & ~mask) |
                                                 (((value >> b) & 1) != 0 ? mask : 0));
  }
}

class Malformed : public testing::TestWithParam<Case> {
 protected:
  Malformed()
      : spec_(parse_codec(GetParam().codec, "codec")),
        format_(make_wire_format(GetParam().wire, spec_, WireLayout{})),
        frame_(sample_frame(spec_, kElements, 0.5, 3)),
        wire_(format_->encode(frame_)) {}

  int format_bits() const { return spec_.kind == CodecKind::kDense ? 3 : 2; }
  int count_at() const { return kFormatAt + format_bits(); }
  void expect_refused() const { EXPECT_THROW(format_->decode(wire_, kElements), core::RunError); }

  static constexpr int kElements = 100;
  CodecSpec spec_;
  std::unique_ptr<WireFormat> format_;
  Frame frame_;
  WireFrame wire_;
};

TEST_P(Malformed, UnspoiltIsAccepted) { EXPECT_EQ(format_->decode(wire_, kElements), frame_); }

TEST_P(Malformed, NoPackets) {
  wire_.packets.clear();
  expect_refused();
}

TEST_P(Malformed, LastPacketMissing) {
  wire_.packets.pop_back();
  expect_refused();
}

TEST_P(Malformed, OnePacketTooMany) {
  wire_.packets.push_back(wire_.packets.back());
  expect_refused();
}

TEST_P(Malformed, TruncatedBytes) {
  wire_.packets.back().bytes.pop_back();
  expect_refused();
}

TEST_P(Malformed, TruncatedFlit) {
  Packet& packet = wire_.packets.back();
  packet.flits -= 1;
  packet.bits -= WireLayout{}.flit_bits;
  packet.bytes.resize(static_cast<size_t>(std::max(0, (packet.bits + 7) / 8)));
  expect_refused();
}

TEST_P(Malformed, NoBytesAtAll) {
  wire_.packets.front().bytes.clear();
  expect_refused();
}

TEST_P(Malformed, ExtraBytes) {
  wire_.packets.back().bytes.push_back(0);
  expect_refused();
}

TEST_P(Malformed, ExtraFlit) {
  Packet& packet = wire_.packets.back();
  packet.flits += 1;
  packet.bits += WireLayout{}.flit_bits;
  packet.bytes.resize(static_cast<size_t>((packet.bits + 7) / 8));
  expect_refused();
}

TEST_P(Malformed, GarbageInThePadding) {
  // The last bit of the last byte is padding in every case here: frames end inside a byte or a
  // flit.
  Packet& packet = wire_.packets.back();
  flip(packet, static_cast<int64_t>(packet.bytes.size()) * 8 - 1);
  expect_refused();
}

TEST_P(Malformed, CountOneTooSmallOrLarge) {
  const auto count =
      static_cast<uint64_t>(spec_.kind == CodecKind::kDense && (wire_.kind == WireKind::kBurst ||
                                                                wire_.kind == WireKind::kPacket)
                                ? kElements
                                : frame_.events());
  set_bits(wire_.packets.front(), count_at(), 9, count + 1);
  expect_refused();
  set_bits(wire_.packets.front(), count_at(), 9, count - 1);
  expect_refused();
}

TEST_P(Malformed, CountBeyondTheBlock) {
  set_bits(wire_.packets.front(), count_at(), 9, 511);
  if (spec_.steps == 8) set_bits(wire_.packets.front(), count_at(), 12, 4095);
  expect_refused();
}

TEST_P(Malformed, OtherFormatInTheHeader) {
  const auto id = static_cast<uint64_t>(wire_.kind);
  for (uint64_t other = 0; other < (uint64_t{1} << format_bits()); ++other) {
    if (other == id) continue;
    set_bits(wire_.packets.front(), kFormatAt, format_bits(), other);
    expect_refused();
    wire_.kind = static_cast<WireKind>(other);  // and header and frame agreeing on the wrong one
    expect_refused();
    wire_.kind = static_cast<WireKind>(id);
  }
}

TEST_P(Malformed, ForABlockOfAnotherSize) {
  if (wire_.kind == WireKind::kAer || (wire_.kind == WireKind::kPacket && spec_.bits != 8)) return;
  EXPECT_THROW(format_->decode(wire_, kElements + 40), core::RunError);
  EXPECT_THROW(format_->decode(wire_, kElements - 40), core::RunError);
}

TEST_P(Malformed, AnyFlippedBitIsRefusedOrAnotherFrame) {
  EXPECT_TRUE(rc::check([&] {
    WireFrame spoilt = wire_;
    const auto which = *rc::gen::inRange<size_t>(0, spoilt.packets.size());
    Packet& packet = spoilt.packets[which];
    const int route = WireLayout{}.route_bits;
    flip(packet, *rc::gen::inRange<int64_t>(route, packet.bits));
    try {
      const Frame frame = format_->decode(spoilt, kElements);
      RC_ASSERT(frame != frame_);
      const auto same = make_wire_format(wire_.kind, spec_, WireLayout{});
      RC_ASSERT(same->decode(same->encode(frame), kElements) == frame);
    } catch (const core::RunError&) {
      RC_SUCCEED("refused");
    }
  }));
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  std::string name = std::string(info.param.codec) + "_" + std::string(to_string(info.param.wire));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Wire, Malformed, testing::ValuesIn(kCases), case_name);

Frame four(std::vector<int16_t> symbols) { return Frame{1, 4, std::move(symbols)}; }

constexpr int kPayloadAt = 34;  // the flit behind the header, default layout

TEST(Aer, RefusesEventsOutOfOrderTwiceOrOutside) {
  const auto format =
      make_wire_format(WireKind::kAer, parse_codec("graded(0)", "codec"), WireLayout{});
  WireFrame wire = format->encode(four({0, 1, 0, 1}));
  for (const uint64_t second : {0, 1, 4, 255}) {
    set_bits(wire.packets[0], kPayloadAt + 8, 8, second);
    EXPECT_THROW(format->decode(wire, 4), core::RunError) << second;
  }
  set_bits(wire.packets[0], kPayloadAt + 8, 8, 2);
  EXPECT_EQ(format->decode(wire, 4), four({0, 1, 1, 0}));
}

TEST(Aer, RefusesAnEventThatIsZero) {
  const auto format =
      make_wire_format(WireKind::kAer, parse_codec("dense(4)", "codec"), WireLayout{});
  WireFrame wire = format->encode(four({0, 9, 0, 0}));
  set_bits(wire.packets[0], kPayloadAt + 8, 4, 0);
  EXPECT_THROW(format->decode(wire, 4), core::RunError);
}

TEST(Bitmap, RefusesAnEventThatIsZeroOrBeyondTheRange) {
  const auto format =
      make_wire_format(WireKind::kBitmap, parse_codec("dense(4,signed)", "codec"), WireLayout{});
  WireFrame wire = format->encode(four({0, -7, 0, 0}));
  for (const uint64_t field : {0b0000, 0b1000}) {  // 0 and -8, which is no symbol
    set_bits(wire.packets[0], kPayloadAt + 4, 4, field);
    EXPECT_THROW(format->decode(wire, 4), core::RunError) << field;
  }
}

TEST(Bitmap, RefusesMorePresenceBitsThanEvents) {
  const auto format =
      make_wire_format(WireKind::kBitmap, parse_codec("rate(2)", "codec"), WireLayout{});
  WireFrame wire = format->encode(Frame{2, 4, {1, 0, 0, 0, 0, 0, 1, 1}});
  flip(wire.packets[0], kPayloadAt + 1);
  EXPECT_THROW(format->decode(wire, 4), core::RunError);
  flip(wire.packets[0], kPayloadAt + 0);
  EXPECT_NO_THROW(format->decode(wire, 4));
}

TEST(Burst, RefusesALevelBeyondTheRange) {
  const auto format =
      make_wire_format(WireKind::kBurst, parse_codec("dense(8,signed)", "codec"), WireLayout{});
  WireFrame wire = format->encode(four({1, 2, 3, 4}));
  set_bits(wire.packets[0], kPayloadAt + 8, 8, 0x80);
  EXPECT_THROW(format->decode(wire, 4), core::RunError);
}

TEST(Packet, TakesEventsInAnyOrderButNoneTwice) {
  const auto format =
      make_wire_format(WireKind::kPacket, parse_codec("graded(2)", "codec"), WireLayout{});
  WireFrame wire = format->encode(four({1, 0, 3, 4}));
  std::swap(wire.packets[1], wire.packets[3]);
  EXPECT_EQ(format->decode(wire, 4), four({1, 0, 3, 4}));
  wire.packets[1] = wire.packets[2];
  EXPECT_THROW(format->decode(wire, 4), core::RunError);
}

TEST(Packet, RefusesAnAddressOrTickOutside) {
  const auto format =
      make_wire_format(WireKind::kPacket, parse_codec("rate(4)", "codec"), WireLayout{});
  WireFrame wire = format->encode(Frame{4, 1, {1, 0, 0, 0}});
  set_bits(wire.packets[1], 18, 8, 1);
  EXPECT_THROW(format->decode(wire, 1), core::RunError);
  set_bits(wire.packets[1], 18, 8, 0);
  set_bits(wire.packets[1], 26, 4, 4);
  EXPECT_THROW(format->decode(wire, 1), core::RunError);
}

TEST(WireRefusal, BurstNeedsDense) {
  for (const char* codec : {"graded(3)", "rate(4)"}) {
    try {
      make_wire_format(WireKind::kBurst, parse_codec(codec, "codec"), WireLayout{});
      FAIL();
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.refusal().key, "wire");
      EXPECT_EQ(error.refusal().given, std::string("burst with ") + codec);
      EXPECT_EQ(error.refusal().allowed, "one of packet, aer, bitmap, rans, auto");
    }
  }
}

TEST(WireRefusal, UnknownName) {
  try {
    parse_wire("bitmpa", "variants.x.wire");
    FAIL();
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "variants.x.wire");
    EXPECT_EQ(error.refusal().given, "bitmpa");
    EXPECT_NE(error.refusal().hint.find("bitmap"), std::string::npos);
  }
}

TEST(WireRefusal, FramesThatAreNotOfTheCodecBreakTheContract) {
  const auto format =
      make_wire_format(WireKind::kAuto, parse_codec("graded(2)", "codec"), WireLayout{});
  EXPECT_THROW(format->encode(four({0, 0, 0, 5})), core::ContractViolation);
  EXPECT_THROW(format->encode(four({0, 0, 0, -1})), core::ContractViolation);
  EXPECT_THROW(format->encode(four({0, 0, 0})), core::ContractViolation);
  EXPECT_THROW(format->encode(Frame{2, 1, {1, 1}}), core::ContractViolation);
  EXPECT_THROW(format->encode(Frame{1, 257, std::vector<int16_t>(257)}), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::codec
