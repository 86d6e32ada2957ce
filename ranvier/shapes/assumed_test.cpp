#include "ranvier/shapes/assumed.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/shapes/bundle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
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
  const auto activity =
      assume_activity(network, {.events_per_neuron = 0.4, .level_share = 0.5, .samples = 2}, 5);
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
  const int top = spec.kind == CodecKind::kRate   ? spec.steps
                  : spec.kind == CodecKind::kTtfs ? spec.window
                                                  : 1 << spec.bits;
  EXPECT_EQ(*levels.rbegin(), top) << "every level is used";
  EXPECT_EQ(*levels.begin(), spec.is_signed ? -top : 0);
  EXPECT_EQ(levels.size(), static_cast<size_t>(spec.is_signed ? 2 * top + 1 : top + 1));
}

INSTANTIATE_TEST_SUITE_P(Codecs, EveryCodec,
                         ::testing::Values(CodecSpec{CodecKind::kGraded, 2, 1, false},
                                           CodecSpec{CodecKind::kGraded, 8, 1, true},
                                           CodecSpec{CodecKind::kRate, 1, 4, false},
                                           CodecSpec{CodecKind::kRate, 1, 8, true},
                                           CodecSpec{CodecKind::kTtfs, 1, 1, false, 16},
                                           CodecSpec{CodecKind::kTtfs, 1, 1, true, 64}));

TEST(AssumedActivity, DenseValuesFillTheirRange) {
  for (const int bits : {4, 8, 32}) {
    const auto network = network_of(ir::NetworkKind::kAnn, {CodecKind::kDense, bits, 1, false});
    const auto activity = assume_activity(network, {.nonzero_share = 1, .level_share = 0.5}, 5);
    int largest = 0;
    int least = 1 << 16;
    for (const auto& [name, of] : activity.boundaries) {
      largest = std::max<int>(largest, *std::max_element(of.symbols.begin(), of.symbols.end()));
      least = std::min<int>(least, *std::min_element(of.symbols.begin(), of.symbols.end()));
    }
    const int top = bits < 16 ? (1 << bits) - 1 : 32767;
    EXPECT_GE(largest, top - top / 1000);
    EXPECT_LE(least, 1 + top / 1000);
  }
}

/// Bits per element of the drawn symbols, each for itself.
double entropy_of(const ir::Activity& activity) {
  std::map<int, double> count;
  double total = 0;
  for (const auto& [name, boundary] : activity.boundaries) {
    for (const int16_t symbol : boundary.symbols) ++count[symbol];
    total += static_cast<double>(boundary.symbols.size());
  }
  double bits = 0;
  for (const auto& [symbol, n] : count) bits -= n / total * std::log2(n / total);
  return bits;
}

/// Measured on a CIFAR-100 ResNet with its codecs trained (one seed): share of elements that are
/// not 0, and entropy of the symbols. The defaults have to come near every one of them.
TEST(AssumedActivity, HasTheEntropyOfTrainedCodes) {
  struct Measured {
    CodecSpec codec;
    double nonzero;
    double entropy;
  };
  for (const auto& [codec, nonzero, entropy] :
       {Measured{{CodecKind::kDense, 4, 1, false}, 0.557, 2.59},
        Measured{{CodecKind::kDense, 8, 1, false}, 0.596, 5.01},
        Measured{{CodecKind::kGraded, 4, 1, false}, 0.290, 1.71},
        Measured{{CodecKind::kGraded, 2, 1, false}, 0.163, 0.84}}) {
    const bool is_dense = codec.kind == CodecKind::kDense;
    const auto network =
        network_of(is_dense ? ir::NetworkKind::kAnn : ir::NetworkKind::kHnn, codec);
    const auto activity = assume_activity(
        network, {.events_per_neuron = is_dense ? 0 : nonzero, .nonzero_share = nonzero}, 5);
    EXPECT_NEAR(events_per_neuron(activity), nonzero, 0.02) << codec::to_string(codec);
    EXPECT_NEAR(entropy_of(activity) / entropy, 1, 0.05) << codec::to_string(codec);
  }
}

/// Tables are learned from other draws, cost little more than the entropy, and are the same for
/// every channel.
TEST(AssumedActivity, TablesOfTheEntropyCoderFitOtherDraws) {
  for (const CodecSpec& spec :
       {CodecSpec{CodecKind::kDense, 4, 1, false}, CodecSpec{CodecKind::kGraded, 2, 1, false}}) {
    const bool is_dense = spec.kind == CodecKind::kDense;
    auto network = network_of(is_dense ? ir::NetworkKind::kAnn : ir::NetworkKind::kHnn, spec);
    const Assumption assumption;
    assume_entropy(network, assumption, 5);
    const auto activity = assume_activity(network, assumption, 5);
    double bits = 0, elements = 0;
    for (const ir::Boundary& cut : network.boundaries) {
      ASSERT_TRUE(cut.params.entropy);
      const auto& of = activity.boundaries.at(cut.name);
      const auto entries = static_cast<size_t>(codec::entropy_entries(spec));
      const auto& table = cut.params.entropy->frequency;
      EXPECT_TRUE(std::equal(table.begin(), table.end() - static_cast<std::ptrdiff_t>(5 * entries),
                             table.begin() + static_cast<std::ptrdiff_t>(5 * entries)));
      for (const int16_t symbol : of.symbols) {  // context 1: both neighbours silent
        bits += 12 - std::log2(table[entries + static_cast<size_t>(symbol)]);
      }
      elements += of.elements;
    }
    EXPECT_NEAR(bits / elements / entropy_of(activity), 1.0, 0.02) << codec::to_string(spec);
  }
}

TEST(AssumedActivity, NoTablesForCodesOfManySymbols) {
  auto network = network_of(ir::NetworkKind::kAnn, {CodecKind::kDense, 8, 1, false});
  assume_entropy(network, {}, 5);
  EXPECT_FALSE(network.boundaries.front().params.entropy);
}

TEST(AssumedActivity, ASpikingNetworkHasTablesOfOneStep) {
  auto network = network_of(ir::NetworkKind::kSnn, {CodecKind::kRate, 1, 4, false}, 4);
  assume_entropy(network, {.spikes_per_step = 0.25}, 5);
  const auto& tables = *network.boundaries.front().params.entropy;
  EXPECT_EQ(tables.contexts, codec::kNeighbourContexts);
  EXPECT_NEAR(tables.frequency[2 + 1], 1024, 100) << "a quarter of 2^12";
  EXPECT_NO_THROW(codec::make_codec(network.boundaries.front().params));
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
  EXPECT_DOUBLE_EQ(most_events({CodecKind::kRate, 1, 8, false}, 0.5), 4.5) << "1..8, all alike";
  EXPECT_DOUBLE_EQ(most_events({CodecKind::kRate, 1, 8, false}, 0.0), 1.0);
}

}  // namespace
}  // namespace ranvier::shapes
