#include "ranvier/shapes/layer_list.hpp"
#include "ranvier/shapes/networks.hpp"

#include <fmt/format.h>

namespace ranvier::shapes {
namespace {

constexpr int kExpansion = 4;  // of the channel mix

int add_time_mix(LayerList& list, const std::string& name, int x, int width) {
  const int key = list.linear(name + ".key", x, width);
  const int value = list.linear(name + ".value", x, width);
  const int receptance = list.linear(name + ".receptance", x, width);
  const int wkv = list.depthwise(name + ".wkv", key, 1, 1);
  list.add_gate(value);
  const int output = list.linear(name + ".output", wkv, width);
  list.add_gate(receptance);
  list.add_residual(x);
  return output;
}

int add_channel_mix(LayerList& list, const std::string& name, int x, int width) {
  const int key = list.linear(name + ".key", x, kExpansion * width);
  const int receptance = list.linear(name + ".receptance", x, width);
  const int value = list.linear(name + ".value", key, width);
  const int mix = list.depthwise(name + ".mix", value, 1, 1);
  list.add_gate(receptance);
  list.add_residual(x);
  return mix;
}

}  // namespace

Architecture rwkv(int depth, int width, int symbols) {
  LayerList list({width, 1, 1});  // the embedding of the token, looked up
  Architecture result{"rwkv", {}, {}};
  int x = list.depthwise("norm", 0, 1, 1);
  for (int b = 1; b <= depth; ++b) {
    const std::string name = fmt::format("block{}", b);
    x = add_time_mix(list, name + ".time", x, width);
    x = add_channel_mix(list, name + ".channel", x, width);
    result.cuts.push_back({name, x});
  }
  list.linear("head", x, symbols);
  result.layers = list.take();
  return result;
}

}  // namespace ranvier::shapes
