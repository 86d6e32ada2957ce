#include "ranvier/shapes/layer_list.hpp"

namespace ranvier::shapes {

LayerList::LayerList(ir::Shape image) {
  ir::Layer layer;
  layer.name = "input";
  layer.out = image;
  layers_.push_back(layer);
}

int LayerList::windowed(const std::string& name, int input, int channels, int kernel, int stride,
                        int groups) {
  const ir::Shape in = shape(input);
  const auto side = [&](int size) { return (size + 2 * (kernel / 2) - kernel) / stride + 1; };
  ir::Layer layer;
  layer.name = name;
  layer.op = ir::Op::kConv2d;
  layer.input = input;
  layer.out = {channels, side(in.height), side(in.width)};
  layer.kernel = kernel;
  layer.stride = stride;
  layer.padding = kernel / 2;
  layer.groups = groups;
  layer.weights = int64_t{1} * (in.channels / groups) * kernel * kernel * channels;
  layers_.push_back(layer);
  return static_cast<int>(layers_.size()) - 1;
}

int LayerList::gathered(const std::string& name, ir::Op op, int input, int units) {
  ir::Layer layer;
  layer.name = name;
  layer.op = op;
  layer.input = input;
  layer.out = {units, 1, 1};
  layer.weights =
      (op == ir::Op::kLinear ? shape(input).size() : int64_t{shape(input).channels}) * units;
  layers_.push_back(layer);
  return static_cast<int>(layers_.size()) - 1;
}

int LayerList::conv(const std::string& name, int input, int channels, int kernel, int stride) {
  return windowed(name, input, channels, kernel, stride, 1);
}

int LayerList::depthwise(const std::string& name, int input, int kernel, int stride) {
  const int channels = shape(input).channels;
  return windowed(name, input, channels, kernel, stride, channels);
}

int LayerList::linear(const std::string& name, int input, int units) {
  return gathered(name, ir::Op::kLinear, input, units);
}

int LayerList::pool_linear(const std::string& name, int input, int units) {
  return gathered(name, ir::Op::kPoolLinear, input, units);
}

void LayerList::add_residual(int layer) { layers_.back().residual = layer; }

void LayerList::add_gate(int layer) { layers_.back().gate = layer; }

}  // namespace ranvier::shapes
