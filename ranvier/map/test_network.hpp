#pragma once
// Small synthetic networks and activity for the tests of this folder.

#include "ranvier/codec/codec.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/map/test_packages.hpp"

#include <string>
#include <utility>

namespace ranvier::map::testing {

inline ir::Layer input_layer(ir::Shape shape) {
  ir::Layer layer;
  layer.name = "image";
  layer.op = ir::Op::kInput;
  layer.out = shape;
  return layer;
}

inline int conv_size(int size, int kernel, int stride, int padding) {
  return (size + 2 * padding - kernel) / stride + 1;
}

/// Appends a convolution that reads layer `input`; returns its index.
inline int add_conv(ir::Network& network, int input, int channels, int kernel, int stride,
                    int padding) {
  const ir::Shape in = network.layers[static_cast<size_t>(input)].out;
  ir::Layer layer;
  layer.name = "conv" + std::to_string(network.layers.size());
  layer.op = ir::Op::kConv2d;
  layer.input = input;
  layer.out = {channels, conv_size(in.height, kernel, stride, padding),
               conv_size(in.width, kernel, stride, padding)};
  layer.kernel = kernel;
  layer.stride = stride;
  layer.padding = padding;
  layer.weights = int64_t{1} * in.channels * kernel * kernel * channels;
  network.layers.push_back(layer);
  return static_cast<int>(network.layers.size()) - 1;
}

inline int add_head(ir::Network& network, int input, int classes, ir::Op op) {
  const ir::Shape in = network.layers[static_cast<size_t>(input)].out;
  ir::Layer layer;
  layer.name = "head";
  layer.op = op;
  layer.input = input;
  layer.out = {classes, 1, 1};
  layer.weights = (op == ir::Op::kLinear ? in.size() : in.channels) * classes;
  network.layers.push_back(layer);
  return static_cast<int>(network.layers.size()) - 1;
}

inline codec::BoundaryParams params_for(codec::CodecSpec spec, int channels) {
  codec::BoundaryParams params;
  params.spec = spec;
  params.channels.resize(static_cast<size_t>(channels));
  return params;
}

/// image -> conv -> conv (+ residual) | cut | conv stride 2 -> head.
inline ir::Network two_chip_network(ir::NetworkKind kind, codec::CodecSpec spec, int steps = 1) {
  ir::Network network;
  network.name = "two_chips";
  network.kind = kind;
  network.steps = steps;
  network.layers.push_back(input_layer({3, 8, 8}));
  const int stem = add_conv(network, 0, 8, 3, 1, 1);
  const int body = add_conv(network, stem, 8, 3, 1, 1);
  network.layers[static_cast<size_t>(body)].residual = stem;
  const int next = add_conv(network, body, 16, 3, 2, 1);
  add_head(network, next, 10, ir::Op::kPoolLinear);
  network.boundaries.push_back({"cut", body, params_for(spec, 8)});
  return network;
}

/// image -> conv -> conv -> conv (+ residual over one layer) -> conv stride 2 -> head; a boundary
/// after each.
inline ir::Network filled_network(ir::NetworkKind kind, codec::CodecSpec spec, int steps = 1) {
  ir::Network network;
  network.name = "filled";
  network.kind = kind;
  network.steps = steps;
  network.chip_rule = ir::ChipRule::kFilled;
  network.layers.push_back(input_layer({3, 8, 8}));
  const int first = add_conv(network, 0, 8, 3, 1, 1);
  const int second = add_conv(network, first, 8, 3, 1, 1);
  const int third = add_conv(network, second, 8, 3, 1, 1);
  network.layers[static_cast<size_t>(third)].residual = first;
  const int fourth = add_conv(network, third, 16, 3, 2, 1);
  add_head(network, fourth, 10, ir::Op::kPoolLinear);
  for (const int layer : {first, second, third, fourth}) {
    const ir::Layer& of = network.layers[static_cast<size_t>(layer)];
    network.boundaries.push_back({"after_" + of.name, layer, params_for(spec, of.out.channels)});
  }
  ir::validate(network, "test");
  return network;
}

/// Random currents with the values the codec makes of them; random spikes of density `density` in
/// spiking networks.
inline ir::Activity random_activity(const ir::Network& network, int samples, double density,
                                    uint64_t seed) {
  core::Rng rng(seed);
  ir::Activity activity;
  activity.variant = network.name;
  activity.samples = samples;
  const auto steps = static_cast<int64_t>(network.steps);
  if (network.kind == ir::NetworkKind::kSnn) {
    for (const ir::Layer& layer : network.layers) {
      if (layer.op == ir::Op::kInput) continue;
      auto& spikes = activity.layer_spikes[layer.name];
      spikes.resize(static_cast<size_t>(samples * steps * layer.out.size()));
      for (auto& spike : spikes) spike = rng.uniform() < density;
    }
  }
  for (const ir::Boundary& boundary : network.boundaries) {
    const ir::Layer& layer = network.layers[static_cast<size_t>(boundary.layer)];
    ir::BoundaryActivity& of = activity.boundaries[boundary.name];
    of.elements = static_cast<int>(layer.out.size());
    if (network.kind == ir::NetworkKind::kSnn) {
      of.steps = network.steps;
      const auto& spikes = activity.layer_spikes[layer.name];
      of.symbols.assign(spikes.begin(), spikes.end());
      continue;
    }
    const auto codec = codec::make_codec(boundary.params);
    std::vector<uint16_t> channel;
    for (int e = 0; e < of.elements; ++e) {
      channel.push_back(static_cast<uint16_t>(e / (layer.out.height * layer.out.width)));
    }
    for (int s = 0; s < samples; ++s) {
      std::vector<int16_t> current(channel.size());
      for (auto& i : current) {
        i = rng.uniform() < density ? static_cast<int16_t>(rng.below(2000)) : int16_t{0};
      }
      const codec::Frame frame = codec->encode(current, channel);
      const auto value = codec->decode(frame, channel);
      of.current.insert(of.current.end(), current.begin(), current.end());
      of.symbols.insert(of.symbols.end(), frame.symbols.begin(), frame.symbols.end());
      of.value.insert(of.value.end(), value.begin(), value.end());
    }
  }
  return activity;
}

}  // namespace ranvier::map::testing
