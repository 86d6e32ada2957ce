#pragma once
// What the model files share: the list of IR layers under construction, and one maker per family.

#include "ranvier/train/models.hpp"

namespace ranvier::train {

/// Layers in topological order; each `add` returns the new layer's index.
struct LayerList {
  std::vector<ir::Layer> layers;

  int add_input(ir::Shape shape);
  int add_conv(const std::string& name, int input, int channels, int kernel, int stride);
  /// A kernel that covers whole patches: `stride` times as high and wide as its input.
  int add_transposed(const std::string& name, int input, int channels, int kernel, int stride);
  int add_depthwise(const std::string& name, int input, int kernel = 1, int stride = 1);
  /// Makes groups of neighbouring channels of a convolution read theirs of the input only.
  void split_channels(int index, int groups);
  int add_linear(const std::string& name, int input, int units);
  /// The two projections of a bottleneck behind layer `input`; returns the second.
  int add_bottleneck(int input, Projection projection);
  int add_pool_linear(const std::string& name, int input, int units);
};

/// Name of the layer that narrows the outputs of `layer` before they cross.
inline std::string squeeze_name(const std::string& layer) { return layer + ".squeeze"; }

std::shared_ptr<Model> make_msresnet(const ModelSpec& spec);
std::shared_ptr<Model> make_efficientnet(const ModelSpec& spec);
std::shared_ptr<Model> make_mlp(const ModelSpec& spec);
std::shared_ptr<Model> make_rwkv(const ModelSpec& spec);

}  // namespace ranvier::train
