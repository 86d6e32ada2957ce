#include "ranvier/shapes/networks.hpp"

#include "ranvier/shapes/bundle.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ranvier::shapes {
namespace {

/// The architecture as an ANN on one chip, valid or the test ends.
ir::Network network_of(const Architecture& architecture) {
  Settings settings;
  settings.architecture = architecture;
  settings.cuts = {architecture.cuts.front()};
  return describe(settings, {.name = "ann",
                             .kind = ir::NetworkKind::kAnn,
                             .codec = {codec::CodecKind::kDense, 8, 1, false},
                             .events_per_neuron = {}});
}

int64_t macs_of(const ir::Network& network) {
  int64_t macs = 0;
  for (const ir::Layer& layer : network.layers) macs += ir::macs(network, layer);
  return macs;
}

/// Scale and shift of a BatchNorm behind every convolution.
int64_t norm_parameters(const ir::Network& network) {
  int64_t parameters = 0;
  for (const ir::Layer& layer : network.layers) {
    if (layer.op == ir::Op::kConv2d) parameters += 2 * layer.out.channels;
  }
  return parameters;
}

int64_t biases_of_gathered(const ir::Network& network) {
  int64_t biases = 0;
  for (const ir::Layer& layer : network.layers) {
    const bool gathers = layer.op == ir::Op::kLinear || layer.op == ir::Op::kPoolLinear;
    if (gathers) biases += layer.out.channels;
  }
  return biases;
}

TEST(MsResnet, Resnet18HasThePublishedWeightsAndMacs) {
  const auto network = network_of(msresnet({64, 128, 256, 512}, {2, 2, 2, 2}, {3, 32, 32}, 10));
  // PreActResNet-18 of the widely used CIFAR code has 11,171,146 parameters: these weights, norms
  // of each block's two inputs and no other, and the head's biases.
  int64_t norms = 0;
  for (const ir::Layer& layer : network.layers) {
    if (!layer.name.ends_with(".conv1") && !layer.name.ends_with(".conv2")) continue;
    norms += 2 * network.layers[static_cast<size_t>(layer.input)].out.channels;
  }
  EXPECT_EQ(network.weights() + norms + 10, 11'171'146);
  EXPECT_NEAR(static_cast<double>(macs_of(network)), 0.56e9, 0.005e9);
  EXPECT_EQ(network.layers.size(), 1 + 1 + 16 + 3 + 1u);
  // Stem and 16 convolutions fill 34 chips of 64 x 256 neurons; three projections lie beside them.
  int64_t projections = 0;
  for (const ir::Layer& layer : network.layers) {
    if (layer.name.ends_with("projection")) projections += layer.out.size();
  }
  EXPECT_EQ(network.neurons() - projections - 10, 34 * 64 * 256);
}

TEST(MsResnet, ProjectsWhereTheShapeChangesOnly) {
  const auto shapes = msresnet({8, 8, 16}, {2, 1, 1}, {3, 16, 16}, 4);
  std::vector<std::string> projections;
  for (const ir::Layer& layer : shapes.layers) {
    if (layer.name.ends_with("projection")) projections.push_back(layer.name);
  }
  EXPECT_EQ(projections,
            (std::vector<std::string>{"stage2.block1.projection", "stage3.block1.projection"}));
  EXPECT_EQ(shapes.cuts.size(), 3u);
  EXPECT_EQ(shapes.layers[static_cast<size_t>(shapes.cuts[0].layer)].name, "stage1.block2.conv2");
}

TEST(EfficientNet, B0HasThePublishedParametersAndMacs) {
  const auto network = network_of(efficientnet(0, {3, 224, 224}, 1000));
  // torchvision's efficientnet_b0: 5,288,548 parameters, 0.39 G multiply-adds.
  EXPECT_EQ(network.weights() + norm_parameters(network) + biases_of_gathered(network), 5'288'548);
  EXPECT_NEAR(static_cast<double>(macs_of(network)), 0.39e9, 0.01e9);
}

TEST(EfficientNet, B4HasThePublishedParametersAndMacs) {
  const auto network = network_of(efficientnet(4, {3, 380, 380}, 1000));
  // torchvision's efficientnet_b4: 19,341,616 parameters; table 2 of the paper: 4.2 G.
  EXPECT_EQ(network.weights() + norm_parameters(network) + biases_of_gathered(network), 19'341'616);
  EXPECT_NEAR(static_cast<double>(macs_of(network)), 4.4e9, 0.1e9);
}

TEST(EfficientNet, EveryScaleIsAValidNetworkAndLargerThanTheOneBefore) {
  int64_t previous = 0;
  for (int scale = 0; scale <= 4; ++scale) {
    const auto network = network_of(efficientnet(scale, {3, 32, 32}, 100));
    EXPECT_GT(network.weights(), previous);
    previous = network.weights();
  }
}

TEST(Rwkv, HasThePublishedParameters) {
  // RWKV-4 169M: 12 blocks of 768, 50,277 symbols: 169,342,464 parameters, of which this
  // description leaves out the embedding and, per block, what it does not model: seven vectors of
  // mixing and decay, three LayerNorms' scales and shifts; and it has two vectors and a norm of its
  // own.
  const auto network = network_of(rwkv(12, 768, 50277));
  const int64_t vectors = 12 * (7 + 4) * 768 + 2 * 2 * 768;
  const int64_t embedding = int64_t{768} * 50277;
  EXPECT_EQ(network.weights() - 12 * 2 * 768 - 768 + embedding + vectors, 169'342'464);
}

TEST(Rwkv, KeepsToOneTensorAtACut) {
  Settings settings;
  settings.architecture = rwkv(3, 16, 256);
  settings.cuts = settings.architecture.cuts;
  settings.cuts.pop_back();
  EXPECT_NO_THROW(describe(
      settings,
      {.name = "hnn", .codec = {codec::CodecKind::kGraded, 2, 1, false}, .events_per_neuron = {}}));
}

}  // namespace
}  // namespace ranvier::shapes
