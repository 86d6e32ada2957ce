// Is rans the identity for every codec, tensor and block, does it cost what its tables say, and are
// other bits refused?

#include "ranvier/codec/entropy.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/codec/wire_samples.hpp"
#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numeric>

namespace ranvier::codec {
namespace {

struct Tensor {
  int channels = 1;
  int height = 1;
  int width = 1;
  int size() const { return channels * height * width; }
};

/// Tables from `frames` whole tensors of the given density, as an exporter learns them.
BoundaryParams learned(const CodecSpec& spec, const Tensor& tensor, double density, int frames = 3,
                       uint64_t seed = 11) {
  SymbolStatistics statistics(spec, tensor.channels, tensor.height, tensor.width);
  for (int f = 0; f < frames; ++f) {
    statistics.add(sample_frame(spec, tensor.size(), density, seed + static_cast<uint64_t>(f)));
  }
  BoundaryParams params;
  params.spec = spec;
  params.channels.resize(static_cast<size_t>(tensor.channels));
  params.entropy = statistics.tables();
  return params;
}

/// Each place of the tensor with probability `share`.
std::vector<uint32_t> some_places(const Tensor& tensor, double share, uint64_t seed) {
  core::Rng rng(seed);
  std::vector<uint32_t> places;
  for (int at = 0; at < tensor.size(); ++at) {
    if (rng.uniform() < share) places.push_back(static_cast<uint32_t>(at));
  }
  return places;
}

class EveryCodec : public testing::TestWithParam<std::string> {};

TEST_P(EveryCodec, DecodesToTheFrameOfAnyBlock) {
  const CodecSpec spec = parse_codec(GetParam(), "codec");
  EXPECT_TRUE(rc::check([&] {
    const Tensor tensor{*rc::gen::inRange(1, 5), *rc::gen::inRange(1, 7), *rc::gen::inRange(1, 9)};
    const BoundaryParams params = learned(spec, tensor, *rc::gen::element(0.0, 0.1, 0.9), 2);
    WireLayout layout;
    layout.flit_bits = *rc::gen::oneOf(rc::gen::just(34), rc::gen::inRange(5, 130));
    layout.route_bits = *rc::gen::inRange(0, 33);
    const auto format = make_wire_format(WireKind::kRans, params, layout);
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    const auto places = some_places(tensor, *rc::gen::element(0.0, 0.3, 0.9, 1.0), seed);
    const Frame frame = sample_frame(spec, static_cast<int>(places.size()),
                                     *rc::gen::element(0.0, 0.05, 0.5, 1.0), seed);
    const WireFrame wire = format->encode(frame, places);
    RC_ASSERT(format->decode(wire, frame.elements, places) == frame);
    const WireSize size = format->size(frame, places);
    RC_ASSERT((size == WireSize{WireKind::kRans, 1, wire.flits(), wire.bits()}));
    const int whole = wire.packets[0].flits * layout.flit_bits;
    RC_ASSERT(wire.bits() == whole || (wire.flits() == 1 && wire.bits() < whole));
  }));
}

TEST_P(EveryCodec, AutoIsNeverDearerAndSaysWhatItChose) {
  const CodecSpec spec = parse_codec(GetParam(), "codec");
  const Tensor tensor{4, 8, 8};
  const BoundaryParams params = learned(spec, tensor, 0.3);
  const auto best = make_wire_format(WireKind::kAuto, params, {});
  const auto rans = make_wire_format(WireKind::kRans, params, {});
  for (const double density : {0.0, 0.01, 0.3, 1.0}) {
    const Frame frame = sample_frame(spec, tensor.size(), density, 5);
    EXPECT_LE(link_bits(best->size(frame), {}), link_bits(rans->size(frame), {}));
    const WireFrame wire = best->encode(frame);
    EXPECT_EQ(wire.kind, best->size(frame).kind);
    EXPECT_EQ(best->decode(wire, frame.elements), frame);
  }
}

TEST_P(EveryCodec, BitsAreRefusedOrAreAFrameOfTheirOwn) {
  const CodecSpec spec = parse_codec(GetParam(), "codec");
  const Tensor tensor{2, 4, 5};
  const auto format = make_wire_format(WireKind::kRans, learned(spec, tensor, 0.4), {});
  const WireFrame good = format->encode(sample_frame(spec, tensor.size(), 0.4, 9));
  for (int bit = WireLayout{}.route_bits; bit < good.packets[0].bits; ++bit) {
    WireFrame wire = good;
    auto& byte = wire.packets[0].bytes[static_cast<size_t>(bit / 8)];
    byte = static_cast<uint8_t>(byte ^ (1U << (bit % 8)));
    try {
      const Frame frame = format->decode(wire, tensor.size());
      EXPECT_EQ(format->encode(frame).packets[0].bytes, wire.packets[0].bytes) << bit;
    } catch (const core::RunError&) {
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rans, EveryCodec, testing::ValuesIn(sample_codecs()));

/// Bits that the tables ask for: the sum of log2(2^12 / frequency). One element per channel: no
/// neighbours.
double bits_of_tables(const BoundaryParams& params, const Frame& frame) {
  const auto entries = static_cast<size_t>(entropy_entries(params.spec));
  double bits = 0.0;
  for (size_t e = 0; e < frame.symbols.size(); ++e) {
    const size_t row = e * static_cast<size_t>(params.entropy->contexts);
    const auto entry = static_cast<size_t>(frame.symbols[e]);
    bits += 12.0 - std::log2(params.entropy->frequency[row * entries + entry]);
  }
  return bits;
}

TEST(Rans, CostsWhatItsTablesSayAndAFewBits) {
  const CodecSpec spec = parse_codec("graded(3)", "codec");
  const Tensor tensor{256, 1, 1};
  const WireLayout layout{.route_bits = 0, .flit_bits = 1, .tag_bits = 0, .framing_bits = 0};
  double over = 0.0;
  int frames = 0;
  for (const double density : {0.02, 0.1, 0.3, 0.6, 1.0}) {
    const BoundaryParams params = learned(spec, tensor, density, 400);
    const auto format = make_wire_format(WireKind::kRans, params, layout);
    for (uint64_t seed = 100; seed < 140; ++seed, ++frames) {
      const Frame frame = sample_frame(spec, tensor.size(), density, seed);
      const double due = bits_of_tables(params, frame);
      const auto sent = static_cast<double>(format->size(frame).bits - 2);  // without the format
      EXPECT_LE(sent, due + 13.0) << density;
      over += sent - due;
    }
  }
  EXPECT_LE(over / frames, 9.0);
  EXPECT_GE(over / frames, 0.0);
}

TEST(Rans, ReachesTheEntropyOfWhatItLearned) {
  // Events with probability p, levels even over 8: H = H2(p) + 3 p bits per element.
  const CodecSpec spec = parse_codec("graded(3)", "codec");
  const Tensor tensor{16, 16, 16};
  const WireLayout layout{.address_bits = 12};
  for (const double p : {0.05, 0.2, 0.5}) {
    const auto format = make_wire_format(WireKind::kRans, learned(spec, tensor, p, 8), layout);
    const double entropy = -p * std::log2(p) - (1 - p) * std::log2(1 - p) + 3 * p;
    int64_t bits = 0;
    for (uint64_t seed = 50; seed < 60; ++seed) {
      bits += format->size(sample_frame(spec, tensor.size(), p, seed)).bits;
    }
    const double each = static_cast<double>(bits) / (10.0 * tensor.size());
    EXPECT_LT(each, entropy * 1.03) << p;
    EXPECT_GT(each, entropy * 0.97) << p;
  }
}

TEST(Rans, AFrameWithoutEventsCostsItsNameAndOneBitWhenEventsAreRare) {
  const CodecSpec spec = parse_codec("graded(3)", "codec");
  const auto format = make_wire_format(WireKind::kRans, learned(spec, {4, 8, 8}, 0.01), {});
  const WireSize size = format->size(sample_frame(spec, 256, 0.0, 1));
  EXPECT_EQ(size.bits, 18 + 2 + 1);
  EXPECT_EQ(link_bits(size, {}), 18 + 2 + 1 + 4);
}

TEST(Rans, NeighboursPayInSmoothTensors) {
  // Rows are silent or full: with its neighbours known, an element is hardly a surprise.
  const CodecSpec spec = parse_codec("graded(0)", "codec");
  const Tensor tensor{1, 16, 16};
  const auto striped = [&](uint64_t seed) {
    core::Rng rng(seed);
    Frame frame{1, tensor.size(), {}};
    for (int row = 0; row < tensor.height; ++row) {
      const auto symbol = static_cast<int16_t>(rng.below(2));
      frame.symbols.insert(frame.symbols.end(), static_cast<size_t>(tensor.width), symbol);
    }
    return frame;
  };
  SymbolStatistics statistics(spec, 1, tensor.height, tensor.width);
  for (uint64_t seed = 0; seed < 200; ++seed) statistics.add(striped(seed));
  BoundaryParams params;
  params.spec = spec;
  params.channels.resize(1);
  params.entropy = statistics.tables();
  const auto format = make_wire_format(WireKind::kRans, params, {});
  const auto bitmap = make_wire_format(WireKind::kBitmap, params, {});
  int64_t with = 0;
  int64_t without = 0;
  for (uint64_t seed = 1000; seed < 1020; ++seed) {
    with += format->size(striped(seed)).bits;
    without += bitmap->size(striped(seed)).bits;
  }
  EXPECT_LT(2 * with, without);  // order 0 costs as much as the bitmap: half of the elements fire
}

TEST(Rans, EscapesSymbolsThatItsRowsDoNotName) {
  const CodecSpec spec = parse_codec("dense(16,signed)", "codec");
  const Tensor tensor{1, 2, 4};
  const auto format = make_wire_format(WireKind::kRans, learned(spec, tensor, 0.5), {});
  Frame frame{1, 8, {0, 127, 128, -128, 129, -129, 32767, -32767}};
  EXPECT_EQ(format->decode(format->encode(frame), 8), frame);
}

TEST(Rans, NeedsTables) {
  EXPECT_THROW(make_wire_format(WireKind::kRans, parse_codec("graded(3)", "codec"), {}),
               core::UserError);
}

TEST(Tables, AreWholeAndNameEverySymbol) {
  for (const std::string& text : sample_codecs()) {
    const CodecSpec spec = parse_codec(text, "codec");
    const BoundaryParams params = learned(spec, {2, 3, 3}, 0.5, 1);
    const auto entries = entropy_entries(spec);
    ASSERT_EQ(static_cast<int>(params.entropy->frequency.size()),
              2 * entropy_contexts(spec) * entries)
        << text;
    for (size_t first = 0; first < params.entropy->frequency.size();
         first += static_cast<size_t>(entries)) {
      const auto begin = params.entropy->frequency.begin() + static_cast<int64_t>(first);
      EXPECT_EQ(std::accumulate(begin, begin + entries, 0), 1 << kEntropyBits) << text;
      EXPECT_GE(*std::min_element(begin, begin + entries), 1) << text;
    }
  }
}

TEST(Tables, DamageIsRefused) {
  const CodecSpec spec = parse_codec("graded(2)", "codec");
  BoundaryParams params = learned(spec, {2, 3, 3}, 0.5);
  EXPECT_NO_THROW(make_codec(params));
  const BoundaryParams good = params;
  params.entropy->frequency[0] += 1;  // the row no longer sums to 2^12
  EXPECT_THROW(make_codec(params), core::UserError);
  params = good;
  params.entropy->frequency.pop_back();
  EXPECT_THROW(make_codec(params), core::UserError);
  params = good;
  params.entropy->frequency[1] += params.entropy->frequency[2];
  params.entropy->frequency[2] = 0;  // a symbol that could not be sent
  EXPECT_THROW(make_codec(params), core::UserError);
  params = good;
  params.entropy->contexts = 3;
  EXPECT_THROW(make_codec(params), core::UserError);
}

}  // namespace
}  // namespace ranvier::codec
