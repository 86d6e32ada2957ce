// A network without weights has the layers and cuts that training exports for the same widths.

#include "ranvier/shapes/bundle.hpp"
#include "ranvier/train/models.hpp"

#include <gtest/gtest.h>

namespace ranvier {
namespace {

void expect_same(const ir::Network& shaped, const ir::Network& trained) {
  ASSERT_EQ(shaped.layers.size(), trained.layers.size());
  for (size_t l = 0; l < shaped.layers.size(); ++l) {
    const ir::Layer& a = shaped.layers[l];
    const ir::Layer& b = trained.layers[l];
    EXPECT_EQ(std::tuple(a.name, a.op, a.input, a.residual, a.gate, a.kernel, a.stride, a.padding,
                         a.groups, a.weights),
              std::tuple(b.name, b.op, b.input, b.residual, b.gate, b.kernel, b.stride, b.padding,
                         b.groups, b.weights));
    EXPECT_EQ(a.out, b.out) << a.name;
  }
  ASSERT_EQ(shaped.boundaries.size(), trained.boundaries.size());
  for (size_t c = 0; c < shaped.boundaries.size(); ++c) {
    EXPECT_EQ(shaped.boundaries[c].name, trained.boundaries[c].name);
    EXPECT_EQ(shaped.boundaries[c].layer, trained.boundaries[c].layer);
  }
}

TEST(Shapes, MsResnetIsWhatTrainingExports) {
  for (const auto& [widths, blocks] :
       {std::pair(std::vector{16, 32, 64, 128}, std::vector{1, 1, 1, 1}),
        std::pair(std::vector{8, 8, 16}, std::vector{2, 1, 3})}) {
    train::ModelSpec spec;
    spec.network = {.widths = widths, .blocks = blocks, .cuts = {"stage1", "stage2"}};
    spec.kind = ir::NetworkKind::kHnn;
    spec.has_boundaries = true;
    spec.codec = {codec::CodecKind::kGraded, 2, 1, false};
    const auto trained = train::make_model(spec)->describe();
    shapes::Settings settings;
    settings.architecture = shapes::msresnet(widths, blocks, spec.image, spec.classes);
    for (size_t i = 0; i < 2; ++i) settings.cuts.push_back(settings.architecture.cuts[i]);
    const auto shaped =
        shapes::describe(settings, {.name = "hnn", .codec = spec.codec, .events_per_neuron = {}});
    expect_same(shaped, trained);
  }
}

TEST(Shapes, RwkvIsWhatTrainingExports) {
  train::ModelSpec spec;
  spec.network.model = train::ModelKind::kRwkv;
  spec.network.depth = 3;
  spec.network.width = 24;
  spec.network.cuts = {"block1", "block2"};
  spec.classes = 256;
  spec.kind = ir::NetworkKind::kHnn;
  spec.has_boundaries = true;
  spec.codec = {codec::CodecKind::kGraded, 2, 1, true};
  shapes::Settings settings;
  settings.architecture = shapes::rwkv(3, 24, 256);
  for (size_t i = 0; i < 2; ++i) settings.cuts.push_back(settings.architecture.cuts[i]);
  expect_same(
      shapes::describe(settings, {.name = "hnn", .codec = spec.codec, .events_per_neuron = {}}),
      train::make_model(spec)->describe());
}

TEST(Shapes, EfficientNetIsWhatTrainingExports) {
  for (int scale = 0; scale <= 4; ++scale) {
    train::ModelSpec spec;
    spec.network.model = train::ModelKind::kEfficientNet;
    spec.network.scale = scale;
    spec.network.cuts = {"stage1", "stage2", "stage3"};
    spec.image = {3, 64, 64};
    spec.classes = 10;
    spec.kind = ir::NetworkKind::kHnn;
    spec.has_boundaries = true;
    spec.codec = {codec::CodecKind::kGraded, 2, 1, true};
    shapes::Settings settings;
    settings.architecture = shapes::efficientnet(scale, spec.image, spec.classes);
    for (size_t i = 0; i < 3; ++i) settings.cuts.push_back(settings.architecture.cuts[i]);
    expect_same(
        shapes::describe(settings, {.name = "hnn", .codec = spec.codec, .events_per_neuron = {}}),
        train::make_model(spec)->describe());
  }
}

}  // namespace
}  // namespace ranvier
