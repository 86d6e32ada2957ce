// ttfs: is the closed form the first spike of the stepped neuron, and is a spike worth what its
// time says? topk: are the largest elements kept?

#include "ranvier/codec/codec.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace ranvier::codec {
namespace {

BoundaryParams ttfs_params(int window, bool is_signed, uint64_t seed) {
  core::Rng rng(seed);
  BoundaryParams params;
  params.spec = parse_codec("ttfs(" + std::to_string(window) + (is_signed ? ",signed)" : ")"), "c");
  params.decode_shift = 12;
  for (int c = 0; c < 4; ++c) {
    params.channels.push_back({.threshold = static_cast<int32_t>(1 + rng.below(4000)),
                               .decode_multiplier = static_cast<int16_t>(rng.below(32768))});
  }
  for (int l = 0; l < window; ++l) {
    if (l > 0) params.levels.threshold.push_back(static_cast<int16_t>(1 + rng.below(30000)));
    params.levels.value.push_back(static_cast<int16_t>(rng.below(32768)));
  }
  std::sort(params.levels.threshold.begin(), params.levels.threshold.end());
  return params;
}

/// The neuron step by step, as docs/models/converter.md has it: a membrane that holds the current,
/// a threshold that falls. The level of the first spike, 0 without one.
int stepped_level(const BoundaryParams& params, int16_t current, int channel) {
  const int window = params.spec.window;
  const int membrane = params.spec.is_signed ? std::abs(int{current}) : std::max(int{current}, 0);
  for (int step = 0; step < window; ++step) {
    const int level = window - step;
    const int falling = level > 1 ? params.levels.threshold[static_cast<size_t>(level - 2)] : 0;
    const int least = params.channels[static_cast<size_t>(channel)].threshold;
    if (membrane >= std::max(falling, least)) return current < 0 ? -level : level;
  }
  return 0;
}

TEST(Ttfs, ClosedFormIsTheFirstSpike) {
  for (const int window : {1, 2, 5, 8, 64}) {
    for (const bool is_signed : {false, true}) {
      const BoundaryParams params = ttfs_params(window, is_signed, 7U + window);
      const auto codec = make_codec(params);
      std::vector<int16_t> current;
      std::vector<uint16_t> channel;
      for (int i = -32768; i <= 32767; i += 3) {
        current.push_back(static_cast<int16_t>(i));
        channel.push_back(static_cast<uint16_t>((i + 32768) % 4));
      }
      const Frame frame = codec->encode(current, channel);
      const auto value = codec->decode(frame, channel);
      for (size_t e = 0; e < current.size(); ++e) {
        const int level = stepped_level(params, current[e], channel[e]);
        ASSERT_EQ(frame.symbols[e], level) << "current " << current[e] << " T " << window;
        const int worth =
            level == 0 ? 0 : params.levels.value[static_cast<size_t>(std::abs(level) - 1)];
        const int multiplier = params.channels[channel[e]].decode_multiplier;
        ASSERT_EQ(value[e], ((level < 0 ? -worth : worth) * multiplier + 2048) >> 12);
      }
    }
  }
}

TEST(Ttfs, EvenTablesAreAGradedCode) {
  // Thresholds half a step below each level and values equal to the levels: graded(3).
  BoundaryParams ttfs;
  ttfs.spec = parse_codec("ttfs(8)", "c");
  ttfs.channels = {{.threshold = 200, .decode_multiplier = 77}};
  ttfs.decode_shift = 4;
  BoundaryParams graded = ttfs;
  graded.spec = parse_codec("graded(3)", "c");
  for (int l = 1; l <= 8; ++l) {
    if (l > 1) ttfs.levels.threshold.push_back(static_cast<int16_t>(l * 256 - 128));
    ttfs.levels.value.push_back(static_cast<int16_t>(l));
  }
  std::vector<int16_t> current(4000);
  std::iota(current.begin(), current.end(), int16_t{-100});
  const std::vector<uint16_t> channel(current.size(), 0);
  const auto one = make_codec(ttfs);
  const auto other = make_codec(graded);
  const Frame frame = one->encode(current, channel);
  EXPECT_EQ(frame, other->encode(current, channel));
  EXPECT_EQ(one->decode(frame, channel), other->decode(frame, channel));
}

TEST(Ttfs, RefusesTablesThatAreNoTimes) {
  const BoundaryParams good = ttfs_params(5, false, 1);
  EXPECT_NO_THROW(make_codec(good));
  BoundaryParams params = good;
  std::swap(params.levels.threshold.front(), params.levels.threshold.back());
  EXPECT_THROW(make_codec(params), core::UserError);  // a threshold that rises
  params = good;
  params.levels.value.pop_back();
  EXPECT_THROW(make_codec(params), core::UserError);
  params = good;
  params.levels.value[0] = -1;
  EXPECT_THROW(make_codec(params), core::UserError);
  params = good;
  params.spec = parse_codec("graded(2)", "c");  // tables where none belong
  EXPECT_THROW(make_codec(params), core::UserError);
}

/// Indices of the `count` largest sizes, of equal ones the first: by sorting.
std::vector<size_t> largest(const std::vector<int16_t>& current, bool is_signed, size_t count) {
  const auto size = [&](size_t e) {
    return is_signed ? std::abs(int{current[e]}) : std::max(int{current[e]}, 0);
  };
  std::vector<size_t> order(current.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return size(a) > size(b); });
  order.resize(count);
  std::sort(order.begin(), order.end());
  return order;
}

TEST(Topk, KeepsTheLargestAndOfEqualOnesTheFirst) {
  for (const char* text : {"topk(0.1)", "topk(0.25,signed)", "topk(0.001)", "topk(1)"}) {
    const CodecSpec spec = parse_codec(text, "c");
    for (const int range : {3, 100, 32767}) {  // few sizes: many ties
      core::Rng rng(5);
      std::vector<int16_t> current;
      for (int e = 0; e < 777; ++e) {
        const auto size = static_cast<int>(rng.below(static_cast<uint64_t>(range) + 1));
        current.push_back(static_cast<int16_t>(rng.below(2) == 0 ? size : -size));
      }
      std::vector<int16_t> kept = current;
      select_top(kept, spec);
      const auto count = static_cast<size_t>((777 * spec.per_mille + 999) / 1000);
      std::vector<int16_t> expected(current.size(), 0);
      for (const size_t e : largest(current, spec.is_signed, count)) expected[e] = current[e];
      for (size_t e = 0; e < kept.size(); ++e) {
        const int a = spec.is_signed ? kept[e] : std::max<int>(kept[e], 0);
        const int b = spec.is_signed ? expected[e] : std::max<int>(expected[e], 0);
        ASSERT_EQ(a, b) << text << " range " << range << " element " << e;
      }
    }
  }
}

TEST(Topk, SendsEightBitsOfWhatWasKept) {
  BoundaryParams params;
  params.spec = parse_codec("topk(0.5,signed)", "c");
  params.channels = {{.decode_multiplier = 3}};
  params.current_frac_bits = 6;
  const auto codec = make_codec(params);
  const std::vector<int16_t> current{0, 31, 32, -33, 6400, 32767, -32768};
  const std::vector<uint16_t> channel(current.size(), 0);
  const Frame frame = codec->encode(current, channel);
  EXPECT_EQ(frame.symbols, (std::vector<int16_t>{0, 0, 1, -1, 100, 256, -256}));
  EXPECT_EQ(symbol_bits(params.spec), 9);
}

TEST(Topk, IsWrittenAsAShare) {
  EXPECT_EQ(parse_codec("topk(0.125)", "c").per_mille, 125);
  EXPECT_EQ(to_string(parse_codec("topk(0.100 , signed)", "c")), "topk(0.1,signed)");
  for (const char* text : {"topk(0)", "topk(1.5)", "topk(0.0005)", "topk(0.12345)", "topk(x)",
                           "topk(-0.1)", "topk(1e-1)", "topk()", "topk(nan)"}) {
    EXPECT_THROW(parse_codec(text, "c"), core::UserError) << text;
  }
}

}  // namespace
}  // namespace ranvier::codec
