#include "ranvier/train/evaluate.hpp"
#include "ranvier/train/models.hpp"
#include "ranvier/train/side_by_side.hpp"
#include "ranvier/train/wkv.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

namespace ranvier::train {
namespace {

using torch::Tensor;

ModelSpec small_spec(ir::NetworkKind kind, std::vector<std::string> cuts, int depth = 2) {
  ModelSpec spec;
  spec.network.model = ModelKind::kRwkv;
  spec.network.depth = depth;
  spec.network.width = 20;
  spec.network.context = 12;
  spec.network.cuts = std::move(cuts);
  spec.classes = kByteValues;
  spec.kind = kind;
  spec.has_boundaries = kind == ir::NetworkKind::kHnn;
  spec.codec = {codec::CodecKind::kGraded, 3, 1, true};
  spec.steps = kind == ir::NetworkKind::kSnn ? 3 : 1;
  return spec;
}

Sets small_sets() {
  DataSpec data;
  data.kind = DataKind::kProceduralText;
  data.context = 12;
  data.train_samples = 60;
  data.test_samples = 20;
  return Sets::of(load_data(data));
}

/// Fresh weights are zero in many places: moved, so that every path carries something.
std::shared_ptr<LanguageModel> disturbed(const ModelSpec& spec) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  const auto model = make_model(spec);
  for (auto& p : model->network_parameters()) {
    if (p.dim() == 2) p.add_(torch::randn_like(p), 0.3);
  }
  return std::dynamic_pointer_cast<LanguageModel>(model);
}

Tensor some_bytes(int64_t texts = 3, int64_t length = 12) {
  torch::manual_seed(5);
  return torch::randint(0, 256, {texts, length}, torch::kLong);
}

TEST(Wkv, HasTheValuesAndGradientsOfPlainAutogradInDouble) {
  torch::manual_seed(1);
  const auto input = [](torch::IntArrayRef shape) {
    return (2.0 * torch::randn(shape, torch::kDouble)).requires_grad_();
  };
  const Tensor key = input({2, 30, 5}), value = input({2, 30, 5});
  const Tensor decay = input({5}), bonus = input({5});
  const std::vector<Tensor> inputs{key, value, decay, bonus};
  Tensor state = wkv_start_state(2, 5, torch::kDouble);
  Tensor stepped = state;
  const Tensor fused = fused_wkv(key, value, -decay.exp(), bonus, state);
  const Tensor plain = stepwise_wkv(key, value, -decay.exp(), bonus, stepped);
  EXPECT_TRUE(torch::allclose(state, stepped, 1e-12, 1e-12));
  EXPECT_TRUE(torch::allclose(fused, plain, 1e-12, 1e-12));
  const Tensor weight = torch::randn_like(plain);
  const auto a = torch::autograd::grad({(fused * weight).sum()}, inputs);
  const auto b = torch::autograd::grad({(plain * weight).sum()}, inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_TRUE(torch::allclose(a[i], b[i], 1e-10, 1e-10)) << "input " << i;
  }
}

TEST(Wkv, IsTheSameByThreads) {
  torch::manual_seed(2);
  const auto input = [](torch::IntArrayRef shape) {
    return (2.0 * torch::randn(shape, torch::kDouble)).requires_grad_();
  };
  const Tensor key = input({2, 30, 5}), value = input({2, 30, 5});
  const Tensor decay = input({5}), bonus = input({5});
  const std::vector<Tensor> inputs{key, value, decay, bonus};
  const Tensor weight = torch::randn({2, 30, 5}, torch::kDouble);
  std::vector<Tensor> outs, states;
  std::vector<std::vector<Tensor>> gradients;
  for (const KernelRunner runner : {KernelRunner::kLoops, KernelRunner::kThreads}) {
    Tensor state = wkv_start_state(2, 5, torch::kDouble);
    const Tensor out = fused_wkv_by(runner, key, value, -decay.exp(), bonus, state);
    outs.push_back(out.detach());
    states.push_back(state);
    gradients.push_back(torch::autograd::grad({(out * weight).sum()}, inputs));
  }
  EXPECT_TRUE(torch::allclose(outs[0], outs[1], 1e-12, 1e-12));
  EXPECT_TRUE(torch::allclose(states[0], states[1], 1e-12, 1e-12));
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_TRUE(torch::allclose(gradients[0][i], gradients[1][i], 1e-10, 1e-10)) << i;
  }
}

int64_t parameters_of(const Model& model) {
  int64_t sum = 0;
  for (const auto& p : model.network_parameters()) sum += p.numel();
  return sum;
}

/// Embedding and head 2 V C, two norms 4 C; a block: 13 C^2 weights and 11 C vectors and norms.
TEST(Rwkv, HasTheParametersOfTheFormula) {
  for (const auto& [depth, width] : {std::pair(4, 128), std::pair(1, 20), std::pair(7, 33)}) {
    auto spec = small_spec(ir::NetworkKind::kAnn, {}, depth);
    spec.network.width = width;
    EXPECT_EQ(parameters_of(*make_model(spec)),
              depth * (13 * width * width + 11 * width) + 2 * 256 * width + 4 * width);
  }
}

TEST(Rwkv, LearnsInEveryPartForEveryKind) {
  for (const auto kind : {ir::NetworkKind::kAnn, ir::NetworkKind::kHnn, ir::NetworkKind::kSnn}) {
    const auto model = disturbed(small_spec(kind, {"block1", "block2"}));
    const Tensor logits = model->forward(some_bytes());
    EXPECT_EQ(logits.sizes(), (std::vector<int64_t>{36, 256})) << ir::to_string(kind);
    logits.square().sum().backward();
    for (const auto& p : model->named_parameters()) {
      const bool fixed = p.key().find("log_scale") != std::string::npos;
      if (!p.value().requires_grad() || fixed) continue;
      ASSERT_TRUE(p.value().grad().defined()) << p.key() << " " << ir::to_string(kind);
      EXPECT_GT(p.value().grad().abs().sum().item<double>(), 0.0)
          << p.key() << " " << ir::to_string(kind);
    }
  }
}

TEST(Rwkv, StartsFromItsSeedAlone) {
  auto spec = small_spec(ir::NetworkKind::kAnn, {});
  const auto logits = [&] { return make_model(spec)->forward(some_bytes()); };
  const Tensor first = logits();
  torch::manual_seed(77);
  EXPECT_TRUE(torch::equal(first, logits()));
  spec.seed = 2;
  EXPECT_FALSE(torch::equal(first, logits()));
}

/// Equal but for the rounding of matrix products of other sizes: 1e-4 of logits of order 10.
TEST(Rwkv, StepsTokenByTokenAsInOnePass) {
  torch::NoGradGuard no_grad;
  for (const auto kind : {ir::NetworkKind::kAnn, ir::NetworkKind::kHnn}) {
    const auto model = disturbed(small_spec(kind, {"block1"}, 3));
    model->set_boundary_mode(BoundaryMode::kBypass);  // rounding must not tip a level
    const Tensor bytes = some_bytes(2, 24);
    const Tensor whole = model->forward(bytes).view({2, 24, 256});
    for (const int64_t piece : {1, 5, 24}) {
      std::vector<Tensor> state;
      std::vector<Tensor> parts;
      for (int64_t at = 0; at < 24; at += piece) {
        const int64_t count = std::min<int64_t>(piece, 24 - at);
        parts.push_back(model->advance(bytes.narrow(1, at, count), state).view({2, count, 256}));
      }
      EXPECT_TRUE(torch::allclose(torch::cat(parts, 1), whole, 0, 1e-4)) << "piece " << piece;
    }
  }
}

TEST(Rwkv, SeesNothingOfTheFutureAndAllOfThePast) {
  torch::NoGradGuard no_grad;
  const auto model = disturbed(small_spec(ir::NetworkKind::kAnn, {}));
  const Tensor bytes = some_bytes(1, 12);
  Tensor changed = bytes.clone();
  changed[0][6] = (changed[0][6] + 1) % 256;
  const Tensor a = model->forward(bytes), b = model->forward(changed);
  EXPECT_TRUE(torch::equal(a.slice(0, 0, 6), b.slice(0, 0, 6)));
  for (int64_t t = 6; t < 12; ++t) EXPECT_FALSE(torch::allclose(a[t], b[t], 0, 1e-6)) << t;
}

TEST(Rwkv, CutsAreTheResidualStreamOfATokenBehindAnyBlock) {
  for (const auto kind : {ir::NetworkKind::kAnn, ir::NetworkKind::kHnn, ir::NetworkKind::kSnn}) {
    auto spec = small_spec(kind, {"block1", "block3"}, 3);
    if (kind == ir::NetworkKind::kAnn) {
      spec.has_boundaries = true;
      spec.codec = {codec::CodecKind::kDense, 8, 1, true};
    }
    const auto network = make_model(spec)->describe();
    ASSERT_EQ(network.boundaries.size(), 2U);
    EXPECT_EQ(network.chips(), 3);
    EXPECT_EQ(network.boundaries[0].name, "after_block1");
    for (const auto& boundary : network.boundaries) {
      EXPECT_EQ(network.layers[static_cast<size_t>(boundary.layer)].out, (ir::Shape{20, 1, 1}));
      EXPECT_EQ(boundary.params.channels.size(), 20U);
      EXPECT_TRUE(boundary.params.spec.is_signed);
    }
  }
}

TEST(Rwkv, EverySpikingLayerOnTheChipsHasItsNeurons) {
  const auto model = make_model(small_spec(ir::NetworkKind::kSnn, {"block1"}, 3));
  const auto network = model->describe();
  std::set<std::string> neurons;
  for (const auto& site : model->spiking_sites()) neurons.insert(site->layer());
  std::set<std::string> spiking;  // what is read and gives no currents
  for (const auto& layer : network.layers) {
    if (layer.input < 0) continue;
    const auto& from = network.layers[static_cast<size_t>(layer.input)];
    if (from.op != ir::Op::kInput && !from.gives_currents) spiking.insert(from.name);
  }
  EXPECT_EQ(spiking, neurons);
  EXPECT_TRUE(neurons.contains("block2.time.gated"));
  int64_t weights = 0;
  for (const auto& p : model->network_parameters()) weights += p.dim() == 2 ? p.numel() : 0;
  int64_t on_chips = 0;
  for (const auto& layer : network.layers) on_chips += layer.groups == 1 ? layer.weights : 0;
  EXPECT_EQ(on_chips, weights - 256 * 20) << "all matrices but the embedding";
}

TEST(Rwkv, CalibratedDenseBoundariesHardlyChangeIt) {
  prepare_thread();
  const Sets sets = small_sets();
  const auto plain = disturbed(small_spec(ir::NetworkKind::kAnn, {"block1"}));
  auto spec = small_spec(ir::NetworkKind::kAnn, {"block1"});
  spec.has_boundaries = true;
  spec.codec = {codec::CodecKind::kDense, 8, 1, true};
  const auto cut = make_model(spec);
  cut->warm_start(*plain);
  calibrate(*cut, sets, 50);
  const double before = score(*plain, sets).metric;
  EXPECT_NEAR(score(*cut, sets).metric, before, 0.05);
  const DeployedScope deployed(*cut, sets, 50);
  const auto result = score(*cut, sets);
  EXPECT_NEAR(result.metric, before, 0.15);
  ASSERT_EQ(result.boundaries.size(), 1U);
  EXPECT_EQ(result.boundaries[0].neurons, 20);
  EXPECT_GT(result.events_per_neuron(), 0.5);
}

/// Spikes times thresholds stand for what the weights were trained on: more steps, closer. What is
/// left is of thresholds that clip, and of nonlinearities that see steps and not their mean.
TEST(Rwkv, SpikesApproachTheDenseNetworkWithMoreSteps) {
  prepare_thread();
  const Sets sets = small_sets();
  const auto plain = disturbed(small_spec(ir::NetworkKind::kAnn, {"block1"}));
  torch::NoGradGuard no_grad;
  const Tensor bytes = some_bytes(4, 12);
  const Tensor expected = plain->forward(bytes);
  const auto error = [&](int steps) {
    auto spec = small_spec(ir::NetworkKind::kSnn, {"block1"});
    spec.steps = steps;
    const auto model = make_model(spec);
    model->warm_start(*plain);
    for (const auto& site : model->spiking_sites()) site->lif()->leak_logit.fill_(20.0);
    calibrate(*model, sets, 50);
    return (model->forward(bytes) - expected).square().mean().item<double>();
  };
  const double coarse = error(1);
  const double fine = error(32);
  EXPECT_LT(fine, 0.5 * coarse);
  EXPECT_LT(fine, 0.4 * expected.square().mean().item<double>());
}

TEST(Rwkv, RecordsTokensAtEvenDistances) {
  prepare_thread();
  const Sets sets = small_sets();
  const auto model = disturbed(small_spec(ir::NetworkKind::kHnn, {"block1"}));
  calibrate(*model, sets, 50);
  const DeployedScope deployed(*model, sets, 50);
  const auto all = record_activity(*model, sets, Half::kTest, 96, "v");  // 8 windows of 12
  const auto some = record_activity(*model, sets, Half::kTest, 24, "v");
  ASSERT_EQ(all.samples, 96);
  ASSERT_EQ(some.samples, 24);
  const auto& a = all.boundaries.at("after_block1");
  const auto& b = some.boundaries.at("after_block1");
  ASSERT_EQ(b.symbols.size(), 24U * 20U);
  for (size_t i = 0; i < 24; ++i) {
    EXPECT_EQ(some.labels[i], all.labels[4 * i]);
    for (size_t c = 0; c < 20; ++c) EXPECT_EQ(b.symbols[i * 20 + c], a.symbols[4 * i * 20 + c]);
  }
}

/// An untrained network knows nothing: 8 bits per byte.
TEST(Metric, CountsBitsPerByte) {
  EXPECT_NEAR(
      metric_sum(Metric::kBitsPerByte, torch::zeros({10, 256}), torch::arange(10, torch::kLong)),
      80.0, 1e-4);
  Tensor sure = torch::zeros({1, 4});
  sure[0][2] = std::log(3.0);  // probability 1/2
  EXPECT_NEAR(metric_sum(Metric::kBitsPerByte, sure, torch::full({1}, 2, torch::kLong)), 1.0, 1e-6);
  EXPECT_EQ(to_string(Metric::kBitsPerByte), "bits_per_byte");
  const Sets sets = small_sets();
  const auto fresh = make_model(small_spec(ir::NetworkKind::kAnn, {}));
  EXPECT_NEAR(test_metric(*fresh, sets, 20), 8.0, 0.5);
}

TEST(Rwkv, ABottleneckOfTheStreamIsTwoLayersAtItsCut) {
  const Sets sets = small_sets();
  ModelSpec spec = small_spec(ir::NetworkKind::kHnn, {"block1"});
  spec.bottleneck.ratio = 4;
  const auto model = disturbed(spec);
  calibrate(*model, sets, 20);
  const auto network = model->describe();
  const auto& boundary = network.boundaries.at(0);
  const auto& squeeze = network.layers[static_cast<size_t>(boundary.layer)];
  EXPECT_EQ(squeeze.out.channels, 5);
  EXPECT_EQ(boundary.activations, 20);
  const auto& expand = network.layers[static_cast<size_t>(boundary.layer) + 1];
  EXPECT_EQ(expand.out.channels, 20);
  const auto& next = network.layers[static_cast<size_t>(boundary.layer) + 2];
  EXPECT_EQ(next.name, "block2.time.key");
  EXPECT_EQ(next.input, boundary.layer + 1) << "the next block reads what was widened";
  const DeployedScope deployed(*model, sets, 20);
  const auto activity = record_activity(*model, sets, Half::kTest, 3, "hnn");
  EXPECT_EQ(activity.boundaries.at(boundary.name).elements, 5);
}

}  // namespace
}  // namespace ranvier::train
