#include "ranvier/train/models.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/evaluate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace ranvier::train {
namespace {

using torch::Tensor;

ModelSpec small_spec(ir::NetworkKind kind, std::vector<std::string> cuts) {
  ModelSpec spec;
  spec.network.widths = {4, 8, 8};
  spec.network.blocks = {1, 2, 1};
  spec.network.cuts = std::move(cuts);
  spec.image = {3, 16, 16};
  spec.classes = 7;
  spec.kind = kind;
  spec.has_boundaries = kind == ir::NetworkKind::kHnn;
  spec.steps = kind == ir::NetworkKind::kSnn ? 3 : 1;
  return spec;
}

Tensor some_images(int64_t count = 6) {
  torch::manual_seed(5);
  return torch::randn({count, 3, 16, 16}).contiguous(at::MemoryFormat::ChannelsLast);
}

int64_t parameters_of(const Model& model) {
  int64_t sum = 0;
  for (const auto& p : model.network_parameters()) sum += p.numel();
  return sum;
}

TEST(MsResnet, HasTheParametersOfTheFormula) {
  ModelSpec spec;
  spec.image = {3, 32, 32};
  spec.classes = 100;
  spec.network.cuts.clear();
  EXPECT_EQ(parameters_of(*make_model(spec)), 319988);
}

TEST(MsResnet, GivesOneLogitPerClassForEveryKind) {
  for (const auto kind : {ir::NetworkKind::kAnn, ir::NetworkKind::kHnn, ir::NetworkKind::kSnn}) {
    const auto model = make_model(small_spec(kind, {"stage1", "stage2"}));
    const Tensor logits = model->forward(some_images());
    EXPECT_EQ(logits.sizes(), (std::vector<int64_t>{6, 7})) << ir::to_string(kind);
    logits.sum().backward();
    for (const auto& p : model->network_parameters()) {
      EXPECT_TRUE(p.grad().defined()) << ir::to_string(kind);
    }
  }
}

TEST(MsResnet, StartsFromItsSeedAlone) {
  const auto spec = small_spec(ir::NetworkKind::kAnn, {});
  const auto one = make_model(spec);
  torch::manual_seed(123);
  torch::randn({10});
  const auto other = make_model(spec);
  auto seeded = spec;
  seeded.seed = 2;
  const auto third = make_model(seeded);
  const auto a = one->parameters();
  const auto b = other->parameters();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(torch::equal(a[i], b[i]));
  EXPECT_FALSE(torch::equal(a[0], third->parameters()[0]));
}

TEST(MsResnet, IsUnchangedByACutThatIsBypassed) {
  torch::NoGradGuard no_grad;
  const auto dense = make_model(small_spec(ir::NetworkKind::kAnn, {}));
  for (const std::vector<std::string>& cuts : {std::vector<std::string>{"stage1"},
                                               {"stage2"},
                                               {"stage3"},
                                               {"stage1", "stage2", "stage3"}}) {
    const auto cut = make_model(small_spec(ir::NetworkKind::kHnn, cuts));
    cut->warm_start(*dense);
    cut->set_boundary_mode(BoundaryMode::kBypass);
    dense->eval();
    cut->eval();
    EXPECT_EQ(cut->boundaries().size(), cuts.size());
    EXPECT_TRUE(torch::equal(dense->forward(some_images()), cut->forward(some_images())));
  }
}

TEST(MsResnet, ExportsAValidNetworkForAnyCuts) {
  for (const std::vector<std::string>& cuts :
       {std::vector<std::string>{}, {"stage2"}, {"stage1", "stage3"}}) {
    const auto network = make_model(small_spec(ir::NetworkKind::kHnn, cuts))->describe();
    EXPECT_NO_THROW(ir::validate(network, "test"));
    EXPECT_EQ(network.boundaries.size(), cuts.size());
    EXPECT_EQ(network.chips(), static_cast<int>(cuts.size()) + 1);
    // stem, 4 blocks of two convolutions, 2 projections, input and head
    EXPECT_EQ(network.layers.size(), 13U);
  }
  const auto network = make_model(small_spec(ir::NetworkKind::kSnn, {"stage1"}))->describe();
  EXPECT_EQ(network.steps, 3);
  EXPECT_EQ(network.layers[static_cast<size_t>(network.boundaries[0].layer)].name,
            "stage1.block1.conv2");
}

TEST(MsResnet, CountsTheWeightsThatItHas) {
  const auto model = make_model(small_spec(ir::NetworkKind::kAnn, {}));
  int64_t weights = 0;
  for (const auto& p : model->parameters()) weights += p.dim() >= 2 ? p.numel() : 0;
  EXPECT_EQ(model->describe().weights(), weights);
}

TEST(Mlp, ForwardsExportsAndIsUnchangedByABypassedCut) {
  torch::NoGradGuard no_grad;
  auto spec = small_spec(ir::NetworkKind::kAnn, {});
  spec.network.model = ModelKind::kMlp;
  spec.network.hidden = {12, 9};
  const auto dense = make_model(spec);
  EXPECT_EQ(parameters_of(*dense), 768 * 12 + 12 * 9 + 9 * 7 + 7 + 2 * (12 + 9));
  spec.kind = ir::NetworkKind::kHnn;
  spec.has_boundaries = true;
  spec.network.cuts = {"fc1", "fc2"};
  const auto cut = make_model(spec);
  EXPECT_EQ(cut->describe().chips(), 3);
  cut->warm_start(*dense);
  cut->set_boundary_mode(BoundaryMode::kBypass);
  dense->eval();
  cut->eval();
  EXPECT_TRUE(torch::equal(dense->forward(some_images()), cut->forward(some_images())));
  spec.kind = ir::NetworkKind::kSnn;
  spec.steps = 2;
  EXPECT_EQ(make_model(spec)->forward(some_images()).size(1), 7);
}

TEST(Quantiser, RoundsToEightBitsOnlyWhenDeployed) {
  Quantiser quantiser(true);
  const Tensor x = torch::tensor({-1.0F, 0.303F, 0.5F});
  EXPECT_TRUE(torch::equal(quantiser(x), x));
  quantiser->set_arithmetic(Arithmetic::kMeasure);
  quantiser(x);
  quantiser->set_arithmetic(Arithmetic::kDeployed);
  EXPECT_TRUE(torch::allclose(quantiser(x), torch::tensor({-127.0F, 38.0F, 64.0F}) / 127.0F));
}

TEST(Quantiser, ChoosesTheRangeOfLeastSquaredError) {
  torch::manual_seed(2);
  const Tensor x = torch::cat({torch::rand({400000}), torch::full({1}, 2.0)});
  Quantiser quantiser(false);
  const auto deployed = [&](std::initializer_list<Arithmetic> passes) {
    for (const Arithmetic pass : passes) {
      quantiser->set_arithmetic(pass);
      quantiser(x);
    }
    quantiser->set_arithmetic(Arithmetic::kDeployed);
    return quantiser(x);
  };
  const auto error = [&](const Tensor& y) { return (y - x).square().sum().item<double>(); };
  const double of_largest = error(deployed({Arithmetic::kMeasure}));
  const Tensor chosen = deployed({Arithmetic::kMeasure, Arithmetic::kChoose});
  EXPECT_LT(error(chosen), 0.9 * of_largest);
  EXPECT_NEAR(chosen.max().item<double>(), 2.0 * std::pow(0.92, 5), 0.15);
  // Measured again, the range starts from the largest magnitude again.
  EXPECT_DOUBLE_EQ(error(deployed({Arithmetic::kMeasure})), of_largest);
}

TEST(BottleneckTest, StartsFromThePrincipalAxes) {
  // Rank 2 of 6 channels, all positive: a projection to a half loses nothing.
  torch::manual_seed(3);
  const auto mixed =
      torch::einsum("kc,nkhw->nchw", {torch::rand({2, 6}), torch::rand({10, 2, 4, 4})});
  Bottleneck bottleneck(6, Projection{.ratio = 3});
  bottleneck->calibrate(mixed);
  const auto again = bottleneck->expand(bottleneck->squeeze(mixed));
  EXPECT_LT((again - mixed).abs().max().item<double>(), 1e-3);
}

TEST(BottleneckTest, OfOneTurnsTheAxesAndLosesNothing) {
  torch::manual_seed(3);
  const auto x = torch::randn({400, 6}).matmul(torch::randn({6, 6}));
  Bottleneck bottleneck(6, Projection{.ratio = 1}, true);
  bottleneck->calibrate(x);
  const auto turned = bottleneck->squeeze(x);
  EXPECT_LT((bottleneck->expand(turned) - x).abs().max().item<double>(), 1e-3);
  // Principal axes: nothing in common, and most of the power comes first.
  const auto power = torch::mm(turned.t(), turned) / 400;
  const auto each = power.diagonal();
  EXPECT_LT((power - each.diag()).abs().max().item<double>(), 1e-3 * each.max().item<double>());
  EXPECT_TRUE((each.slice(0, 0, 5) >= each.slice(0, 1, 6)).all().item<bool>());
}

TEST(BottleneckTest, WithAKernelStartsAsWithout) {
  torch::manual_seed(3);
  const auto x = torch::rand({10, 6, 4, 4});
  Bottleneck plain(6, Projection{.ratio = 3});
  Bottleneck wide(6, Projection{.ratio = 3, .kernel = 3});
  plain->calibrate(x);
  wide->calibrate(x);
  const auto expect_equal = [](const torch::Tensor& a, const torch::Tensor& b) {
    EXPECT_LT((a - b).abs().max().item<double>(), 1e-5);
  };
  expect_equal(wide->squeeze(x), plain->squeeze(x));
  expect_equal(wide->expand(wide->squeeze(x)), plain->expand(plain->squeeze(x)));
}

TEST(BottleneckTest, WithAStrideTurnsTheAxesOfPatches) {
  // Patches of 2 x 2 pixels and 3 channels that are all mixed from 4 patterns.
  torch::manual_seed(3);
  const auto patterns = torch::rand({4, 3, 2, 2});
  const auto mixed = torch::einsum("nkhw,kcyx->nchywx", {torch::rand({10, 4, 3, 5}), patterns})
                         .reshape({10, 3, 6, 10});
  for (const int kernel : {2, 4, 6}) {
    Bottleneck bottleneck(3, Projection{.ratio = 3, .kernel = kernel, .stride = 2});
    bottleneck->calibrate(mixed);
    const auto sent = bottleneck->squeeze(mixed);
    EXPECT_EQ(sent.sizes(), (std::vector<int64_t>{10, 4, 3, 5}));
    const auto again = bottleneck->expand(sent);
    ASSERT_EQ(again.sizes(), mixed.sizes());
    EXPECT_LT((again - mixed).abs().max().item<double>(), 1e-3) << kernel;
  }
}

TEST(BottleneckTest, RefusesAStrideThatLeavesPixelsOver) {
  ModelSpec spec = small_spec(ir::NetworkKind::kHnn, {"stage1", "stage2"});
  spec.image = {3, 10, 10};  // 5 x 5 behind stage 2
  spec.bottleneck = {.ratio = 4, .kernel = 2, .stride = 2};
  const auto model = make_model(spec);
  try {
    model->describe();
    FAIL() << "nothing was refused";
  } catch (const core::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("5 x 5"), std::string::npos) << error.what();
  }
}

TEST(BottleneckTest, ExpandsAsTheTransposeOfItsSqueeze) {
  torch::manual_seed(3);
  const auto x = torch::rand({2, 6, 6, 10});
  const auto y = torch::rand({2, 8, 3, 5});
  for (const int groups : {1, 2}) {
    const Projection projection{.ratio = 3, .kernel = 4, .stride = 2, .groups = groups};
    Bottleneck bottleneck(6, projection, true);
    const auto weights = bottleneck->named_parameters();
    torch::NoGradGuard no_grad;
    const auto of_group = weights["squeeze.weight"].unflatten(0, {groups, -1}).transpose(1, 2);
    weights["expand.weight"].copy_(of_group.flatten(0, 1));
    const auto there = (bottleneck->squeeze(x) * y).sum().item<double>();
    const auto back = (x * bottleneck->expand(y)).sum().item<double>();
    EXPECT_NEAR(there, back, 1e-4 * std::abs(there)) << groups;
  }
}

TEST(BottleneckTest, InGroupsTurnsEachByItself) {
  torch::manual_seed(3);
  const auto x = torch::rand({20, 6, 6, 10});
  const auto through = [](int channels, int groups, const torch::Tensor& from) {
    const Projection projection{.ratio = 3, .kernel = 4, .stride = 2, .groups = groups};
    Bottleneck bottleneck(channels, projection);
    bottleneck->calibrate(from);
    const auto sent = bottleneck->squeeze(from);
    return std::pair{sent, bottleneck->expand(sent)};
  };
  const auto together = through(6, 2, x);
  const auto first = through(3, 1, x.slice(1, 0, 3));
  const auto second = through(3, 1, x.slice(1, 3, 6));
  EXPECT_TRUE(together.first.allclose(torch::cat({first.first, second.first}, 1), 1e-4, 1e-4));
  EXPECT_TRUE(together.second.allclose(torch::cat({first.second, second.second}, 1), 1e-4, 1e-4));
}

TEST(BottleneckTest, RefusesGroupsThatLeaveChannelsOver) {
  ModelSpec spec = small_spec(ir::NetworkKind::kHnn, {"stage1"});
  spec.bottleneck = {.ratio = 4, .kernel = 2, .stride = 2, .groups = 3};
  try {
    make_model(spec);
    FAIL() << "nothing was refused";
  } catch (const core::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("3 groups"), std::string::npos) << error.what();
  }
}

TEST(BottleneckTest, SharesGradientsAmongTheTapsOfAKernel) {
  torch::manual_seed(3);
  const auto x = torch::rand({10, 6, 4, 4});
  const auto gradient_of = [&](int kernel) {
    Bottleneck bottleneck(6, Projection{.ratio = 3, .kernel = kernel});
    bottleneck->squeeze(x).sum().backward();
    return bottleneck->named_parameters()["squeeze.weight"].grad();
  };
  const auto plain = gradient_of(1).select(3, 0).select(2, 0);
  const auto middle = gradient_of(3).select(3, 1).select(2, 1);
  EXPECT_LT((9 * middle - plain).abs().max().item<double>(),
            1e-4 * plain.abs().max().item<double>());
}

TEST(BottleneckTest, OfASignedTensorKeepsBothSigns) {
  torch::manual_seed(3);
  const auto mixed = torch::einsum("kc,nk->nc", {torch::randn({2, 6}), torch::randn({40, 2})});
  Bottleneck bottleneck(6, Projection{.ratio = 3}, true);
  bottleneck->calibrate(mixed);
  EXPECT_TRUE(bottleneck->rectified(mixed).equal(mixed));
  const auto again = bottleneck->expand(bottleneck->squeeze(mixed));
  EXPECT_LT((again - mixed).abs().max().item<double>(), 1e-3);
}

}  // namespace
}  // namespace ranvier::train
