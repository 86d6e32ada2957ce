#include "ranvier/train/train.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/train/bundle.hpp"
#include "ranvier/train/paid.hpp"
#include "ranvier/train/processes.hpp"
#include "ranvier/train/settle.hpp"
#include "ranvier/train/side_by_side.hpp"
#include "ranvier/train/test_images.hpp"
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
using torch::Tensor;

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
    sets_ = testing::small_images(120, 40);
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
  Phase bits = budget_phase();
  bits.events_per_neuron.reset();
  bits.bits_per_activation = 1.0;
  for (const Phase& p : {budget_phase(), bits}) {
    const auto straight = make_model(spec(ir::NetworkKind::kHnn));
    train_phase(*straight, nullptr, p, context(false, "other"));
    // In the first epoch, at its end, in the second, after the last audit.
    for (const int64_t stop : {1, 6, 9, 11}) {
      const auto first = make_model(spec(ir::NetworkKind::kHnn));
      auto stopping = context(false);
      stopping.stop_after_steps = stop;
      EXPECT_THROW(train_phase(*first, nullptr, p, stopping), core::Interrupted);
      const auto second = make_model(spec(ir::NetworkKind::kHnn));
      const auto result = train_phase(*second, nullptr, p, context(true));
      expect_equal_state(*straight, *second);
      EXPECT_EQ(result.history.size(), 2U);
    }
  }
}

TEST_F(TrainTest, SettlesBudgetsOfTheDeployedNetwork) {
  for (const bool of_bits : {false, true}) {
    Phase p = budget_phase();
    p.optim.epochs = 1;  // far too short for lambda alone
    p.calibration_samples = 40;
    if (of_bits) {
      p.events_per_neuron.reset();
      p.bits_per_activation = 1.0;
    }
    const auto model = make_model(spec(ir::NetworkKind::kHnn));
    calibrate(*model, sets_, 40);
    train_phase(*model, nullptr, p, context(false));
    const double target = of_bits ? 1.0 : 0.2;
    EXPECT_NEAR(deployed_cost(*model, sets_, p), target, 0.02 * target) << of_bits;
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
  using enum ModelKind;
  for (const auto& [model_kind, kernel, stride, groups] : {std::tuple{kMsResnet, 1, 1, 1},
                                                           {kMsResnet, 3, 1, 1},
                                                           {kMsResnet, 4, 2, 1},
                                                           {kMsResnet, 4, 2, 2},
                                                           {kMlp, 1, 1, 1}}) {
    ModelSpec s = spec(ir::NetworkKind::kHnn);
    s.network.model = model_kind;
    s.network.hidden = {12, 8};
    if (model_kind == kMlp) s.network.cuts = {"fc1"};
    s.bottleneck = {.ratio = 2, .kernel = kernel, .stride = stride, .groups = groups};
    s.codec = codec::parse_codec("graded(3,signed)", "c");
    const auto model = make_model(s);
    calibrate(*model, sets_, 40);
    const auto network = model->describe();
    const auto& boundary = network.boundaries.at(0);
    const auto& squeeze = network.layers[static_cast<size_t>(boundary.layer)];
    const auto& source = network.layers[static_cast<size_t>(squeeze.input)];
    const auto& expand = network.layers[static_cast<size_t>(boundary.layer) + 1];
    EXPECT_EQ(squeeze.name, source.name + ".squeeze");
    EXPECT_EQ(2 * squeeze.out.size(), source.out.size());
    EXPECT_EQ(squeeze.weights,
              kernel * kernel * source.out.channels * squeeze.out.channels / groups);
    EXPECT_EQ(expand.groups, groups);
    EXPECT_EQ(stride * squeeze.out.height, source.out.height);
    EXPECT_EQ(expand.out, source.out);
    EXPECT_EQ(ir::macs(network, expand), expand.weights * squeeze.out.height * squeeze.out.width);
    EXPECT_EQ(boundary.activations, source.out.size());
    const DeployedScope deployed(*model, sets_, 20);
    const auto activity = record_activity(*model, sets_, Half::kTest, 3, "hnn");
    EXPECT_EQ(activity.boundaries.at(boundary.name).elements, squeeze.out.size());
  }
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

TEST_F(TrainTest, LearnsInMixedPrecisionWithWeightsAndScoresInFloat32) {
  for (const auto kind : {ir::NetworkKind::kHnn, ir::NetworkKind::kSnn}) {
    std::vector<std::shared_ptr<Model>> models;
    for (const bool is_mixed : {true, true, false}) {
      models.push_back(make_model(spec(kind)));
      calibrate(*models.back(), sets_, 40);
      Phase p = phase();
      p.name = "mixed" + std::to_string(models.size());
      p.optim.is_mixed = is_mixed;
      p.optim.epochs = 6;
      const auto result = train_phase(*models.back(), nullptr, p, context(false));
      EXPECT_LT(result.history.back().loss, result.history.front().loss);
    }
    expect_equal_state(*models[0], *models[1]);
    const auto mixed = models[0]->parameters();
    const auto full = models[2]->parameters();
    bool differs = false;
    for (size_t i = 0; i < mixed.size(); ++i) {
      EXPECT_EQ(mixed[i].scalar_type(), torch::kFloat32);
      differs = differs || !torch::equal(mixed[i], full[i]);
    }
    EXPECT_TRUE(differs) << "bfloat16 rounds";
    const torch::NoGradGuard no_grad;
    const Tensor images = torch::randn({2, sets_.data.train.channels, 8, 8});
    EXPECT_EQ(models[0]->forward(images).scalar_type(), torch::kFloat32);
  }
}

TEST(Processes, AreRefusedByABuildWithoutGloo) {
  const auto refusal = no_processes({.rank = 0, .size = 3}).refusal();
  EXPECT_EQ(refusal.key, "processes");
  EXPECT_EQ(refusal.given, "3");
  EXPECT_EQ(refusal.allowed, "1");
  EXPECT_THAT(refusal.hint, HasSubstr("libgloo-dev"));
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
