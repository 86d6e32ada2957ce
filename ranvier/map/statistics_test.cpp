#include "ranvier/map/statistics.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/ir/entropy.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ranvier::map {
namespace {

using codec::CodecKind;
using codec::WireKind;
using testing::random_activity;
using testing::two_chip_network;
using testing::two_chip_package;

BoundaryStatistics statistics_of(const ir::Network& network, WireKind wire, int samples = 3) {
  const auto activity = random_activity(network, samples, 0.3, 11);
  return boundary_statistics(network, map_network(network, two_chip_package()), activity, wire,
                             two_chip_package());
}

double bits_in(const BoundaryUse& use, WireKind kind) {
  for (const FormatUse& format : use.formats) {
    if (format.kind == kind) return format.bits_per_activation;
  }
  return -1;
}

TEST(BoundaryStatistics, BurstEightIsHeaderAndPackedBytesWithLinkOverhead) {
  const auto network = two_chip_network(ir::NetworkKind::kAnn, {CodecKind::kDense, 8, 1, false});
  const auto statistics = statistics_of(network, WireKind::kBurst);
  // Four blocks of 128 bytes: a header flit and ceil(1024 / 34) = 31 flits of 34 + 3 + 1 bits each.
  EXPECT_DOUBLE_EQ(statistics.total.bits_per_activation, 32 * 38 / 128.0);
  EXPECT_EQ(statistics.total.neurons, 512);
  EXPECT_DOUBLE_EQ(statistics.total.events_per_neuron, 1);
  EXPECT_EQ(statistics.total.wire_format(), "burst");
}

TEST(BoundaryStatistics, AutoIsNeverDearerThanAnyOneFormat) {
  const auto network = two_chip_network(ir::NetworkKind::kHnn, {CodecKind::kGraded, 3, 1, false});
  const auto statistics = statistics_of(network, WireKind::kAuto);
  const BoundaryUse& use = statistics.boundaries.at(0);
  EXPECT_GT(use.events_per_neuron, 0);
  EXPECT_LT(use.events_per_neuron, 0.35);
  EXPECT_EQ(use.formats.size(), 4u) << "packet, aer, bitmap, auto; burst is for dense codes";
  for (const FormatUse& format : use.formats) {
    EXPECT_GE(format.bits_per_activation, use.bits_per_activation);
  }
  int64_t frames = 0;
  for (const FrameChoice& choice : use.chosen) frames += choice.frames;
  EXPECT_EQ(frames, 4 * 3);
}

TEST(BoundaryStatistics, TablesLearnedFromOtherSamplesMakeRansAChoice) {
  ir::Network network = two_chip_network(ir::NetworkKind::kHnn, {CodecKind::kGraded, 3, 1, false});
  ir::learn_entropy(network, random_activity(network, 8, 0.3, 77));
  const BoundaryUse use = statistics_of(network, WireKind::kAuto).boundaries.at(0);
  EXPECT_EQ(use.formats.size(), 5u);
  EXPECT_LT(bits_in(use, WireKind::kRans), bits_in(use, WireKind::kBitmap));
  EXPECT_NE(use.wire_format().find("rans"), std::string::npos);
}

TEST(BoundaryStatistics, SpikingBlocksCrossStepByStep) {
  const auto network = two_chip_network(ir::NetworkKind::kSnn, {CodecKind::kRate, 1, 4, false}, 4);
  const auto statistics = statistics_of(network, WireKind::kPacket, 1);
  const auto activity = random_activity(network, 1, 0.3, 11);
  const auto& symbols = activity.boundaries.at("cut").symbols;
  const auto spikes = std::count(symbols.begin(), symbols.end(), int16_t{1});
  EXPECT_DOUBLE_EQ(statistics.total.events_per_neuron, static_cast<double>(spikes) / 512);
  EXPECT_GT(bits_in(statistics.total, WireKind::kPacket),
            bits_in(statistics.total, WireKind::kBitmap));
}

TEST(BoundaryStatistics, TheTotalOfSeveralBoundariesWeighsThemByNeurons) {
  ir::Network network = two_chip_network(ir::NetworkKind::kHnn, {CodecKind::kGraded, 3, 1, false});
  network.boundaries.push_back({"late", 3, testing::params_for({CodecKind::kGraded, 3, 1}, 16)});
  arch::PackageSpec package = two_chip_package();
  package.chips_x = 3;
  const auto activity = random_activity(network, 2, 0.4, 5);
  const auto statistics = boundary_statistics(network, map_network(network, package), activity,
                                              WireKind::kAer, package);
  const auto& [first, second] = std::pair(statistics.boundaries.at(0), statistics.boundaries.at(1));
  EXPECT_EQ(statistics.total.neurons, first.neurons + second.neurons);
  EXPECT_NEAR(statistics.total.bits_per_activation,
              (first.bits_per_activation * 512 + second.bits_per_activation * 256) / 768, 1e-12);
}

TEST(BoundaryStatistics, NamesTheSharesOfSeveralFormats) {
  BoundaryUse use;
  EXPECT_EQ(use.wire_format(), "none");
  use.chosen = {{WireKind::kAer, 1}, {WireKind::kBitmap, 3}};
  EXPECT_EQ(use.wire_format(), "auto (aer 25 %, bitmap 75 %)");
}

TEST(BoundaryStatistics, RefusesAWireThatCannotCarryTheCodec) {
  const auto network = two_chip_network(ir::NetworkKind::kHnn, {CodecKind::kGraded, 3, 1, false});
  EXPECT_THROW(statistics_of(network, WireKind::kBurst), core::UserError);
}

}  // namespace
}  // namespace ranvier::map
