// Whole runs, from settings to bundles.

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/train/bundle.hpp"
#include "ranvier/train/paid.hpp"
#include "ranvier/train/side_by_side.hpp"
#include "ranvier/train/test_bundles.hpp"
#include "ranvier/train/test_settings.hpp"
#include "ranvier/train/train.hpp"
#include "ranvier/train/trainer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fresh_directory.hpp"

namespace ranvier::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::tiny_settings;

/// A directory of its own, gone at the end.
class TrainAllTest : public ::testing::Test {
 protected:
  void SetUp() override { prepare_thread(); }
  void TearDown() override { fs::remove_all(out_); }

  const fs::path out_ = ranvier::testing::fresh_directory();
};

TEST_F(TrainAllTest, WritesWholeBundlesThatAreTheSameForAnyNumberOfThreads) {
  const Settings settings = tiny_settings();
  train_all(settings, {.out = out_ / "a", .quiet = true, .threads = 1});
  train_all(settings, {.out = out_ / "b", .quiet = true, .threads = 3});
  for (const auto& variant : settings.variants) {
    const auto a = out_ / "a" / "bundle" / variant.name;
    const auto b = out_ / "b" / "bundle" / variant.name;
    testing::expect_equal_bundles(a, b);
    EXPECT_TRUE(is_complete_bundle(a, settings.signature_of(variant)));
    EXPECT_NO_THROW(ir::read_network(a / "network.json"));
    EXPECT_EQ(ir::read_activity(a / "activity.h5").samples, 3);
  }
}

/// Frames of `count` elements, one after the other, of every boundary.
std::vector<Framing> framings_of(const ir::Network& network, int64_t count) {
  std::vector<Framing> framings;
  for (const auto& boundary : network.boundaries) {
    Framing framing;
    const int64_t size = network.layers[static_cast<size_t>(boundary.layer)].out.size();
    for (int64_t begin = 0; begin < size; begin += count) {
      framing.blocks.emplace_back();
      for (int64_t e = begin; e < std::min(begin + count, size); ++e) {
        framing.blocks.back().places.push_back(static_cast<uint32_t>(e));
      }
    }
    framings.push_back(framing);
  }
  return framings;
}

TEST_F(TrainAllTest, HoldsABudgetOfBitsInTheFramesThatWillCross) {
  Settings settings = tiny_settings();
  settings.data.train_samples = 200;
  settings.data.test_samples = 100;
  settings.data_hash = content_hash(load_data(settings.data));
  settings.variants.erase(settings.variants.begin(), settings.variants.end() - 1);
  settings.record_samples = 100;
  settings.finetune.calibration_samples = 100;
  VariantSettings& variant = settings.variants[0];
  variant.epochs = 4;
  variant.objective = ObjectiveKind::kBudget;
  variant.bits_per_activation = 2.2;
  const auto in_frames = [](const ir::Network& network, const std::string& /*variant*/) {
    return framings_of(network, 32);
  };
  train_all(settings, {.out = out_ / "a", .quiet = true, .threads = 1, .framing = in_frames});
  const auto bundle = out_ / "a" / "bundle" / "hnn-graded";
  const auto network = ir::read_network(bundle / "network.json");
  const auto paid = count_paid(network, ir::read_activity(bundle / "activity.h5"),
                               codec::WireKind::kAuto, in_frames(network, "hnn-graded"));
  EXPECT_NEAR(paid.bits_per_activation(), 2.2, 0.05 * 2.2);
  const auto even =
      count_paid(network, ir::read_activity(bundle / "activity.h5"), codec::WireKind::kAuto, {});
  EXPECT_LT(even.bits_per_activation(), 0.8 * 2.2) << "frames of 256 are cheaper";
  const auto metrics = core::read_file(bundle / "metrics.json", "test");
  EXPECT_THAT(metrics, HasSubstr("\"deviation_percent\""));
  // Other frames are another training.
  EXPECT_FALSE(is_complete_bundle(bundle, settings.signature_of(variant)));
}

TEST_F(TrainAllTest, SkipsCompleteBundlesAndRedoesIncompleteOnes) {
  Settings settings = tiny_settings();
  settings.variants.erase(settings.variants.begin() + 1, settings.variants.end() - 1);
  TrainOptions options{.out = out_ / "a", .quiet = true, .threads = 1};
  train_all(settings, options);
  const auto hnn = out_ / "a" / "bundle" / "hnn-graded";
  const auto weights = core::read_file(hnn / "weights.safetensors", "test");
  fs::remove(hnn / "metrics.json");
  core::write_file_atomic(hnn / "weights.safetensors", "half");
  const auto kept = fs::last_write_time(out_ / "a" / "bundle" / "ann-packet" / "metrics.json");
  options.resume = true;
  train_all(settings, options);
  EXPECT_EQ(core::read_file(hnn / "weights.safetensors", "test"), weights);
  EXPECT_TRUE(fs::exists(hnn / "metrics.json"));
  EXPECT_EQ(fs::last_write_time(out_ / "a" / "bundle" / "ann-packet" / "metrics.json"), kept);
}

TEST_F(TrainAllTest, ResumesDenseVariantsOfEqualBitsUnderTheirOwnNames) {
  Settings settings = tiny_settings();
  settings.variants.resize(2);
  settings.variants[1].name = "ann-coded";
  settings.variants[1].wire = codec::WireKind::kRans;
  settings.variants[1].objective = ObjectiveKind::kBudget;
  settings.variants[1].bits_per_activation = 2.0;
  TrainOptions options{.out = out_ / "a", .quiet = true, .threads = 1};
  train_all(settings, options);
  const auto coded = out_ / "a" / "bundle" / "ann-coded";
  const auto weights = core::read_file(coded / "weights.safetensors", "test");
  fs::remove(coded / "metrics.json");
  options.resume = true;
  train_all(settings, options);
  EXPECT_EQ(core::read_file(coded / "weights.safetensors", "test"), weights);
}

TEST_F(TrainAllTest, RefusesADirectoryThatCannotBeWritten) {
  core::write_file_atomic(out_ / "file", "not a directory");
  EXPECT_THROW(train_all(tiny_settings(), {.out = out_ / "file", .quiet = true}), core::UserError);
}

TEST_F(TrainAllTest, RefusesADeviceThatItDoesNotKnow) {
  EXPECT_THROW(train_all(tiny_settings(), {.out = out_, .quiet = true, .device = "tpu"}),
               core::UserError);
}

}  // namespace
}  // namespace ranvier::train
