#include "ranvier/ir/link_loss.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <functional>

namespace ranvier::ir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class LinkLossFile : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) / ("link_loss_file_" + std::to_string(getpid()));
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  static LinkLoss sample() {
    LinkLoss loss{
        .variant = "hnn-graded", .preset = "ucie16nm", .layout = {}, .noise = {}, .boundaries = {}};
    loss.wire = codec::WireKind::kBitmap;
    loss.layout.flit_bits = 40;
    loss.noise = {.bit_error_rate = 1e-5 / 3, .checked = true, .overhead_bits = 20, .seed = 77};
    loss.boundaries.push_back({"after_stage1", {{{0, 1, 2, 7, 9, 10}, {0}}, {{3, 4}, {0, 2}}}});
    return loss;
  }

  /// The refusal of `sample`, changed.
  core::Refusal refusal(const std::function<void(json&)>& change) const {
    const fs::path path = directory_ / "a.links.json";
    write_link_loss(sample(), path);
    json root = json::parse(core::read_file(path, "t"));
    change(root);
    core::write_file_atomic(path, root.dump());
    try {
      read_link_loss(path);
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.refusal().place, path.string());
      return error.refusal();
    }
    ADD_FAILURE() << "expected a refusal";
    return {};
  }

  fs::path directory_;
};

TEST_F(LinkLossFile, PresetsThatDifferInNameOnlyLoseAlike) {
  LinkLoss other = sample();
  other.preset = "paper45nm";
  EXPECT_TRUE(lose_alike(sample(), other));
  const auto differs = [](auto change) {
    LinkLoss changed = sample();
    change(changed);
    return !lose_alike(sample(), changed);
  };
  EXPECT_TRUE(differs([](LinkLoss& l) { l.variant = "snn"; }));
  EXPECT_TRUE(differs([](LinkLoss& l) { l.wire = codec::WireKind::kAer; }));
  EXPECT_TRUE(differs([](LinkLoss& l) { ++l.layout.flit_bits; }));
  EXPECT_TRUE(differs([](LinkLoss& l) { ++l.noise.seed; }));
  EXPECT_TRUE(differs([](LinkLoss& l) { l.boundaries[0].blocks[1].chips = {2, 0}; }));
}

TEST_F(LinkLossFile, ComesBackAsItWasWritten) {
  const fs::path path = directory_ / "a.links.json";
  write_link_loss(sample(), path);
  const LinkLoss read = read_link_loss(path);
  EXPECT_EQ(read.variant, "hnn-graded");
  EXPECT_EQ(read.preset, "ucie16nm");
  EXPECT_EQ(read.wire, codec::WireKind::kBitmap);
  EXPECT_EQ(read.layout.flit_bits, 40);
  EXPECT_EQ(read.noise.bit_error_rate, 1e-5 / 3);
  EXPECT_TRUE(read.noise.checked);
  EXPECT_EQ(read.noise.overhead_bits, 20);
  EXPECT_EQ(read.noise.seed, 77U);
  EXPECT_EQ(read.boundaries, sample().boundaries);
}

TEST_F(LinkLossFile, IsRefusedWithThePathInsideIt) {
  EXPECT_EQ(refusal([](json& root) { root["schema"] = 2; }).key, "schema");
  EXPECT_EQ(refusal([](json& root) { root["wires"] = "aer"; }).key, "wires");
  EXPECT_EQ(refusal([](json& root) { root["links"].erase("seed"); }).key, "links.seed");
  EXPECT_EQ(refusal([](json& root) { root["links"]["bit_error_rate"] = 2; }).key,
            "links.bit_error_rate");
  EXPECT_EQ(refusal([](json& root) { root["links"]["has_checksum"] = 1; }).key,
            "links.has_checksum");
  const auto runs = [](json& root) -> json& {
    return root["boundaries"][0]["blocks"][0]["elements"];
  };
  EXPECT_EQ(refusal([&](json& root) {
              runs(root)[1] = {2, 1};
            }).key,
            "boundaries[0].blocks[0].elements[1]");
  EXPECT_EQ(refusal([&](json& root) { runs(root) = json::array(); }).key,
            "boundaries[0].blocks[0].elements");
}

TEST_F(LinkLossFile, OfAnotherNetworkIsRefused) {
  Network network;
  network.layers.resize(2);
  network.layers[1].out = {1, 1, 11};
  network.boundaries.push_back({"after_stage1", 1, {}});
  network.boundaries[0].params.channels.resize(1);
  EXPECT_EQ(lossy_boundaries(sample(), network).size(), 1U);
  network.layers[1].out = {1, 1, 10};
  EXPECT_THROW(lossy_boundaries(sample(), network), core::UserError);
  network.layers[1].out = {1, 1, 11};
  network.boundaries[0].name = "after_stage2";
  EXPECT_THROW(lossy_boundaries(sample(), network), core::UserError);
  network.boundaries.clear();
  EXPECT_THROW(lossy_boundaries(sample(), network), core::UserError);
}

TEST_F(LinkLossFile, HasItsScoreBeside) {
  const fs::path path = directory_ / "a.score.json";
  write_loss_score({.variant = "snn",
                    .preset = "pcb",
                    .metric = "accuracy_percent",
                    .samples = 100,
                    .without_loss = 55.5,
                    .with_loss = 1.0 / 3,
                    .names = {"a", "b"},
                    .totals = {{1, 2, 3, 60, 5, 6}, {7, 8, 9, 40, 11, 12}}},
                   path);
  const LossScore read = read_loss_score(path);
  EXPECT_EQ(read.with_loss, 1.0 / 3);
  EXPECT_EQ(read.without_loss, 55.5);
  EXPECT_EQ(read.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read.totals[1].error_sum, 12);
  EXPECT_EQ(read.changed_fraction(), 0.16);
}

}  // namespace
}  // namespace ranvier::ir
