#include "ranvier/shapes/assumed.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/shapes/bundle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace ranvier::shapes {
namespace {

using codec::CodecKind;
using codec::CodecSpec;

ir::Network network_of(ir::NetworkKind kind, CodecSpec codec, int steps = 1) {
  Settings settings;
  settings.architecture = msresnet({8, 16}, {1, 1}, {3, 16, 16}, 10);
  return describe(
      settings,
      {.name = "x", .kind = kind, .codec = codec, .steps = steps, .events_per_neuron = {}});
}

double events_per_neuron(const ir::Activity& activity) {
  double events = 0, neurons = 0;
  for (const auto& [name, boundary] : activity.boundaries) {
    neurons += boundary.elements * activity.samples;
    for (const int16_t symbol : boundary.symbols) events += symbol != 0;
  }
  return events / neurons;
}

class EveryCodec : public ::testing::TestWithParam<CodecSpec> {};

TEST_P(EveryCodec, SendsTheAssumedEventsAndTheirOwnValues) {
  const auto network = network_of(ir::NetworkKind::kHnn, GetParam());
  const auto activity = assume_activity(network, {.events_per_neuron = 0.4, .samples = 2}, 5);
  // 2 x 9,216 neurons or so: four standard deviations are below 0.03.
  EXPECT_NEAR(events_per_neuron(activity), 0.4, 0.03);
  std::set<int> levels;
  for (const ir::Boundary& cut : network.boundaries) {
    const auto& of = activity.boundaries.at(cut.name);
    ASSERT_EQ(of.current.size(), static_cast<size_t>(2 * of.elements));
    const auto codec = codec::make_codec(cut.params);
    const std::vector<uint16_t> channel(of.current.size(), 0);  // all channels are alike
    const auto frame = codec->encode(of.current, channel);
    EXPECT_EQ(codec->decode(frame, channel), of.value);
    for (const int16_t level : codec::levels_of(frame)) levels.insert(level);
  }
  const CodecSpec spec = GetParam();
  const int top = spec.kind == CodecKind::kRate ? spec.steps : 1 << spec.bits;
  EXPECT_EQ(*levels.rbegin(), top) << "every level is used";
  EXPECT_EQ(*levels.begin(), spec.is_signed ? -top : 0);
  EXPECT_EQ(levels.size(), static_cast<size_t>(spec.is_signed ? 2 * top + 1 : top + 1));
}

INSTANTIATE_TEST_SUITE_P(Codecs, EveryCodec,
                         ::testing::Values(CodecSpec{CodecKind::kGraded, 2, 1, false},
                                           CodecSpec{CodecKind::kGraded, 8, 1, true},
                                           CodecSpec{CodecKind::kRate, 1, 4, false},
                                           CodecSpec{CodecKind::kRate, 1, 8, true}));

TEST(AssumedActivity, DenseValuesFillTheirRange) {
  for (const int bits : {4, 8}) {
    const auto network = network_of(ir::NetworkKind::kAnn, {CodecKind::kDense, bits, 1, false});
    const auto activity = assume_activity(network, {.events_per_neuron = 0}, 5);
    int largest = 0;
    for (const auto& [name, of] : activity.boundaries) {
      largest = std::max<int>(largest, *std::max_element(of.symbols.begin(), of.symbols.end()));
      EXPECT_EQ(*std::min_element(of.symbols.begin(), of.symbols.end()), 0);
    }
    EXPECT_EQ(largest, (1 << bits) - 1);
  }
}

TEST(AssumedActivity, SpikesHaveTheAssumedRateInEveryStep) {
  const auto network = network_of(ir::NetworkKind::kSnn, {CodecKind::kRate, 1, 4, false}, 4);
  const auto activity = assume_activity(network, {.spikes_per_step = 0.2}, 5);
  const auto& spikes = activity.layer_spikes.at("stem");
  const auto plane = static_cast<std::ptrdiff_t>(spikes.size() / 4);
  for (int step = 0; step < 4; ++step) {
    const auto begin = spikes.begin() + step * plane;
    EXPECT_NEAR(
        static_cast<double>(std::count(begin, begin + plane, 1)) / static_cast<double>(plane), 0.2,
        0.04);
  }
  const auto& symbols = activity.boundaries.at("after_stem").symbols;
  EXPECT_TRUE(std::equal(symbols.begin(), symbols.end(), spikes.begin(), spikes.end()));
}

TEST(AssumedActivity, FollowsTheSeedAloneAndSaysWhatItIs) {
  const auto network = network_of(ir::NetworkKind::kHnn, {CodecKind::kGraded, 2, 1, false});
  const auto a = assume_activity(network, {}, 5);
  EXPECT_EQ(a.boundaries.at("after_stem").current,
            assume_activity(network, {}, 5).boundaries.at("after_stem").current);
  EXPECT_NE(a.boundaries.at("after_stem").current,
            assume_activity(network, {}, 6).boundaries.at("after_stem").current);
  EXPECT_NE(a.boundaries.at("after_stem").current,
            a.boundaries.at("after_stage1.block1.conv1").current);
  EXPECT_TRUE(a.assumed);
  EXPECT_EQ(a.labels, std::vector<int32_t>{-1});
  EXPECT_EQ(a.predictions, std::vector<int32_t>{-1});
}

TEST(AssumedActivity, RefusesWhatACodecCannotSend) {
  const auto network = network_of(ir::NetworkKind::kHnn, {CodecKind::kGraded, 2, 1, false});
  EXPECT_THROW(assume_activity(network, {.events_per_neuron = 1.1}, 5), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::shapes
