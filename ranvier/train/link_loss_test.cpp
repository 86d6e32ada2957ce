// Quality under loss: the same without errors, a constant guess where everything is lost, and in
// between exactly the values that the torch-free model loses.

#include "ranvier/train/link_loss.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/side_by_side.hpp"
#include "ranvier/train/test_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace ranvier::train {
namespace {

constexpr int64_t kCalibration = 40;
constexpr double kEveryFlit = 1 - 1e-9;  // [errors / bit]

class LinkLossTest : public ::testing::Test {
 protected:
  void SetUp() override {
    prepare_thread();
    sets_ = testing::small_images(80, 60);
  }

  /// Two stages with a cut between them: 4 channels of 8 x 8.
  std::shared_ptr<Model> model(ir::NetworkKind kind, const char* codec = "graded(3)") const {
    ModelSpec spec;
    spec.network.widths = {4, 6};
    spec.network.blocks = {1, 1};
    spec.network.cuts = {"stage1"};
    spec.image = {sets_.data.train.channels, 8, 8};
    spec.classes = sets_.data.train.classes;
    spec.kind = kind;
    spec.has_boundaries = kind != ir::NetworkKind::kSnn;
    spec.codec = codec::parse_codec(codec, "t");
    spec.steps = kind == ir::NetworkKind::kSnn ? 3 : 1;
    auto made = make_model(spec);
    calibrate(*made, sets_, kCalibration);
    return made;
  }

  static ir::LinkLoss links(codec::WireKind wire, double rate) {
    ir::LinkLoss loss{.variant = "v", .preset = "p", .layout = {}, .noise = {}, .boundaries = {}};
    loss.wire = wire;
    loss.noise = {.bit_error_rate = rate, .checked = true, .overhead_bits = 20, .seed = 3};
    loss.boundaries.push_back({"after_stage1", {}});
    for (uint32_t channel = 0; channel < 4; ++channel) {
      codec::LossyBlock block{.elements = std::vector<uint32_t>(64), .chips = {0}};
      std::iota(block.elements.begin(), block.elements.end(), channel * 64);
      loss.boundaries[0].blocks.push_back(std::move(block));
    }
    return loss;
  }

  ir::LossScore score(Model& model, const ir::LinkLoss& loss, int64_t samples = 1000) const {
    return score_losses(model, sets_, kCalibration, model.describe(), {loss}, samples).at(0);
  }

  double deployed(Model& model) const {
    const DeployedScope scope(model, sets_, kCalibration);
    return train::score(model, sets_).metric;
  }

  /// Of the test set, in percent: what guessing one class scores.
  std::vector<double> shares() const {
    std::vector<double> share(static_cast<size_t>(sets_.data.test.classes));
    for (const int32_t label : sets_.data.test.labels) share[static_cast<size_t>(label)] += 1;
    for (double& s : share) s = 100 * s / static_cast<double>(sets_.data.test_samples());
    return share;
  }

  Sets sets_;
};

struct Case {
  ir::NetworkKind kind;
  const char* codec;
  codec::WireKind wire;
};
const Case kCases[] = {{ir::NetworkKind::kHnn, "graded(3)", codec::WireKind::kBitmap},
                       {ir::NetworkKind::kHnn, "rate(4)", codec::WireKind::kPacket},
                       {ir::NetworkKind::kAnn, "dense(8)", codec::WireKind::kBurst},
                       {ir::NetworkKind::kSnn, "rate(3)", codec::WireKind::kAer}};

TEST_F(LinkLossTest, WithoutErrorsIsTheDeployedScore) {
  for (const Case& one : kCases) {
    const auto net = model(one.kind, one.codec);
    const auto found = score(*net, links(one.wire, 0));
    EXPECT_EQ(found.with_loss, found.without_loss) << one.codec;
    EXPECT_EQ(found.without_loss, deployed(*net)) << one.codec;
    EXPECT_EQ(found.samples, 60);
    EXPECT_EQ(found.metric, "accuracy_percent");
    EXPECT_EQ(found.totals[0].changed_values, 0);
    const int steps = one.kind == ir::NetworkKind::kSnn ? 3 : 1;
    EXPECT_EQ(found.totals[0].values, 60 * 256 * steps);
  }
}

TEST_F(LinkLossTest, OfEverythingIsThatOfOneGuess) {
  const auto share = shares();
  for (const Case& one : kCases) {
    const auto net = model(one.kind, one.codec);
    const auto found = score(*net, links(one.wire, kEveryFlit));
    EXPECT_EQ(std::ranges::count(share, found.with_loss) > 0, true)
        << one.codec << ": " << found.with_loss << " % is the share of no class";
    EXPECT_EQ(found.totals[0].lost_blocks, found.totals[0].blocks);
    EXPECT_GT(found.totals[0].changed_values, 0);
    EXPECT_EQ(deployed(*net), found.without_loss) << "the links are gone afterwards";
  }
}

TEST_F(LinkLossTest, LosesExactlyWhatTheModelOfTheLinksLoses) {
  for (const Case& one : {kCases[0], kCases[1], kCases[2]}) {
    const auto net = model(one.kind, one.codec);
    const auto loss = links(one.wire, 5e-4);
    const auto found = score(*net, loss, 25).totals.at(0);
    const auto network = net->describe();
    const auto lossy = ir::lossy_boundaries(loss, network);
    const DeployedScope scope(*net, sets_, kCalibration);
    auto of = record_activity(*net, sets_, Half::kTest, 25, "v").boundaries.at("after_stage1");
    codec::LossTotals expected;
    for (int64_t s = 0; s < 25; ++s) {
      const auto at = static_cast<size_t>(s * of.elements);
      const auto size = static_cast<size_t>(of.elements);
      expected += lossy[0].lose(s, std::span(of.current).subspan(at, size),
                                std::span(of.value).subspan(at, size));
    }
    EXPECT_EQ(found.changed_values, expected.changed_values) << one.codec;
    EXPECT_EQ(found.error_sum, expected.error_sum) << one.codec;
    EXPECT_EQ(found.damaged_blocks, expected.damaged_blocks) << one.codec;
    EXPECT_EQ(found.lost_blocks, expected.lost_blocks) << one.codec;
    EXPECT_GT(found.changed_values, 0) << one.codec;
    EXPECT_LT(found.changed_values, found.values) << one.codec;
  }
}

TEST_F(LinkLossTest, OfSpikesIsThoseOfTheModelToo) {
  const auto net = model(ir::NetworkKind::kSnn, "rate(3)");
  const auto loss = links(codec::WireKind::kPacket, 5e-4);
  const auto found = score(*net, loss, 25).totals.at(0);
  const auto lossy = ir::lossy_boundaries(loss, net->describe());
  const DeployedScope scope(*net, sets_, kCalibration);
  auto of = record_activity(*net, sets_, Half::kTest, 25, "v").boundaries.at("after_stage1");
  codec::LossTotals expected;
  const auto size = static_cast<size_t>(of.elements * of.steps);
  for (size_t s = 0; s < 25; ++s) {
    expected += lossy[0].lose_spikes(static_cast<int64_t>(s), of.steps,
                                     std::span(of.symbols).subspan(s * size, size));
  }
  EXPECT_EQ(found.changed_values, expected.changed_values);
  EXPECT_EQ(found.damaged_blocks, expected.damaged_blocks);
  EXPECT_GT(found.changed_values, 0);
  EXPECT_LT(found.changed_values, found.values);
}

TEST_F(LinkLossTest, ScoresEveryPresetByItself) {
  const auto net = model(ir::NetworkKind::kHnn);
  auto few = links(codec::WireKind::kBitmap, 1e-4), many = links(codec::WireKind::kBitmap, 1e-2);
  many.preset = "q";
  const auto network = net->describe();
  auto also_few = few;
  also_few.preset = "r";
  const auto both = score_losses(*net, sets_, kCalibration, network, {few, many, also_few}, 60);
  ASSERT_EQ(both.size(), 3U);
  EXPECT_EQ(both[2].preset, "r");
  EXPECT_EQ(both[2].with_loss, both[0].with_loss);
  EXPECT_EQ(both[2].totals[0].error_sum, both[0].totals[0].error_sum);
  EXPECT_EQ(both[0].preset, "p");
  EXPECT_EQ(both[1].preset, "q");
  EXPECT_LT(both[0].changed_fraction(), both[1].changed_fraction());
  const auto again = score_losses(*net, sets_, kCalibration, network, {many}, 60);
  EXPECT_EQ(again[0].with_loss, both[1].with_loss);
  EXPECT_EQ(again[0].totals[0].error_sum, both[1].totals[0].error_sum);
}

TEST_F(LinkLossTest, RefusesANetworkOfOtherWeights) {
  const auto net = model(ir::NetworkKind::kHnn);
  auto network = net->describe();
  network.boundaries[0].params.channels[2].threshold += 1;
  EXPECT_THROW(
      score_losses(*net, sets_, kCalibration, network, {links(codec::WireKind::kBitmap, 0)}, 60),
      core::UserError);
}

}  // namespace
}  // namespace ranvier::train
