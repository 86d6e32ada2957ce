#pragma once
// Layers under construction, in topological order; shapes and weights follow from the inputs.

#include "ranvier/ir/network.hpp"

#include <string>
#include <vector>

namespace ranvier::shapes {

class LayerList {
 public:
  explicit LayerList(ir::Shape image);

  /// Each returns the new layer's index. Padding keeps the size at stride 1; `depthwise` gives
  /// every channel its own kernel.
  int conv(const std::string& name, int input, int channels, int kernel, int stride);
  int depthwise(const std::string& name, int input, int kernel, int stride);
  int linear(const std::string& name, int input, int units);
  int pool_linear(const std::string& name, int input, int units);

  /// Adds the output of `layer` to the last layer's, element by element.
  void add_residual(int layer);
  /// Multiplies the last layer's input by the output of `layer`, channel by channel.
  void add_gate(int layer);

  const ir::Shape& shape(int layer) const { return layers_[static_cast<size_t>(layer)].out; }
  std::vector<ir::Layer> take() { return std::move(layers_); }

 private:
  int windowed(const std::string& name, int input, int channels, int kernel, int stride,
               int groups);
  int gathered(const std::string& name, ir::Op op, int input, int units);

  std::vector<ir::Layer> layers_;
};

}  // namespace ranvier::shapes
