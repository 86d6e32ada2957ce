#include "ranvier/train/train.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/train/bundle.hpp"
#include "ranvier/train/side_by_side.hpp"
#include "ranvier/train/trainer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <limits>
#include <thread>

namespace ranvier::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A directory of its own, gone at the end.
class TrainTest : public ::testing::Test {
 protected:
  void SetUp() override {
    prepare_thread();
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    out_ = fs::temp_directory_path() / (std::string("ranvier_train_") + info->name());
    fs::remove_all(out_);
    fs::create_directories(out_ / "checkpoints");
    fs::create_directories(out_ / "other");
    sets_.data = load_data({.kind = DataKind::kProcedural,
                            .path = {},
                            .place = {},
                            .train_samples = 120,
                            .test_samples = 40,
                            .image_size = 8});
    sets_.normalisation = measure_normalisation(sets_.data.train);
  }
  void TearDown() override { fs::remove_all(out_); }

  TrainContext context(bool resume, const fs::path& folder = "checkpoints") const {
    TrainContext c;
    c.sets = &sets_;
    c.checkpoints = out_ / folder;
    c.augment = true;
    c.resume = resume;
    c.quiet = true;
    c.checkpoint_seconds = 0;  // after every step
    return c;
  }

  ModelSpec spec(ir::NetworkKind kind) const {
    ModelSpec s;
    s.network.widths = {4, 6};
    s.network.blocks = {1, 1};
    s.network.cuts = {"stage1"};
    s.image = {sets_.data.train.channels, 8, 8};
    s.classes = sets_.data.train.classes;
    s.kind = kind;
    s.has_boundaries = kind == ir::NetworkKind::kHnn;
    s.codec = {.kind = codec::CodecKind::kGraded, .bits = 2};
    s.steps = kind == ir::NetworkKind::kSnn ? 2 : 1;
    return s;
  }

  static Phase phase() {
    Phase p;
    p.name = "p";
    p.optim = {.epochs = 2, .batch = 20, .learning_rate = 0.05};
    p.signature = "one";
    return p;
  }

  static Phase budget_phase() {
    Phase p = phase();
    p.objective = ObjectiveKind::kBudget;
    p.events_per_neuron = 0.2;
    return p;
  }

  fs::path out_;
  Sets sets_;
};

void expect_equal_state(const Model& a, const Model& b) {
  const auto x = module_state(a);
  const auto y = module_state(b);
  ASSERT_EQ(x.size(), y.size());
  for (size_t i = 0; i < x.size(); ++i) EXPECT_TRUE(torch::equal(x[i], y[i])) << "tensor " << i;
}

TEST_F(TrainTest, ResumesToTheSameBitsWhereverItStopped) {
  const auto straight = make_model(spec(ir::NetworkKind::kHnn));
  train_phase(*straight, nullptr, budget_phase(), context(false, "other"));
  for (const int64_t stop : {1, 6, 9}) {  // in the first epoch, at its end, in the second
    const auto first = make_model(spec(ir::NetworkKind::kHnn));
    auto stopping = context(false);
    stopping.stop_after_steps = stop;
    EXPECT_THROW(train_phase(*first, nullptr, budget_phase(), stopping), core::Interrupted);
    const auto second = make_model(spec(ir::NetworkKind::kHnn));
    const auto result = train_phase(*second, nullptr, budget_phase(), context(true));
    expect_equal_state(*straight, *second);
    EXPECT_EQ(result.history.size(), 2U);
  }
}

TEST_F(TrainTest, ResumesToTheSameBitsAfterKill) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto checkpoint = out_ / "checkpoints" / "p.pt";
  EXPECT_EXIT(
      {
        const std::thread killer([&] {
          while (!fs::exists(checkpoint)) std::this_thread::yield();
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          kill(getpid(), SIGKILL);
        });
        auto slow = budget_phase();
        slow.optim.epochs = 2;
        const auto model = make_model(spec(ir::NetworkKind::kHnn));
        train_phase(*model, nullptr, slow, context(false));
        std::this_thread::sleep_for(std::chrono::seconds(10));
      },
      ::testing::KilledBySignal(SIGKILL), "");
  const auto straight = make_model(spec(ir::NetworkKind::kHnn));
  train_phase(*straight, nullptr, budget_phase(), context(false, "other"));
  const auto resumed = make_model(spec(ir::NetworkKind::kHnn));
  train_phase(*resumed, nullptr, budget_phase(), context(true));
  expect_equal_state(*straight, *resumed);
}

TEST_F(TrainTest, NamesStepAndRateOfALossThatIsNotFiniteAndKeepsTheCheckpoint) {
  const auto model = make_model(spec(ir::NetworkKind::kAnn));
  auto stopping = context(false);
  stopping.stop_after_steps = 3;
  EXPECT_THROW(train_phase(*model, nullptr, phase(), stopping), core::Interrupted);
  const auto path = out_ / "checkpoints" / "p.pt";
  const auto before = core::read_file(path, "test");
  {
    torch::NoGradGuard no_grad;
    model->network_parameters().front().fill_(std::numeric_limits<float>::quiet_NaN());
  }
  try {
    train_phase(*model, nullptr, phase(), context(false));
    FAIL() << "a loss of NaN was accepted";
  } catch (const core::RunError& error) {
    EXPECT_THAT(error.what(), HasSubstr("step 0 of 12"));
    EXPECT_THAT(error.what(), HasSubstr("learning rate"));
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
  }
  EXPECT_EQ(core::read_file(path, "test"), before);
}

TEST_F(TrainTest, RefusesACheckpointOfOtherSettingsAndADamagedOne) {
  const auto model = make_model(spec(ir::NetworkKind::kAnn));
  train_phase(*model, nullptr, phase(), context(false));
  Phase other = phase();
  other.signature = "two";
  EXPECT_THROW(train_phase(*model, nullptr, other, context(true)), core::UserError);
  const auto path = out_ / "checkpoints" / "p.pt";
  const auto whole = core::read_file(path, "test");
  core::write_file_atomic(path, whole.substr(0, whole.size() / 2));
  EXPECT_THROW(train_phase(*model, nullptr, phase(), context(true)), core::UserError);
}

TEST_F(TrainTest, HoldsTheBudgetAndLearns) {
  auto p = budget_phase();
  p.optim.epochs = 12;
  p.boundary_learning_rate = 0.05;
  const auto model = make_model(spec(ir::NetworkKind::kHnn));
  calibrate(*model, sets_, 40);
  const auto result = train_phase(*model, nullptr, p, context(false));
  EXPECT_LT(result.history.back().loss, result.history.front().loss);
  EXPECT_LT(result.history.back().events_per_neuron, 0.3);
}

TEST_F(TrainTest, DeployedArithmeticGivesTheFloatWeightsBack) {
  const auto model = make_model(spec(ir::NetworkKind::kHnn));
  const auto before = module_state(*model).front().clone();
  {
    const DeployedScope deployed(*model, sets_, 20);
    EXPECT_FALSE(torch::equal(module_state(*model).front(), before));
  }
  EXPECT_TRUE(torch::equal(module_state(*model).front(), before));
}

TEST_F(TrainTest, RecordsWhatTheCodecComputes) {
  const auto model = make_model(spec(ir::NetworkKind::kHnn));
  calibrate(*model, sets_, 40);
  const DeployedScope deployed(*model, sets_, 20);
  const auto activity = record_activity(*model, sets_, Half::kTest, 5, "hnn");
  const auto network = model->describe();
  const auto& boundary = activity.boundaries.at(network.boundaries[0].name);
  ASSERT_EQ(boundary.current.size(), 5U * static_cast<size_t>(boundary.elements));
  const auto coder = codec::make_codec(network.boundaries[0].params);
  std::vector<uint16_t> channel(boundary.current.size());
  for (size_t e = 0; e < channel.size(); ++e) channel[e] = static_cast<uint16_t>(e / 64 % 4);
  const auto frame = coder->encode(boundary.current, channel);
  EXPECT_EQ(frame.symbols, boundary.symbols);
  EXPECT_EQ(coder->decode(frame, channel), boundary.value);
}

TEST_F(TrainTest, ABottleneckIsTwoDenseLayersAroundTheBoundary) {
  for (const auto model_kind : {ModelKind::kMsResnet, ModelKind::kMlp}) {
    ModelSpec s = spec(ir::NetworkKind::kHnn);
    s.network.model = model_kind;
    s.network.hidden = {12, 8};
    if (model_kind == ModelKind::kMlp) s.network.cuts = {"fc1"};
    s.bottleneck = 2;
    s.codec = codec::parse_codec("graded(3,signed)", "c");
    const auto model = make_model(s);
    calibrate(*model, sets_, 40);
    const auto network = model->describe();
    const auto& boundary = network.boundaries.at(0);
    const auto& squeeze = network.layers[static_cast<size_t>(boundary.layer)];
    const auto& source = network.layers[static_cast<size_t>(squeeze.input)];
    const auto& expand = network.layers[static_cast<size_t>(boundary.layer) + 1];
    EXPECT_EQ(squeeze.name, source.name + ".squeeze");
    EXPECT_EQ(2 * squeeze.out.channels, source.out.channels);
    EXPECT_EQ(squeeze.weights, int64_t{1} * source.out.channels * squeeze.out.channels);
    EXPECT_EQ(expand.out, source.out);
    EXPECT_EQ(ir::macs(network, expand), expand.weights * expand.out.height * expand.out.width);
    EXPECT_EQ(boundary.activations, source.out.size());
    const DeployedScope deployed(*model, sets_, 20);
    const auto activity = record_activity(*model, sets_, Half::kTest, 3, "hnn");
    EXPECT_EQ(activity.boundaries.at(boundary.name).elements, squeeze.out.size());
  }
}

TEST(BottleneckTest, StartsFromThePrincipalAxes) {
  // Rank 2 of 6 channels, all positive: a projection to a half loses nothing.
  torch::manual_seed(3);
  const auto mixed =
      torch::einsum("kc,nkhw->nchw", {torch::rand({2, 6}), torch::rand({10, 2, 4, 4})});
  Bottleneck bottleneck(6, 3);
  bottleneck->calibrate(mixed);
  const auto again = bottleneck->expand(bottleneck->squeeze(mixed));
  EXPECT_LT((again - mixed).abs().max().item<double>(), 1e-3);
}

TEST(BottleneckTest, OfASignedTensorKeepsBothSigns) {
  torch::manual_seed(3);
  const auto mixed = torch::einsum("kc,nk->nc", {torch::randn({2, 6}), torch::randn({40, 2})});
  Bottleneck bottleneck(6, 3, true);
  bottleneck->calibrate(mixed);
  EXPECT_TRUE(bottleneck->rectified(mixed).equal(mixed));
  const auto again = bottleneck->expand(bottleneck->squeeze(mixed));
  EXPECT_LT((again - mixed).abs().max().item<double>(), 1e-3);
}

TEST_F(TrainTest, EveryCodecLearns) {
  for (const char* codec : {"ttfs(4)", "topk(0.3)", "graded(2)"}) {
    ModelSpec s = spec(ir::NetworkKind::kHnn);
    s.codec = codec::parse_codec(codec, "c");
    const auto model = make_model(s);
    calibrate(*model, sets_, 40);
    Phase p = phase();
    p.name = codec;
    p.optim.epochs = 6;
    const auto result = train_phase(*model, nullptr, p, context(false));
    EXPECT_LT(result.history.back().loss, result.history.front().loss) << codec;
  }
}

/// A whole run: the smallest settings that have every kind of variant.
Settings tiny_settings() {
  Settings s;
  s.name = "tiny";
  s.data = {.kind = DataKind::kProcedural,
            .path = {},
            .place = {},
            .train_samples = 60,
            .test_samples = 20,
            .image_size = 8};
  s.data_hash = content_hash(load_data(s.data));
  s.network.widths = {4, 6};
  s.network.blocks = {1, 1};
  s.network.cuts = {"stage1"};
  s.train = {.epochs = 1, .batch = 20, .learning_rate = 0.05};
  s.finetune.optim = s.train;
  s.finetune.calibration_samples = 20;
  s.record_samples = 3;
  VariantSettings v;
  v.batch = 20;
  v.name = "ann-packet";
  v.kind = ir::NetworkKind::kAnn;
  v.codec = {.kind = codec::CodecKind::kDense, .bits = 8};
  v.wire = codec::WireKind::kPacket;
  s.variants.push_back(v);
  v.name = "ann-burst8";
  v.wire = codec::WireKind::kBurst;
  s.variants.push_back(v);
  v.name = "snn";
  v.kind = ir::NetworkKind::kSnn;
  v.codec = {.kind = codec::CodecKind::kRate, .bits = 1, .steps = 2};
  v.wire = codec::WireKind::kAuto;
  v.steps = 2;
  s.variants.push_back(v);
  v.name = "hnn-graded";
  v.kind = ir::NetworkKind::kHnn;
  v.codec = {.kind = codec::CodecKind::kGraded, .bits = 2};
  v.steps = 1;
  v.distill = 0.5;
  v.has_finetuned_teacher = true;
  s.variants.push_back(v);
  return s;
}

TEST_F(TrainTest, WritesWholeBundlesThatAreTheSameForAnyNumberOfThreads) {
  const Settings settings = tiny_settings();
  train_all(settings, {.out = out_ / "a", .quiet = true, .threads = 1});
  train_all(settings, {.out = out_ / "b", .quiet = true, .threads = 3});
  for (const auto& variant : settings.variants) {
    const auto a = out_ / "a" / "bundle" / variant.name;
    const auto b = out_ / "b" / "bundle" / variant.name;
    for (const char* file : {"network.json", "weights.safetensors", "activity.h5"}) {
      EXPECT_EQ(core::content_hash(core::read_file(a / file, "test")),
                core::content_hash(core::read_file(b / file, "test")))
          << variant.name << "/" << file;
    }
    EXPECT_TRUE(is_complete_bundle(a, settings.signature_of(variant)));
    EXPECT_NO_THROW(ir::read_network(a / "network.json"));
    EXPECT_EQ(ir::read_activity(a / "activity.h5").samples, 3);
  }
}

TEST_F(TrainTest, SkipsCompleteBundlesAndRedoesIncompleteOnes) {
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

TEST_F(TrainTest, ResumesDenseVariantsOfEqualBitsUnderTheirOwnNames) {
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

TEST_F(TrainTest, RefusesADirectoryThatCannotBeWritten) {
  core::write_file_atomic(out_ / "file", "not a directory");
  EXPECT_THROW(train_all(tiny_settings(), {.out = out_ / "file", .quiet = true}), core::UserError);
}

TEST_F(TrainTest, RefusesADeviceThatItDoesNotKnow) {
  EXPECT_THROW(train_all(tiny_settings(), {.out = out_, .quiet = true, .device = "tpu"}),
               core::UserError);
}

TEST(SideBySide, RunsEveryJobOnceAndPassesTheFirstFailureOn) {
  std::atomic<bool> stop{false};
  std::vector<int> runs(20, 0);
  std::vector<Job> jobs;
  for (auto& run : runs) jobs.emplace_back([&run] { ++run; });
  run_side_by_side(jobs, 4, stop);
  EXPECT_EQ(runs, std::vector<int>(20, 1));
  jobs.emplace(jobs.begin(), [] { throw core::RunError("broken"); });
  EXPECT_THROW(run_side_by_side(jobs, 1, stop), core::RunError);
  EXPECT_TRUE(stop);
  EXPECT_EQ(runs, std::vector<int>(20, 1)) << "nothing begins after a failure";
}

}  // namespace
}  // namespace ranvier::train
