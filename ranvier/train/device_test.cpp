// Trainings off the processor, on a device that computes what the processor computes and refuses
// to mix.

#include "ranvier/train/device.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/train/bundle.hpp"
#include "ranvier/train/encode_tensors.hpp"
#include "ranvier/train/evaluate.hpp"
#include "ranvier/train/test_device.hpp"
#include "ranvier/train/test_images.hpp"
#include "ranvier/train/test_settings.hpp"
#include "ranvier/train/train.hpp"
#include "ranvier/train/trainer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/fresh_directory.hpp"

namespace ranvier::train {
namespace {

namespace fs = std::filesystem;
using torch::Tensor;

TEST(TestDevice, ComputesWhatTheProcessorComputes) {
  const Tensor a = torch::randn({3, 4});
  const Tensor b = torch::randn({4, 5});
  const Tensor there = torch::mm(a.to(test_device()), b.to(test_device())).relu().t().sum(0);
  EXPECT_EQ(there.device(), test_device());
  EXPECT_TRUE(there.cpu().equal(torch::mm(a, b).relu().t().sum(0)));
}

TEST(TestDevice, WritesThroughViews) {
  const Tensor a = torch::zeros({4, 4}, test_device());
  a.slice(0, 1, 3).select(1, 2).fill_(5.0);
  a[0].add_(a[1]);
  EXPECT_EQ(a.cpu().sum().item<float>(), 15.0F);
}

TEST(TestDevice, RefusesTensorsOfTheProcessor) {
  const Tensor a = torch::ones({4}, test_device());
  EXPECT_THROW(a + torch::ones({4}), c10::Error);
  EXPECT_NO_THROW(a + torch::ones({}));
}

TEST(TestDevice, DifferentiatesConvolutions) {
  const auto gradient = [](torch::Device device) {
    torch::manual_seed(3);
    const Tensor x = torch::randn({2, 3, 8, 8}).to(device).requires_grad_();
    const Tensor w = torch::randn({4, 3, 3, 3}).to(device).requires_grad_();
    torch::conv2d(x, w, {}, 1, 1).square().sum().backward();
    return std::pair(x.grad().cpu(), w.grad().cpu());
  };
  const auto [x, w] = gradient(torch::kCPU);
  const auto [x_there, w_there] = gradient(test_device());
  EXPECT_TRUE(x.allclose(x_there));
  EXPECT_TRUE(w.allclose(w_there));
}

TEST(UsableDevice, IsOneThatLibTorchHas) {
  EXPECT_EQ(usable_device("cpu"), torch::Device(torch::kCPU));
  EXPECT_EQ(usable_device("xpu:0"), test_device());
  EXPECT_EQ(usable_device("xpu", {.rank = 1, .size = 2}), test_device());
  const auto refusal_of = [](const std::string& name) {
    try {
      usable_device(name);
    } catch (const core::UserError& error) {
      return error.refusal();
    }
    return core::Refusal{};
  };
  EXPECT_EQ(refusal_of("tpu").allowed, "cpu");
  EXPECT_EQ(refusal_of("xpu:3").allowed, "cpu, or xpu of 0..0");
  EXPECT_THAT(refusal_of("hpu").hint, ::testing::HasSubstr("no such device"));
}

/// A network, and what it learns from.
struct Case {
  std::string name;
  ModelSpec spec;
  Sets sets;

  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

Case image_case(const std::string& name, ir::NetworkKind kind, const std::string& codec,
                Projection bottleneck = {}) {
  Case c{name, {}, testing::small_images(60, 20)};
  c.spec.network.widths = {8, 8};
  c.spec.network.blocks = {1, 1};
  c.spec.network.cuts = {"stage1"};
  c.spec.image = {c.sets.data.train.channels, 8, 8};
  c.spec.classes = c.sets.data.train.classes;
  c.spec.kind = kind;
  c.spec.has_boundaries = kind == ir::NetworkKind::kHnn;
  c.spec.codec = codec::parse_codec(codec, "codec");
  c.spec.bottleneck = bottleneck;
  c.spec.steps = kind == ir::NetworkKind::kSnn ? 2 : 1;
  return c;
}

Case text_case(const std::string& name, ir::NetworkKind kind, const std::string& codec) {
  Case c{name,
         {},
         Sets::of(load_data({.kind = DataKind::kProceduralText,
                             .path = {},
                             .place = {},
                             .train_samples = 60,
                             .test_samples = 20,
                             .context = 12}))};
  c.spec.network.model = ModelKind::kRwkv;
  c.spec.network.width = 8;
  c.spec.network.context = 12;
  c.spec.network.depth = 2;
  c.spec.network.cuts = {"block1"};
  c.spec.classes = 256;
  c.spec.kind = kind;
  c.spec.has_boundaries = kind == ir::NetworkKind::kHnn;
  c.spec.codec = codec::parse_codec(codec, "codec");
  c.spec.steps = kind == ir::NetworkKind::kSnn ? 2 : 1;
  return c;
}

std::vector<Case> cases() {
  using enum ir::NetworkKind;
  std::vector<Case> all{
      image_case("ann", kAnn, "dense(8)"),
      image_case("dense", kHnn, "dense(4)"),
      image_case("graded", kHnn, "graded(2)"),
      image_case("rate", kHnn, "rate(4)"),
      image_case("ttfs", kHnn, "ttfs(4)"),
      image_case("topk", kHnn, "topk(0.2)"),
      image_case("lapped", kHnn, "graded(3,signed)", {.ratio = 2, .kernel = 4, .stride = 2}),
      image_case("snn", kSnn, "rate(2)"),
      text_case("rwkv", kHnn, "graded(3,signed)"),
      text_case("rwkv-snn", kSnn, "rate(2)"),
  };
  Case& efficient = all.emplace_back(image_case("efficientnet_snn", kSnn, "rate(2)"));
  efficient.spec.network.model = ModelKind::kEfficientNet;
  efficient.spec.network.width_factor = 0.25;
  efficient.spec.network.depth_factor = 0.5;
  efficient.spec.network.stem_stride = 1;
  efficient.spec.network.cuts = {"stage2"};
  Case& mlp = all.emplace_back(image_case("mlp", kHnn, "graded(2)"));
  mlp.spec.network.model = ModelKind::kMlp;
  mlp.spec.network.widths = {12, 8};
  mlp.spec.network.cuts = {"hidden1"};
  return all;
}

class OnDevice : public ::testing::TestWithParam<Case> {
 protected:
  /// Of a fresh network of the case, after a calibration.
  struct Result {
    Tensor logits;
    std::vector<Tensor> gradients;
    double deployed = 0;
  };

  static Result step_on(torch::Device device) {
    Sets sets = GetParam().sets;
    sets.device = device;
    const auto model = make_model(GetParam().spec);
    model->to(device);
    calibrate(*model, sets, 20);
    model->train();
    Batches batches(sets, Half::kTrain, {.batch_size = 20, .seed = 3});
    const Batch batch = batches.next();
    Result result;
    result.logits = model->forward(batch.inputs);
    Tensor loss = torch::nn::functional::cross_entropy(result.logits, batch.labels);
    if (!model->boundaries().empty()) {
      const auto cost = total_cost(model->boundaries());
      loss = loss + cost.wire_bits_per_neuron + cost.events_per_neuron;
    }
    loss.backward();
    for (const auto& p : model->parameters()) {
      EXPECT_TRUE(!p.grad().defined() || p.grad().device() == device);
      if (p.grad().defined()) result.gradients.push_back(p.grad().cpu());
    }
    result.logits = result.logits.detach().cpu();
    for (auto& boundary : model->boundaries()) {
      boundary->move_thresholds(0.01, boundary->crowded());
      boundary->move_thresholds(-0.01, boundary->crowded());
    }
    const DeployedScope deployed(*model, sets, 20);
    result.deployed = score(*model, sets).metric;
    EXPECT_EQ(record_activity(*model, sets, Half::kTest, 3, "v").samples, 3);
    return result;
  }
};

TEST_P(OnDevice, LearnsWhatTheProcessorLearns) {
  const Result here = step_on(torch::kCPU);
  const Result there = step_on(test_device());
  EXPECT_TRUE(torch::allclose(here.logits, there.logits, 1e-4, 1e-5));
  ASSERT_EQ(here.gradients.size(), there.gradients.size());
  for (size_t i = 0; i < here.gradients.size(); ++i) {
    EXPECT_TRUE(torch::allclose(here.gradients[i], there.gradients[i], 1e-3, 1e-4))
        << i << "\n"
        << here.gradients[i] << "\n"
        << there.gradients[i];
  }
  EXPECT_NEAR(here.deployed, there.deployed, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Networks, OnDevice, ::testing::ValuesIn(cases()), [](const auto& of_case) {
  std::string name = of_case.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(Checkpoints, GoOnOnAnotherDevice) {
  const Case c = image_case("graded", ir::NetworkKind::kHnn, "graded(2)");
  const fs::path out = ranvier::testing::fresh_directory();
  Phase phase;
  phase.name = "p";
  phase.optim = {.epochs = 2, .batch = 20, .learning_rate = 0.05};
  phase.signature = "one";
  const auto train_on = [&](torch::Device device, int64_t steps) {
    Sets sets = c.sets;
    sets.device = device;
    TrainContext context;
    context.sets = &sets;
    context.checkpoints = out;
    context.resume = context.quiet = true;
    context.stop_after_steps = steps;
    const auto model = make_model(c.spec);
    model->to(device);
    calibrate(*model, sets, 20);
    return train_phase(*model, nullptr, phase, context);
  };
  EXPECT_THROW(train_on(test_device(), 2), core::Interrupted);
  EXPECT_THROW(train_on(torch::kCPU, 2), core::Interrupted);
  EXPECT_EQ(train_on(test_device(), -1).history.size(), 2U);
  fs::remove_all(out);
}

TEST(TrainAll, WritesWholeBundlesFromADevice) {
  const Settings s = testing::tiny_settings();
  const fs::path out = ranvier::testing::fresh_directory();
  const TrainOptions options{.out = out, .quiet = true, .threads = 1, .device = "xpu"};
  train_all(s, options);
  for (const auto& variant : s.variants) {
    const fs::path bundle = out / "bundle" / variant.name;
    EXPECT_EQ(ir::read_activity(bundle / "activity.h5").samples, 3);
    EXPECT_TRUE(is_complete_bundle(bundle, s.signature_of(variant))) << variant.name;
  }
  fs::remove_all(out);
}

}  // namespace
}  // namespace ranvier::train
