// Training on a text, from a phase to whole runs.

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/train/bundle.hpp"
#include "ranvier/train/side_by_side.hpp"
#include "ranvier/train/test_bundles.hpp"
#include "ranvier/train/train.hpp"
#include "ranvier/train/trainer.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/fresh_directory.hpp"

namespace ranvier::train {
namespace {

namespace fs = std::filesystem;

Settings small_settings() {
  Settings s;
  s.name = "small";
  s.data.kind = DataKind::kProceduralText;
  s.data.context = 16;
  s.data.train_samples = 60;
  s.data.test_samples = 20;
  s.network.model = ModelKind::kRwkv;
  s.network.depth = 2;
  s.network.width = 16;
  s.network.context = 16;
  s.network.cuts = {"block1"};
  s.train = {.epochs = 1, .batch = 20, .optimizer = OptimizerKind::kAdamW, .learning_rate = 0.003};
  s.finetune.optim = s.train;
  s.finetune.calibration_samples = 20;
  s.record_samples = 5;
  const auto add = [&](const char* name, ir::NetworkKind kind, codec::CodecSpec codec, int steps) {
    VariantSettings v;
    v.name = name;
    v.kind = kind;
    v.codec = codec;
    v.batch = 20;
    v.steps = steps;
    v.distill = kind == ir::NetworkKind::kHnn ? 0.5 : 0.0;
    s.variants.push_back(v);
  };
  add("ann-burst8", ir::NetworkKind::kAnn, {codec::CodecKind::kDense, 8, 1, true}, 1);
  s.variants.back().wire = codec::WireKind::kBurst;
  add("snn", ir::NetworkKind::kSnn, {codec::CodecKind::kRate, 1, 2, true}, 2);
  add("hnn-rate", ir::NetworkKind::kHnn, {codec::CodecKind::kRate, 1, 4, true}, 1);
  add("hnn-graded", ir::NetworkKind::kHnn, {codec::CodecKind::kGraded, 2, 1, true}, 1);
  return s;
}

class LanguageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    prepare_thread();
    for (const char* folder : {"a", "b"}) fs::create_directories(out_ / folder);
  }
  void TearDown() override { fs::remove_all(out_); }

  static TrainContext context(const Sets& sets, const fs::path& checkpoints) {
    TrainContext c;
    c.sets = &sets;
    c.checkpoints = checkpoints;
    c.quiet = true;
    return c;
  }

  const fs::path out_ = ranvier::testing::fresh_directory();
};

ModelSpec spec_of(const Settings& settings, size_t variant) {
  const auto& v = settings.variants[variant];
  ModelSpec spec;
  spec.network = settings.network;
  spec.classes = kByteValues;
  spec.kind = v.kind;
  spec.codec = v.codec;
  spec.has_boundaries = v.kind == ir::NetworkKind::kHnn;
  spec.steps = v.steps;
  return spec;
}

TEST_F(LanguageTest, ResumesToTheSameBits) {
  const Settings settings = small_settings();
  const Sets sets = Sets::of(load_data(settings.data));
  for (const size_t variant : {1U, 3U}) {  // spiking, hybrid
    Phase phase{.name = "p", .optim = settings.train, .signature = "one"};
    phase.optim.epochs = 2;
    phase.objective = ObjectiveKind::kLambda;
    phase.lambda = 0.1;
    const auto straight = make_model(spec_of(settings, variant));
    train_phase(*straight, nullptr, phase, context(sets, out_ / "a"));
    auto stopping = context(sets, out_ / "b");
    stopping.checkpoint_seconds = 0;
    stopping.stop_after_steps = 4;
    const auto first = make_model(spec_of(settings, variant));
    EXPECT_THROW(train_phase(*first, nullptr, phase, stopping), core::Interrupted);
    auto resuming = context(sets, out_ / "b");
    resuming.resume = true;
    const auto second = make_model(spec_of(settings, variant));
    train_phase(*second, nullptr, phase, resuming);
    const auto x = module_state(*straight), y = module_state(*second);
    for (size_t i = 0; i < x.size(); ++i) EXPECT_TRUE(torch::equal(x[i], y[i])) << "tensor " << i;
    fs::remove(out_ / "b" / "p.pt");
  }
}

/// The entropy of the grammar is a bound, and a small network comes near it.
TEST_F(LanguageTest, LearnsTheGrammarAndNeverBeatsItsEntropy) {
  Settings settings = small_settings();
  settings.data.context = settings.network.context = 80;
  settings.data.train_samples = 1600;
  settings.data.test_samples = 100;
  settings.network.width = 48;
  const Sets sets = Sets::of(load_data(settings.data));
  Phase phase{.name = "p", .optim = settings.train, .signature = "one"};
  phase.optim = {.epochs = 5,
                 .batch = 16,
                 .optimizer = OptimizerKind::kAdamW,
                 .schedule = ScheduleKind::kCosine,
                 .learning_rate = 0.01,
                 .warmup = 0.05};
  auto spec = spec_of(settings, 3);
  spec.kind = ir::NetworkKind::kAnn;
  spec.has_boundaries = false;
  const auto model = make_model(spec);
  const auto result = train_phase(*model, nullptr, phase, context(sets, out_ / "a"));
  const double reached = score(*model, sets).metric;
  EXPECT_GT(reached, grammar_bits_per_byte());
  EXPECT_LT(reached, 3.0 * grammar_bits_per_byte());
  EXPECT_LT(result.history.back().train_metric, result.history.front().train_metric);
  EXPECT_NEAR(result.history.back().test_metric, reached, 1e-6);
}

TEST_F(LanguageTest, WritesBundlesOfEveryKindThatAreTheSameForAnyNumberOfThreads) {
  Settings settings = small_settings();
  settings.data_hash = content_hash(load_data(settings.data));
  train_all(settings, {.out = out_ / "a", .quiet = true, .threads = 1});
  train_all(settings, {.out = out_ / "b", .quiet = true, .threads = 3});
  for (const auto& variant : settings.variants) {
    const auto a = out_ / "a" / "bundle" / variant.name;
    const auto b = out_ / "b" / "bundle" / variant.name;
    testing::expect_equal_bundles(a, b);
    EXPECT_TRUE(is_complete_bundle(a, settings.signature_of(variant)));
    const auto network = ir::read_network(a / "network.json");
    EXPECT_EQ(network.name, "rwkv");
    const auto activity = ir::read_activity(a / "activity.h5");
    EXPECT_EQ(activity.samples, 5);
    EXPECT_EQ(activity.boundaries.at("after_block1").elements, 16);
    const auto metrics = nlohmann::json::parse(core::read_file(a / "metrics.json", "test"));
    EXPECT_EQ(metrics.at("metric"), "bits_per_byte");
    EXPECT_GT(metrics.at("metric_deployed").get<double>(), grammar_bits_per_byte());
    EXPECT_LT(metrics.at("metric_deployed").get<double>(), 9.0);
    EXPECT_TRUE(metrics.at("history").at(0).contains("test_bits_per_byte"));
    EXPECT_EQ(metrics.at("boundary_neurons"), 16);
  }
}

}  // namespace
}  // namespace ranvier::train
