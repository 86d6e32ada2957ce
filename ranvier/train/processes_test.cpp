// Several processes in one training; here they are threads that meet over TCP as processes do.
// tests/cli/processes_test.cpp starts real ones.

#include "ranvier/train/processes.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/checkpoint.hpp"
#include "ranvier/train/evaluate.hpp"
#include "ranvier/train/norm.hpp"
#include "ranvier/train/side_by_side.hpp"
#include "ranvier/train/test_images.hpp"
#include "ranvier/train/trainer.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <limits>
#include <thread>

namespace ranvier::train {
namespace {

namespace fs = std::filesystem;
using torch::Tensor;

/// Runs `work` once per process; the first failure is thrown.
void together(int size, const std::function<void(const ProcessesPtr&)>& work) {
  std::promise<int> listening;
  const auto port = listening.get_future().share();
  std::vector<std::thread> threads;
  std::vector<std::exception_ptr> failures(static_cast<size_t>(size));
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      prepare_thread();
      try {
        Launch launch{.rank = rank, .size = size};
        launch.share_port = [&](int own) {
          if (rank == 0) listening.set_value(own);
          return port.get();
        };
        work(make_rendezvous(launch)->join("test"));
      } catch (...) {
        failures[static_cast<size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

/// Largest difference, over the largest value.
double apart(const Tensor& a, const Tensor& b) {
  const double scale = a.abs().max().item<double>();
  const double difference = (a - b).abs().max().item<double>();
  return difference == 0.0 ? 0.0 : difference / scale;
}

TEST(Processes, OneIsAllThereAre) {
  const ProcessesPtr one = make_rendezvous({})->join("any");
  EXPECT_EQ(one->size(), 1);
  EXPECT_TRUE(one->is_first());
  EXPECT_EQ(one->sum({2.5}), std::vector<double>{2.5});
  EXPECT_TRUE(one->agree(7));
}

TEST(Processes, SumShareAndAgree) {
  together(3, [](const ProcessesPtr& all) {
    const double own = all->rank();
    EXPECT_EQ(all->sum({own, 1.0}), (std::vector<double>{3.0, 3.0}));
    const Tensor last = torch::full({1, 2, 3, 3}, own).contiguous(at::MemoryFormat::ChannelsLast);
    const Tensor whole = torch::full({3}, own + 5, torch::kLong);
    broadcast_all(*all, {last, whole});
    EXPECT_TRUE(last.eq(0).all().item<bool>());
    EXPECT_TRUE(last.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(whole.eq(5).all().item<bool>());
    EXPECT_TRUE(all->agree(1234567890123456789));
    EXPECT_FALSE(all->agree(all->rank() == 2 ? 1 : 0));
  });
}

TEST(Processes, AGradientOfAMeanIsTheMeanOfGradients) {
  together(2, [](const ProcessesPtr& all) {
    const Tensor x = torch::tensor({1.0 + all->rank(), 4.0}, torch::kDouble).requires_grad_();
    const Tensor mean = mean_over(all, x);  // (1.5, 4)
    (mean * mean * (all->rank() + 1.0)).sum().backward();
    // The losses of both sum to 3 mean^2, whose slope is 6 mean; half of it belongs to each x.
    EXPECT_TRUE(torch::allclose(x.grad(), torch::tensor({4.5, 12.0}, torch::kDouble)));
  });
}

TEST(Processes, TheFirstRowsMayLieInSeveralParts) {
  together(3, [](const ProcessesPtr& all) {
    const Tensor part = torch::arange(4).view({2, 2}) + 4.0F * static_cast<float>(all->rank());
    for (const int64_t rows : {1, 2, 5}) {
      const Tensor expected = torch::arange(2 * rows).view({rows, 2}).to(torch::kFloat32);
      EXPECT_TRUE(first_rows(*all, part, rows).equal(expected)) << rows;
    }
  });
}

TEST(Processes, NormsOfPartsAreTheNormOfTheWhole) {
  torch::manual_seed(2);
  for (const bool is_channels_last : {false, true}) {
    const auto format =
        is_channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    // Parts of different means and spreads: their own statistics are far off.
    Tensor whole = torch::randn({8, 3, 5, 4});
    whole.narrow(0, 4, 4).mul_(2).add_(10);
    whole = whole.contiguous(format);
    const Tensor target = torch::randn({8, 3, 5, 4}).contiguous(format);
    Norm reference(3);
    const Tensor x = whole.clone().requires_grad_();
    const Tensor y = reference(x);
    (y * target).sum().backward();
    together(2, [&](const ProcessesPtr& all) {
      Norm norm(3);
      norm->set_processes(all);
      const int64_t from = 4 * all->rank();
      const Tensor part = whole.narrow(0, from, 4).clone().requires_grad_();
      const Tensor out = norm(part);
      (out * target.narrow(0, from, 4)).sum().backward();
      EXPECT_LT(apart(y.narrow(0, from, 4), out), 1e-6);
      EXPECT_LT(apart(x.grad().narrow(0, from, 4), part.grad()), 1e-5);
      average_gradients(*all, norm->parameters());
      EXPECT_LT(apart(reference->weight.grad(), norm->weight.grad() * 2), 1e-6);
      EXPECT_LT(apart(reference->bias.grad(), norm->bias.grad() * 2), 1e-6);
      EXPECT_LT(apart(reference->running_mean, norm->running_mean), 1e-6);
      EXPECT_LT(apart(reference->running_var, norm->running_var), 1e-6);
      norm->eval();
      reference->eval();
      EXPECT_LT(apart(reference(whole).narrow(0, from, 4), norm(part)), 1e-6);
    });
    reference->train();
  }
}

class ProcessesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    prepare_thread();
    spdlog::set_level(spdlog::level::err);
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    out_ = fs::path(::testing::TempDir()) /
           ("processes_" + std::string(info->name()) + std::to_string(getpid()));
    fs::create_directories(out_);
    sets_ = testing::small_images(96, 30);
  }
  void TearDown() override { fs::remove_all(out_); }

  ModelSpec spec(ModelKind model, ir::NetworkKind kind) const {
    ModelSpec s;
    s.network.model = model;
    s.network.widths = {8, 8};
    s.network.blocks = {1, 1};
    s.network.hidden = {16, 16};
    s.network.width_factor = 0.1;
    s.network.depth_factor = 0.1;
    s.network.stem_stride = 1;
    s.network.cuts = {model == ModelKind::kMlp ? "fc1" : "stage1"};
    s.image = {sets_.data.train.channels, 8, 8};
    s.classes = sets_.data.train.classes;
    s.kind = kind;
    s.has_boundaries = kind == ir::NetworkKind::kHnn;
    s.codec = {codec::CodecKind::kGraded, 2, 1, has_signed_stream(model)};
    s.steps = kind == ir::NetworkKind::kSnn ? 2 : 1;
    return s;
  }

  /// Steps on the whole training set each.
  static Phase phase(ir::NetworkKind kind, int steps) {
    Phase p;
    p.name = "p";
    p.optim = {.epochs = steps, .batch = 96, .learning_rate = 0.02};
    p.distill = 0.5;
    p.signature = "one";
    if (kind == ir::NetworkKind::kAnn) return p;
    p.objective = ObjectiveKind::kBudget;
    (kind == ir::NetworkKind::kSnn ? p.events_per_neuron : p.bits_per_activation) = 0.5;
    return p;
  }

  TrainContext context(const ProcessesPtr& processes, const std::string& folder) const {
    TrainContext c;
    c.sets = &sets_;
    c.seed = seed_;
    c.checkpoints = out_ / folder;
    fs::create_directories(c.checkpoints);
    c.augment = true;
    c.quiet = true;
    c.checkpoint_seconds = 0;
    c.processes = processes;
    return c;
  }

  /// A phase on one process, and on `size` from the same start, with a dense teacher.
  struct Trained {
    std::shared_ptr<Model> start, one, several;
    PhaseResult of_one, of_several;
  };
  Trained train(const ModelSpec& spec, const Phase& phase, int size) const {
    ModelSpec dense = spec;
    dense.kind = ir::NetworkKind::kAnn;
    dense.has_boundaries = false;
    dense.steps = 1;
    const auto knows = make_model(dense);
    knows->eval();
    Teacher teacher(*knows);
    Trained t{make_model(spec), make_model(spec), {}, {}, {}};
    calibrate(*t.start, sets_, 48);
    restore_module(*t.one, module_state(*t.start));
    t.of_one = train_phase(*t.one, &teacher, phase, context(one_process(), "one"));
    std::vector<std::shared_ptr<Model>> models;
    for (int rank = 0; rank < size; ++rank) {
      models.push_back(make_model(spec));
      restore_module(*models.back(), module_state(*t.start));
    }
    together(size, [&](const ProcessesPtr& all) {
      Model& own = *models[static_cast<size_t>(all->rank())];
      const auto result = train_phase(own, &teacher, phase, context(all, "several"));
      if (all->is_first()) t.of_several = result;
    });
    t.several = models.front();
    for (const auto& model : models) expect_same_bits(*model, *t.several);
    return t;
  }

  static void expect_same_bits(const Model& a, const Model& b) {
    const auto x = module_state(a);
    const auto y = module_state(b);
    for (size_t i = 0; i < x.size(); ++i) EXPECT_TRUE(x[i].equal(y[i])) << "tensor " << i;
  }

  /// One step of `size` processes against that of one.
  void expect_one_step(ModelSpec spec, const Phase& phase, int size);

  static constexpr double kTight = 2e-4;
  fs::path out_;
  Sets sets_;
  uint64_t seed_ = 1;
};

/// Largest difference of two lists of tensors, over the largest value of the tensor; where a tensor
/// holds next to nothing, as the gradient of a bias before a norm, over 1/1000 of the largest of
/// all.
double farthest(const std::vector<Tensor>& x, const std::vector<Tensor>& y) {
  const auto size = [](const Tensor& t) { return t.abs().max().item<double>(); };
  double largest = 0;
  for (const Tensor& t : x) largest = std::max(largest, size(t));
  double most = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    most = std::max(most, size(x[i] - y[i]) / std::max(size(x[i]), 1e-3 * largest));
  }
  return most;
}

std::vector<Tensor> gradients(const Model& model) {
  std::vector<Tensor> all;
  for (const Tensor& p : model.parameters()) {
    if (p.grad().defined()) all.push_back(p.grad());
  }
  return all;
}

/// Running means, running variances and spreads.
std::vector<Tensor> statistics(const Model& model) {
  std::vector<Tensor> all;
  for (const Tensor& buffer : model.buffers()) all.push_back(buffer.to(torch::kFloat32));
  return all;
}

std::vector<Tensor> moves(const Model& model, const Model& start) {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> all;
  const auto from = start.parameters();
  for (size_t i = 0; i < from.size(); ++i) all.push_back(model.parameters()[i] - from[i]);
  return all;
}

constexpr auto kAnn = ir::NetworkKind::kAnn;
constexpr auto kHnn = ir::NetworkKind::kHnn;
constexpr auto kSnn = ir::NetworkKind::kSnn;

/// Rounding may lift one activation over the edge of a level, which moves gradients by percents;
/// what is wrong is wrong for every seed.
constexpr uint64_t kSeeds = 3;

void ProcessesTest::expect_one_step(ModelSpec spec, const Phase& phase, int size) {
  const std::string what =
      fmt::format("{} {} on {}", to_string(spec.network.model), ir::to_string(spec.kind), size);
  Trained t;
  double gradient = 1;
  for (seed_ = 1; seed_ <= kSeeds && gradient > kTight; ++seed_) {
    spec.seed = seed_;
    t = train(spec, phase, size);
    gradient = farthest(gradients(*t.one), gradients(*t.several));
  }
  EXPECT_LT(gradient, kTight) << what;
  EXPECT_GT(gradient, 0.0) << what << ": sums of parts round otherwise";
  EXPECT_LT(farthest(t.one->parameters(), t.several->parameters()), kTight) << what;
  EXPECT_LT(farthest(statistics(*t.one), statistics(*t.several)), kTight) << what;
  const auto& one = t.of_one.history.back();
  const auto& several = t.of_several.history.back();
  EXPECT_NEAR(one.loss, several.loss, kTight) << what;
  EXPECT_NEAR(one.train_metric, several.train_metric, kTight) << what;
  EXPECT_NEAR(one.test_metric, several.test_metric, kTight) << what;
  EXPECT_NEAR(one.events_per_neuron, several.events_per_neuron, kTight) << what;
  EXPECT_NEAR(one.wire_bits_per_neuron, several.wire_bits_per_neuron, kTight) << what;
  EXPECT_NEAR(one.lambda, several.lambda, kTight) << what;
}

TEST_F(ProcessesTest, ForwardBackwardAndStepOfAnMlpAreThoseOfOne) {
  for (const auto kind : {kAnn, kHnn, kSnn}) {
    for (const int size : {2, 3}) {
      expect_one_step(spec(ModelKind::kMlp, kind), phase(kind, 1), size);
    }
  }
}

TEST_F(ProcessesTest, ForwardBackwardAndStepOfAResnetAreThoseOfOne) {
  for (const auto kind : {kAnn, kHnn, kSnn}) {
    expect_one_step(spec(ModelKind::kMsResnet, kind), phase(kind, 1), 2);
  }
}

TEST_F(ProcessesTest, ForwardBackwardAndStepOfAnEfficientNetAreThoseOfOne) {
  expect_one_step(spec(ModelKind::kEfficientNet, kHnn), phase(kHnn, 1), 2);
}

TEST_F(ProcessesTest, StayTogetherForSomeSteps) {
  for (const auto& [model, kind] :
       {std::pair(ModelKind::kMlp, kHnn), std::pair(ModelKind::kMlp, kSnn),
        std::pair(ModelKind::kMsResnet, kHnn), std::pair(ModelKind::kMsResnet, kSnn)}) {
    auto p = phase(kind, 6);
    p.optim.learning_rate = 0.002;
    double apart = 1;
    for (seed_ = 1; seed_ <= kSeeds && apart > 0.01; ++seed_) {
      ModelSpec s = spec(model, kind);
      s.seed = seed_;
      const Trained t = train(s, p, 2);
      apart = farthest(moves(*t.one, *t.start), moves(*t.several, *t.start));
    }
    EXPECT_LT(apart, 0.01) << to_string(model) << " " << ir::to_string(kind);
  }
}

TEST_F(ProcessesTest, ShareTheWindowsOfAText) {
  DataSpec text;
  text.kind = DataKind::kProceduralText;
  text.context = 12;
  text.train_samples = 60;
  text.test_samples = 10;
  sets_ = Sets::of(load_data(text));
  ModelSpec s;
  s.network.model = ModelKind::kRwkv;
  s.network.depth = 2;
  s.network.width = 16;
  s.network.cuts = {"block1"};
  s.classes = kByteValues;
  s.kind = kHnn;
  s.has_boundaries = true;
  s.codec = {codec::CodecKind::kRate, 1, 3, true};
  auto p = phase(kHnn, 1);
  p.optim.batch = 60;
  expect_one_step(s, p, 2);
}

TEST_F(ProcessesTest, ResumeToTheSameBits) {
  const auto s = spec(ModelKind::kMsResnet, kHnn);
  std::vector<std::shared_ptr<Model>> straight{make_model(s), make_model(s)};
  std::vector<std::shared_ptr<Model>> resumed{make_model(s), make_model(s)};
  auto p = phase(kHnn, 3);
  p.optim.batch = 32;
  together(2, [&](const ProcessesPtr& all) {
    const auto rank = static_cast<size_t>(all->rank());
    train_phase(*straight[rank], nullptr, p, context(all, "straight"));
    auto stopping = context(all, "resumed");
    stopping.stop_after_steps = 4;
    EXPECT_THROW(train_phase(*make_model(s), nullptr, p, stopping), core::Interrupted);
    EXPECT_TRUE(all->agree(0)) << "the first one has written its checkpoint";
    auto going_on = context(all, "resumed");
    going_on.resume = true;
    train_phase(*resumed[rank], nullptr, p, going_on);
  });
  for (size_t rank : {0U, 1U}) expect_same_bits(*straight[rank], *resumed[rank]);
}

TEST_F(ProcessesTest, StopTogetherWhenOneIsToldTo) {
  const std::atomic<bool> raised{true};
  together(2, [&](const ProcessesPtr& all) {
    const auto model = make_model(spec(ModelKind::kMlp, kAnn));
    auto own = context(all, "stopped");
    if (all->rank() == 1) own.stop = &raised;
    EXPECT_THROW(train_phase(*model, nullptr, phase(kAnn, 2), own), core::Interrupted);
  });
  EXPECT_TRUE(fs::exists(out_ / "stopped" / "p.pt"));
}

TEST_F(ProcessesTest, FailTogetherWhenOneHasALossThatIsNotFinite) {
  together(2, [&](const ProcessesPtr& all) {
    Sets broken = sets_;
    // The last picture of the batch, whoever has it.
    broken.normalisation.mean[0] = all->rank() == 1 ? std::numeric_limits<float>::quiet_NaN() : 0;
    const auto model = make_model(spec(ModelKind::kMlp, kAnn));
    auto own = context(all, "broken");
    own.sets = &broken;
    EXPECT_THROW(train_phase(*model, nullptr, phase(kAnn, 1), own), core::RunError);
  });
}

TEST_F(ProcessesTest, RefuseToGoOnFromDifferentCheckpoints) {
  auto stopping = context(one_process(), "first");
  stopping.stop_after_steps = 1;
  const auto model = make_model(spec(ModelKind::kMlp, kAnn));
  EXPECT_THROW(train_phase(*model, nullptr, phase(kAnn, 2), stopping), core::Interrupted);
  together(2, [&](const ProcessesPtr& all) {
    auto own = context(all, all->is_first() ? "first" : "other");
    own.resume = true;
    const auto mine = make_model(spec(ModelKind::kMlp, kAnn));
    EXPECT_THROW(train_phase(*mine, nullptr, phase(kAnn, 2), own), core::UserError);
  });
}

TEST_F(ProcessesTest, SayWhenOneOfThemEnded) {
  together(2, [&](const ProcessesPtr& all) {
    if (all->rank() == 1) return;  // and leaves the group
    try {
      while (true) all->sum({1.0});
    } catch (const core::RunError& error) {
      EXPECT_NE(std::string(error.what()).find("ended or is out of reach"), std::string::npos);
    }
  });
}

}  // namespace
}  // namespace ranvier::train
