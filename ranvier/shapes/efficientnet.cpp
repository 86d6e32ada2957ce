#include "ranvier/core/error.hpp"
#include "ranvier/shapes/layer_list.hpp"
#include "ranvier/shapes/networks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ranvier::shapes {
namespace {

/// Blocks of one stage of B0.
struct Stage {
  int expansion;
  int kernel;
  int stride;  // of the first block
  int channels;
  int blocks;
};

constexpr std::array<Stage, 7> kStages{{{1, 3, 1, 16, 1},
                                        {6, 3, 2, 24, 2},
                                        {6, 5, 2, 40, 2},
                                        {6, 3, 2, 80, 3},
                                        {6, 5, 1, 112, 3},
                                        {6, 5, 2, 192, 4},
                                        {6, 3, 1, 320, 1}}};
constexpr int kStem = 32;
constexpr int kTop = 1280;
constexpr int kSqueeze = 4;  // channels of a block's input per channel of its squeeze

struct Scale {
  double width;
  double depth;
};
constexpr std::array<Scale, 5> kScales{
    {{1.0, 1.0}, {1.0, 1.1}, {1.1, 1.2}, {1.2, 1.4}, {1.4, 1.8}}};

/// Nearest multiple of 8, not more than a tenth below.
int scaled_channels(int channels, double width) {
  constexpr int kMultiple = 8;
  const double wanted = channels * width;
  const int rounded =
      std::max(kMultiple, static_cast<int>(wanted + kMultiple / 2.0) / kMultiple * kMultiple);
  return rounded < 0.9 * wanted ? rounded + kMultiple : rounded;
}

int scaled_blocks(int blocks, double depth) { return static_cast<int>(std::ceil(blocks * depth)); }

int add_block(LayerList& list, const std::string& name, int input, const Stage& stage, int stride,
              int channels) {
  const int narrow = list.shape(input).channels;
  int wide = input;
  if (stage.expansion > 1)
    wide = list.conv(name + ".expand", input, narrow * stage.expansion, 1, 1);
  const int spatial = list.depthwise(name + ".depthwise", wide, stage.kernel, stride);
  const int squeeze = list.pool_linear(name + ".squeeze", spatial, std::max(1, narrow / kSqueeze));
  const int excite = list.linear(name + ".excite", squeeze, list.shape(spatial).channels);
  const int project = list.conv(name + ".project", spatial, channels, 1, 1);
  list.add_gate(excite);
  if (stride == 1 && narrow == channels) list.add_residual(input);
  return project;
}

}  // namespace

Architecture efficientnet(int scale, ir::Shape image, int classes) {
  RANVIER_CONTRACT(scale >= 0 && scale < static_cast<int>(kScales.size()), "B0 to B4");
  const Scale by = kScales[static_cast<size_t>(scale)];
  LayerList list(image);
  Architecture result{fmt::format("efficientnet-b{}", scale), {}, {}};
  int from = list.conv("stem", 0, scaled_channels(kStem, by.width), 3, 2);
  for (size_t s = 0; s < kStages.size(); ++s) {
    const Stage& stage = kStages[s];
    for (int b = 0; b < scaled_blocks(stage.blocks, by.depth); ++b) {
      from = add_block(list, fmt::format("stage{}.block{}", s + 1, b + 1), from, stage,
                       b == 0 ? stage.stride : 1, scaled_channels(stage.channels, by.width));
    }
    result.cuts.push_back({fmt::format("stage{}", s + 1), from});
  }
  from = list.conv("top", from, scaled_channels(kTop, by.width), 1, 1);
  list.pool_linear("head", from, classes);
  result.layers = list.take();
  return result;
}

}  // namespace ranvier::shapes
