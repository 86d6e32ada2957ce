// Is decode(encode(frame)) the frame, for every format and codec, and does each frame cost the bits
// it should?

#include "ranvier/codec/wire.hpp"

#include "ranvier/codec/wire_samples.hpp"
#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ostream>

namespace ranvier::codec {
namespace {

constexpr WireKind kAllKinds[] = {WireKind::kPacket, WireKind::kAer, WireKind::kBitmap,
                                  WireKind::kBurst, WireKind::kAuto};

struct Pair {
  std::string codec;
  WireKind wire;
};

void PrintTo(const Pair& pair, std::ostream* out) {
  *out << pair.codec << " on " << to_string(pair.wire);
}

std::vector<Pair> every_pair() {
  std::vector<Pair> pairs;
  for (const std::string& codec : sample_codecs()) {
    for (const WireKind wire : kAllKinds) {
      if (carries(wire, parse_codec(codec, "codec"))) pairs.push_back({codec, wire});
    }
  }
  return pairs;
}

Frame any_frame(const CodecSpec& spec, int most_elements) {
  const int elements = *rc::gen::oneOf(rc::gen::inRange(0, most_elements + 1),
                                       rc::gen::element(0, 1, 2, 63, 64, 65, 255, 256));
  const double density = *rc::gen::element(0.0, 0.01, 0.1, 0.5, 1.0);
  return sample_frame(spec, elements, density, *rc::gen::arbitrary<uint64_t>());
}

/// Layouts beyond the usual one: flits down to 5 bits, so that headers and events take several.
WireLayout any_layout() {
  WireLayout layout;
  layout.route_bits = *rc::gen::inRange(0, 33);
  layout.address_bits = *rc::gen::inRange(8, 13);
  layout.tick_bits = *rc::gen::inRange(0, 7);
  layout.flit_bits = *rc::gen::oneOf(rc::gen::just(34), rc::gen::inRange(5, 130));
  return layout;
}

int bits_to_count(double things) { return static_cast<int>(std::ceil(std::log2(things))); }

/// What the formats promise, restated from docs/models/wire-formats.md.
struct Promise {
  int64_t packets = 1;
  int64_t flits = 0;
  int64_t bits = 0;
};

int64_t flits_of(int64_t bits, int flit) { return (bits + flit - 1) / flit; }

int64_t width_of(int64_t bits, int flit) {
  return bits <= flit ? bits : flits_of(bits, flit) * flit;
}

Promise promised(WireKind kind, const Frame& frame, const CodecSpec& spec,
                 const WireLayout& layout) {
  const bool dense = spec.kind == CodecKind::kDense;
  const bool rate = spec.kind == CodecKind::kRate;
  const int flit = layout.flit_bits;
  const int time = bits_to_count(spec.steps);
  const bool ttfs = spec.kind == CodecKind::kTtfs;
  const int payload_bits = ttfs ? bits_to_count(spec.window) : rate ? 0 : spec.bits;
  const int symbol = payload_bits + (spec.is_signed && !dense ? 1 : 0);
  const int header = layout.route_bits + (dense ? 3 : 2) +
                     bits_to_count(std::exp2(layout.address_bits) * spec.steps + 1);
  const int64_t events =
      std::count_if(frame.symbols.begin(), frame.symbols.end(), [](int s) { return s != 0; });
  if (kind == WireKind::kPacket) {
    const int64_t sent = dense ? frame.elements : events;
    const int64_t event = layout.route_bits + layout.address_bits + symbol +
                          (rate ? std::max(layout.tick_bits, time) : 0);
    return {1 + sent, flits_of(header, flit) + sent * flits_of(event, flit),
            width_of(header, flit) + sent * width_of(event, flit)};
  }
  int64_t payload = 0;
  if (kind == WireKind::kAer) payload = events * (layout.address_bits + time + symbol);
  if (kind == WireKind::kBitmap) payload = int64_t{frame.elements} * spec.steps + events * symbol;
  if (kind == WireKind::kBurst) payload = int64_t{frame.elements} * spec.bits;
  if (payload == 0) return {1, flits_of(header, flit), width_of(header, flit)};
  const int64_t flits = flits_of(header, flit) + flits_of(payload, flit);
  return {1, flits, flits * flit};
}

class EveryPair : public testing::TestWithParam<Pair> {};

TEST_P(EveryPair, DecodesToTheFrame) {
  const CodecSpec spec = parse_codec(GetParam().codec, "codec");
  EXPECT_TRUE(rc::check([&] {
    const auto format = make_wire_format(GetParam().wire, spec, any_layout());
    const Frame frame = any_frame(spec, 256);
    const WireFrame wire = format->encode(frame);
    RC_ASSERT(wire.kind != WireKind::kAuto);
    RC_ASSERT(format->decode(wire, frame.elements) == frame);
  }));
}

TEST_P(EveryPair, CostsWhatItPromises) {
  const CodecSpec spec = parse_codec(GetParam().codec, "codec");
  EXPECT_TRUE(rc::check([&] {
    const WireLayout layout = any_layout();
    const auto format = make_wire_format(GetParam().wire, spec, layout);
    const Frame frame = any_frame(spec, 256);
    const WireFrame wire = format->encode(frame);
    const Promise promise = promised(wire.kind, frame, spec, layout);
    RC_ASSERT(static_cast<int64_t>(wire.packets.size()) == promise.packets);
    RC_ASSERT(wire.flits() == promise.flits);
    RC_ASSERT(wire.bits() == promise.bits);
    const int64_t on_link = promise.bits + promise.flits * (layout.tag_bits + layout.framing_bits);
    RC_ASSERT(link_bits(wire, layout) == on_link);
    const WireSize size = format->size(frame);
    RC_ASSERT((size == WireSize{wire.kind, promise.packets, promise.flits, promise.bits}));
    RC_ASSERT(link_bits(size, layout) == on_link);
    for (const Packet& packet : wire.packets) {
      RC_ASSERT(static_cast<int>(packet.bytes.size()) == (packet.bits + 7) / 8);
      const int whole_flits = packet.flits * layout.flit_bits;
      RC_ASSERT((packet.bits == whole_flits || (packet.flits == 1 && packet.bits < whole_flits)));
    }
  }));
}

TEST_P(EveryPair, CarriesALargeFrame) {
  const CodecSpec spec = parse_codec(GetParam().codec, "codec");
  const bool one_packet_per_event = GetParam().wire == WireKind::kPacket;
  const int elements = one_packet_per_event || spec.steps > 1 ? 4099 : 65536;
  const WireLayout layout{.address_bits = 16};
  const auto format = make_wire_format(GetParam().wire, spec, layout);
  for (const double density : {0.3, 1.0}) {
    const Frame frame = sample_frame(spec, elements, density, 7);
    const WireFrame wire = format->encode(frame);
    ASSERT_EQ(format->decode(wire, elements), frame);
    ASSERT_EQ(wire.bits(), promised(wire.kind, frame, spec, layout).bits);
  }
}

std::string pair_name(const testing::TestParamInfo<Pair>& info) {
  std::string name = info.param.codec + "_" + std::string(to_string(info.param.wire));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Wire, EveryPair, testing::ValuesIn(every_pair()), pair_name);

class Auto : public testing::TestWithParam<std::string> {};

TEST_P(Auto, CostsAsMuchAsTheCheapestFormat) {
  const CodecSpec spec = parse_codec(GetParam(), "codec");
  EXPECT_TRUE(rc::check([&] {
    const WireLayout layout = any_layout();
    const Frame frame = any_frame(spec, 256);
    int64_t cheapest = INT64_MAX;
    for (const WireKind kind : kAllKinds) {
      if (kind == WireKind::kAuto || !carries(kind, spec)) continue;
      const auto format = make_wire_format(kind, spec, layout);
      cheapest = std::min(cheapest, link_bits(format->encode(frame), layout));
    }
    const auto format = make_wire_format(WireKind::kAuto, spec, layout);
    RC_ASSERT(link_bits(format->encode(frame), layout) == cheapest);
    RC_ASSERT(link_bits(format->size(frame), layout) == cheapest);
  }));
}

INSTANTIATE_TEST_SUITE_P(Wire, Auto, testing::ValuesIn(sample_codecs()));

TEST(AutoChoice, FollowsTheActivity) {
  const CodecSpec spec = parse_codec("graded(3)", "codec");
  const auto format = make_wire_format(WireKind::kAuto, spec, WireLayout{});
  EXPECT_EQ(format->encode(sample_frame(spec, 256, 0.02, 1)).kind, WireKind::kAer);
  EXPECT_EQ(format->encode(sample_frame(spec, 256, 0.30, 1)).kind, WireKind::kBitmap);
  const CodecSpec dense = parse_codec("dense(8)", "codec");
  const auto dense_format = make_wire_format(WireKind::kAuto, dense, WireLayout{});
  EXPECT_EQ(dense_format->encode(sample_frame(dense, 256, 1.0, 1)).kind, WireKind::kBurst);
}

TEST(Packet, IsThePacketOfTheMesh) {
  // 34-bit dense activation and 30-bit event of the default layout; header 18 + 2 + 9 bits.
  const auto width = [](const char* codec) {
    const CodecSpec spec = parse_codec(codec, "codec");
    const auto format = make_wire_format(WireKind::kPacket, spec, WireLayout{});
    const WireFrame wire = format->encode(sample_frame(spec, 256, 1.0, 1));
    EXPECT_EQ(wire.packets.size(), 1U + 256U * static_cast<size_t>(spec.steps));
    return wire.packets.back().bits;
  };
  EXPECT_EQ(width("dense(8)"), 34);
  EXPECT_EQ(width("rate(1)"), 30);
  EXPECT_EQ(width("rate(8)"), 30);
  EXPECT_EQ(width("rate(8,signed)"), 31);
  EXPECT_EQ(width("graded(3)"), 29);
}

/// The worked example of docs/models/converter.md and docs/models/wire-formats.md.
TEST(WorkedExample, GivesTheBytesOfTheDocs) {
  BoundaryParams params;
  params.spec = parse_codec("graded(3)", "codec");
  params.decode_shift = 4;
  params.channels = {{.threshold = 192, .decode_multiplier = 300},
                     {.threshold = 400, .decode_multiplier = 90}};
  const auto codec = make_codec(params);
  const std::vector<int16_t> current{-50, 191, 192, 384, 640, 399, 400, 32767};
  const std::vector<uint16_t> channel{0, 0, 0, 0, 1, 1, 1, 1};
  const Frame frame = codec->encode(current, channel);
  EXPECT_EQ(frame.symbols, (std::vector<int16_t>{0, 0, 1, 2, 3, 0, 2, 8}));
  EXPECT_EQ(codec->decode(frame, channel), (std::vector<int32_t>{0, 0, 19, 38, 17, 0, 11, 45}));

  using Bytes = std::vector<uint8_t>;
  const auto wire = [&](WireKind kind) {
    return make_wire_format(kind, params.spec, WireLayout{})->encode(frame);
  };
  EXPECT_EQ(wire(WireKind::kBitmap).packets.at(0).bytes,
            (Bytes{0x00, 0x00, 0x58, 0x00, 0x70, 0x23, 0xCA, 0x01, 0x00}));
  EXPECT_EQ(wire(WireKind::kAer).packets.at(0).bytes,
            (Bytes{0x00, 0x00, 0x54, 0x00, 0x08, 0x60, 0x20, 0x04, 0x32, 0xC8, 0xC1, 0x01, 0x00}));
  EXPECT_EQ(wire(WireKind::kPacket).packets.at(0).bytes, (Bytes{0x00, 0x00, 0x50, 0x00}));
  EXPECT_EQ(wire(WireKind::kPacket).packets.at(5).bytes, (Bytes{0x00, 0x00, 0x1C, 0x1C}));
  EXPECT_EQ(link_bits(wire(WireKind::kPacket), WireLayout{}), 198);
  EXPECT_EQ(link_bits(wire(WireKind::kAer), WireLayout{}), 114);
  EXPECT_EQ(link_bits(wire(WireKind::kAuto), WireLayout{}), 76);
}

TEST(WireNames, AreReadAndWritten) {
  for (const WireKind kind : kAllKinds) EXPECT_EQ(parse_wire(to_string(kind), "wire"), kind);
}

}  // namespace
}  // namespace ranvier::codec
