#pragma once
// Published architectures as lists of layers. Cuts are named as in training: stage1, stage2, ...
// and for RWKV block1, block2, ...

#include "ranvier/ir/network.hpp"

#include <string>
#include <vector>

namespace ranvier::shapes {

/// A cut's name and the layer whose output crosses there.
struct Cut {
  std::string name;
  int layer = 0;
};

struct Architecture {
  std::string name;
  std::vector<ir::Layer> layers;
  std::vector<Cut> cuts;  // every one that may be asked for, in layer order
};

/// Membrane-shortcut ResNet with the stem for small images; widths 64, 128, 256, 512 and two blocks
/// each are ResNet-18. Layers, names and cuts are those that training exports.
/// Source: Hu et al. 2021, arXiv 2112.08954; He et al. 2016, arXiv 1603.05027.
Architecture msresnet(const std::vector<int>& widths, const std::vector<int>& blocks,
                      ir::Shape image, int classes);

/// EfficientNet B0 (`scale` 0) to B4: mobile inverted bottlenecks with squeeze and excitation.
/// Source: Tan and Le 2019, arXiv 1905.11946, table 1; rounding as in the authors' code.
Architecture efficientnet(int scale, ir::Shape image, int classes);

/// RWKV v4, one token: `depth` blocks of time mix and channel mix, byte-level head. The
/// element-wise steps (key times value with its decay, receptance times value) stand as depthwise
/// 1x1 convolutions. Source: Peng et al. 2023, arXiv 2305.13048.
Architecture rwkv(int depth, int width, int symbols);

}  // namespace ranvier::shapes
