#include "ranvier/shapes/bundle.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>

namespace ranvier::shapes {
namespace {
namespace fs = std::filesystem;

const config::Field kSeed{.key = "seed",
                          .kind = config::Kind::kInteger,
                          .fallback = "1",
                          .minimum = 0,
                          .maximum = 1e9,
                          .doc = "seed"};

Settings settings_of(const std::string& yaml) {
  std::vector<config::Field> schema(shapes_schema().begin(), shapes_schema().end());
  schema.push_back(kSeed);
  const std::array<config::Source, 1> sources{config::Source{"test.yaml", yaml}};
  return parse_settings(config::load(sources, {}, schema));
}

core::Refusal refusal_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const core::UserError& error) {
    return error.refusal();
  }
  ADD_FAILURE() << "was not refused";
  return {};
}

class BundleTest : public ::testing::Test {
 protected:
  BundleTest()
      : directory_(fs::path(::testing::TempDir()) /
                   ("shapes_" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
                    ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(directory_);
  }
  ~BundleTest() override { fs::remove_all(directory_); }
  fs::path directory_;
};

const Variant kHybrid{
    .name = "hnn", .codec = {codec::CodecKind::kGraded, 2, 1, false}, .events_per_neuron = 0.25};

TEST_F(BundleTest, SaysAssumedEverywhereAndNamesNoAccuracy) {
  const auto settings =
      settings_of("shapes: {model: msresnet, widths: [4, 8], blocks: [1, 1], image_size: 8}");
  write_bundle(settings, kHybrid, directory_);
  const fs::path bundle = directory_ / "bundle" / "hnn";
  const auto metrics = nlohmann::json::parse(core::read_file(bundle / "metrics.json", "metrics"));
  EXPECT_EQ(metrics.at("activity"), "assumed");
  EXPECT_TRUE(metrics.at("metric_float").is_null());
  EXPECT_TRUE(metrics.at("metric_deployed").is_null());
  EXPECT_NEAR(metrics.at("events_per_neuron").get<double>(), 0.25, 0.05);
  EXPECT_TRUE(ir::read_activity(bundle / "activity.h5").assumed);
  const auto network = ir::read_network(bundle / "network.json");
  EXPECT_EQ(network.chip_rule, ir::ChipRule::kFilled);
  EXPECT_EQ(network.boundaries.size(), network.layers.size() - 2) << "one behind every read layer";
}

TEST_F(BundleTest, CutsAreThoseOfTheSettings) {
  const auto settings = settings_of(
      "shapes: {model: msresnet, widths: [4, 8, 8], blocks: [1, 1, 1], image_size: 8, cuts: "
      "[stage2, stage1]}");
  const auto network = describe(settings, kHybrid);
  EXPECT_EQ(network.chip_rule, ir::ChipRule::kCut);
  ASSERT_EQ(network.boundaries.size(), 2u);
  EXPECT_EQ(network.boundaries[0].name, "after_stage1");
  EXPECT_EQ(network.layers[static_cast<size_t>(network.boundaries[1].layer)].name,
            "stage2.block1.conv2");
}

TEST(ShapesSettings, RefuseWhatDoesNotFit) {
  EXPECT_EQ(refusal_of([] { settings_of("shapes: {model: msresnet, blocks: [1, 2]}"); }).key,
            "shapes.blocks");
  const auto cut =
      refusal_of([] { settings_of("shapes: {model: msresnet, cuts: [stage1, stgae2]}"); });
  EXPECT_EQ(cut.key, "shapes.cuts");
  EXPECT_NE(cut.hint.find("stage2"), std::string::npos);
  EXPECT_EQ(refusal_of([] {
              settings_of("shapes: {model: rwkv, depth: 2, cuts: [block1, block1]}");
            }).allowed,
            "each cut once");
}

TEST(ShapesSettings, RefuseAnSnnOfANetworkWithGates) {
  const auto settings = settings_of("shapes: {model: rwkv, depth: 1, width: 8}");
  const Variant snn{.name = "snn",
                    .kind = ir::NetworkKind::kSnn,
                    .codec = {codec::CodecKind::kRate, 1, 4, false},
                    .steps = 4,
                    .events_per_neuron = {}};
  EXPECT_EQ(refusal_of([&] { describe(settings, snn); }).key, "variants.snn.kind");
}

TEST(ShapesSettings, RefuseACodeThatSortsActivations) {
  const auto settings =
      settings_of("shapes: {model: msresnet, widths: [4], blocks: [1], image_size: 8}");
  Variant variant = kHybrid;
  variant.codec = codec::parse_codec("topk(0.1)", "test");
  EXPECT_EQ(refusal_of([&] { describe(settings, variant); }).key, "variants.hnn.codec");
}

TEST_F(BundleTest, RefusesMoreEventsThanTheCodecCanSend) {
  const auto settings =
      settings_of("shapes: {model: msresnet, widths: [4], blocks: [1], image_size: 8}");
  Variant variant = kHybrid;
  variant.events_per_neuron = 1.5;
  const auto own = refusal_of([&] { write_bundle(settings, variant, directory_); });
  EXPECT_EQ(own.key, "variants.hnn.events_per_neuron");
  EXPECT_EQ(own.allowed, "0..1 with graded(2)");
  variant.codec = codec::parse_codec("rate(4)", "test");
  const auto rate = refusal_of([&] { write_bundle(settings, variant, directory_); });
  EXPECT_EQ(rate.allowed, "0..1.45 with rate(4)") << "mean 1 + 0.15 x 3";
  EXPECT_NE(rate.hint.find("shapes.level_share"), std::string::npos);
  EXPECT_FALSE(fs::exists(directory_ / "bundle"));
}

TEST_F(BundleTest, CarriesTablesOfTheEntropyCoder) {
  const auto settings =
      settings_of("shapes: {model: msresnet, widths: [4], blocks: [1], image_size: 8}");
  write_bundle(settings, kHybrid, directory_);
  const auto network = ir::read_network(directory_ / "bundle/hnn/network.json");
  for (const auto& cut : network.boundaries) EXPECT_TRUE(cut.params.entropy) << cut.name;
}

}  // namespace
}  // namespace ranvier::shapes
