#include "ranvier/ir/network.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

namespace ranvier::ir {
namespace {

constexpr int kMostPerDimension = 1 << 16;  // channels are named by 16 bits
constexpr int64_t kMostNeurons = (int64_t{1} << 31) - 1;
constexpr int kMostKernel = 255;
constexpr int kMostSteps = 64;  // as codec rate(T)

std::string text_of(const Shape& shape) {
  return fmt::format("[{}, {}, {}]", shape.channels, shape.height, shape.width);
}

/// Where a complaint belongs: the file, and the path of the key in it.
struct Spot {
  std::string place;
  std::string key;

  Spot at(std::string_view member) const { return {place, key + "." + std::string(member)}; }

  [[noreturn]] void refuse(std::string given, std::string allowed, std::string hint = {}) const {
    throw core::UserError({key, std::move(given), std::move(allowed), place, std::move(hint)});
  }
  void require_range(int64_t given, int64_t low, int64_t high) const {
    if (given < low || given > high)
      refuse(fmt::to_string(given), fmt::format("{}..{}", low, high));
  }
  void require_equal(int64_t given, int64_t expected, std::string_view why) const {
    if (given != expected)
      refuse(fmt::to_string(given), fmt::to_string(expected), std::string(why));
  }
};

Shape expected_shape(const Layer& layer, const Shape& in) {
  const auto along = [&](int size) {
    return layer.op == Op::kConvTranspose2d
               ? (size - 1) * layer.stride - 2 * layer.padding + layer.kernel
               : (size + 2 * layer.padding - layer.kernel) / layer.stride + 1;
  };
  if (!has_window(layer.op)) return {layer.out.channels, 1, 1};
  return {layer.out.channels, along(in.height), along(in.width)};
}

int64_t expected_weights(const Layer& layer, const Shape& in) {
  switch (layer.op) {
    case Op::kInput:
      return 0;
    case Op::kConv2d:
    case Op::kConvTranspose2d:
      return int64_t{1} * (in.channels / layer.groups) * layer.kernel * layer.kernel *
             layer.out.channels;
    case Op::kLinear:
      return in.size() * layer.out.channels;
    case Op::kPoolLinear:
      return int64_t{1} * in.channels * layer.out.channels;
  }
  return 0;
}

void check_window(const Layer& layer, const Shape& in, const Spot& spot) {
  if (!has_window(layer.op)) {
    spot.at("kernel").require_equal(layer.kernel, 1, "Only convolutions have a kernel.");
    spot.at("stride").require_equal(layer.stride, 1, "Only convolutions have a stride.");
    spot.at("padding").require_equal(layer.padding, 0, "Only convolutions have padding.");
    spot.at("groups").require_equal(layer.groups, 1, "Only convolutions have groups.");
    return;
  }
  spot.at("kernel").require_range(layer.kernel, 1, kMostKernel);
  spot.at("stride").require_range(layer.stride, 1, kMostKernel);
  spot.at("padding").require_range(layer.padding, 0, layer.kernel - 1);
  if (layer.op == Op::kConvTranspose2d) {
    // Every output reads equally many inputs, and the outputs are a whole number of times as many.
    if (layer.kernel % layer.stride != 0) {
      spot.at("kernel").refuse(fmt::to_string(layer.kernel),
                               fmt::format("a multiple of stride {}", layer.stride));
    }
    spot.at("padding").require_equal(2 * layer.padding, layer.kernel - layer.stride,
                                     "Twice the padding of conv_transpose2d.");
  } else {
    const int smallest = std::min(in.height, in.width) + 2 * layer.padding;
    spot.at("kernel").require_range(layer.kernel, 1, smallest);
  }
  const bool divides =
      layer.groups > 0 && in.channels % layer.groups == 0 && layer.out.channels % layer.groups == 0;
  if (divides) return;
  spot.at("groups").refuse(
      fmt::to_string(layer.groups),
      fmt::format("a divisor of {} and {} channels", in.channels, layer.out.channels));
}

/// A gate's layer is earlier and has one element per channel of the input.
void check_gate(const Network& network, int index, const Spot& spot) {
  const Layer& layer = network.layers[static_cast<size_t>(index)];
  if (!layer.gate) return;
  if (layer.op == Op::kInput) {
    spot.at("gate").refuse(fmt::to_string(*layer.gate), "none for the image");
  }
  spot.at("gate").require_range(*layer.gate, 0, index - 1);
  const Layer& gate = network.layers[static_cast<size_t>(*layer.gate)];
  const Shape expected{network.layers[static_cast<size_t>(layer.input)].out.channels, 1, 1};
  if (gate.out == expected) return;
  spot.at("gate").refuse("'" + gate.name + "' of shape " + text_of(gate.out),
                         "a layer of shape " + text_of(expected));
}

/// Values are multiplied, spikes are not; and what crosses a cut of a spiking network are spikes.
void check_currents(const Network& network, int index, const Spot& spot) {
  const Layer& layer = network.layers[static_cast<size_t>(index)];
  const bool is_spiking = network.kind == NetworkKind::kSnn;
  if (layer.gives_currents && !is_spiking) {
    spot.at("gives_currents").refuse("true", "false", "Only layers of an snn have neurons.");
  }
  if (layer.gives_currents && network.boundary_after(index) >= 0) {
    spot.at("gives_currents").refuse("true", "false", "Spikes cross a boundary.");
  }
  if (!is_spiking || !layer.gate) return;
  for (const auto& [read, member] : {std::pair{layer.input, "input"}, {*layer.gate, "gate"}}) {
    const Layer& from = network.layers[static_cast<size_t>(read)];
    if (from.gives_currents || from.op == Op::kInput) continue;
    spot.at(member).refuse("'" + from.name + "', which gives spikes", "a layer that gives_currents",
                           "A gate multiplies values.");
  }
}

void check_inputs(const Network& network, int index, const Spot& spot) {
  const Layer& layer = network.layers[static_cast<size_t>(index)];
  if (layer.op == Op::kInput) {
    if (index != 0)
      spot.at("op").refuse("'input'", "another operation", "Only layer 0 is the image.");
    spot.at("input").require_equal(layer.input, -1, "The image reads no layer.");
    if (layer.residual) spot.at("residual").refuse(fmt::to_string(*layer.residual), "none");
    return;
  }
  if (index == 0) spot.at("op").refuse("another operation", "'input'", "Layer 0 is the image.");
  spot.at("input").require_range(layer.input, 0, index - 1);
  if (!layer.residual) return;
  spot.at("residual").require_range(*layer.residual, 0, index - 1);
  const Shape& added = network.layers[static_cast<size_t>(*layer.residual)].out;
  if (added == layer.out) return;
  spot.at("residual")
      .refuse("'" + network.layers[static_cast<size_t>(*layer.residual)].name + "' of shape " +
                  text_of(added),
              "a layer of shape " + text_of(layer.out));
}

void check_layer(const Network& network, int index, const Spot& spot) {
  const Layer& layer = network.layers[static_cast<size_t>(index)];
  spot.at("out[0]").require_range(layer.out.channels, 1, kMostPerDimension);
  spot.at("out[1]").require_range(layer.out.height, 1, kMostPerDimension);
  spot.at("out[2]").require_range(layer.out.width, 1, kMostPerDimension);
  spot.at("out").require_range(layer.out.size(), 1, kMostNeurons);
  check_inputs(network, index, spot);
  check_gate(network, index, spot);
  check_currents(network, index, spot);
  const Shape in = index == 0 ? layer.out : network.layers[static_cast<size_t>(layer.input)].out;
  check_window(layer, in, spot);
  if (index > 0 && layer.out != expected_shape(layer, in)) {
    spot.at("out").refuse(text_of(layer.out), text_of(expected_shape(layer, in)),
                          "It follows from input " + text_of(in) + ", kernel, stride and padding.");
  }
  spot.at("weights").require_equal(layer.weights, expected_weights(layer, in),
                                   "Weights follow from the shapes; biases are not counted.");
}

void check_names(const Network& network, std::string_view place) {
  const auto check = [&](const std::string& name, std::set<std::string>& seen, std::string key) {
    const Spot spot{std::string(place), std::move(key)};
    if (name.empty() || name.find('/') != std::string::npos) {
      spot.refuse("'" + name + "'", "a name without '/'");
    }
    if (!seen.insert(name).second) spot.refuse("'" + name + "'", "a name not used before");
  };
  std::set<std::string> layers;
  std::set<std::string> boundaries;
  std::set<std::string> networks;
  check(network.name, networks, "name");
  for (size_t i = 0; i < network.layers.size(); ++i) {
    check(network.layers[i].name, layers, fmt::format("layers[{}].name", i));
  }
  for (size_t i = 0; i < network.boundaries.size(); ++i) {
    check(network.boundaries[i].name, boundaries, fmt::format("boundaries[{}].name", i));
  }
}

/// Every layer but the last must be of use: an unread one would cost time and energy for nothing.
void check_all_read(const Network& network, std::string_view place) {
  std::vector<bool> read(network.layers.size(), false);
  for (const Layer& layer : network.layers) {
    if (layer.input >= 0) read[static_cast<size_t>(layer.input)] = true;
    if (layer.residual) read[static_cast<size_t>(*layer.residual)] = true;
    if (layer.gate) read[static_cast<size_t>(*layer.gate)] = true;
  }
  for (size_t i = 0; i + 1 < read.size(); ++i) {
    if (read[i]) continue;
    Spot{std::string(place), fmt::format("layers[{}]", i)}.refuse(
        "'" + network.layers[i].name + "', which no layer reads", "a layer that a later one reads");
  }
}

void check_codec(const Network& network, const Boundary& boundary, const Spot& spot) {
  const codec::CodecSpec& spec = boundary.params.spec;
  const auto refuse = [&](std::string allowed) {
    spot.at("codec").refuse("'" + codec::to_string(spec) + "'", std::move(allowed));
  };
  if (network.kind == NetworkKind::kAnn && spec.kind != codec::CodecKind::kDense) {
    refuse("dense(bits) in a network of kind ann");
  }
  const bool own_spikes = spec.kind == codec::CodecKind::kRate && spec.steps == network.steps;
  if (network.kind == NetworkKind::kSnn && !own_spikes) {
    refuse(fmt::format("rate({}), the spikes of an snn of {} steps", network.steps, network.steps));
  }
  const auto& layer = network.layers[static_cast<size_t>(boundary.layer)];
  spot.at("channels")
      .require_equal(static_cast<int64_t>(boundary.params.channels.size()), layer.out.channels,
                     "One entry per channel of its layer.");
  if (boundary.activations != 0) {
    const int64_t before = network.layers[static_cast<size_t>(layer.input)].out.size();
    spot.at("activations").require_equal(boundary.activations, before, "What the layer reads.");
  }
  if (boundary.params.entropy) {
    const codec::EntropyTables& tables = *boundary.params.entropy;
    spot.at("entropy.height").require_equal(tables.height, layer.out.height, "As its layer.");
    spot.at("entropy.width").require_equal(tables.width, layer.out.width, "As its layer.");
  }
  try {
    codec::make_codec(boundary.params);
  } catch (const core::UserError& error) {
    core::Refusal refusal = error.refusal();
    refusal.key = spot.key + "." + refusal.key;
    refusal.place = spot.place;
    throw core::UserError(refusal);
  }
}

void check_boundaries(const Network& network, std::string_view place) {
  int previous = 0;
  for (size_t i = 0; i < network.boundaries.size(); ++i) {
    const Boundary& boundary = network.boundaries[i];
    const Spot spot{std::string(place), fmt::format("boundaries[{}]", i)};
    const auto last = static_cast<int>(network.layers.size()) - 2;
    if (boundary.layer <= previous || boundary.layer > last) {
      spot.at("layer").refuse(
          fmt::to_string(boundary.layer), fmt::format("{}..{}", previous + 1, last),
          "Boundaries stand in layer order, after a computed layer and before the last.");
    }
    previous = boundary.layer;
    check_codec(network, boundary, spot);
  }
}

/// A chip sends one tensor on. What a layer reads from an earlier chip must be that tensor.
void check_crossings(const Network& network, std::string_view place) {
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const auto check = [&](int read, std::string_view member) {
      for (const Boundary& cut : network.boundaries) {
        const bool crosses = read <= cut.layer && cut.layer < static_cast<int>(i);
        if (!crosses || read == cut.layer) continue;
        Spot{std::string(place), fmt::format("layers[{}].{}", i, member)}.refuse(
            "'" + network.layers[static_cast<size_t>(read)].name + "'",
            fmt::format("'{}' or a later layer, because boundary '{}' lies between",
                        network.layers[static_cast<size_t>(cut.layer)].name, cut.name),
            "Only the boundary's tensor crosses a cut.");
      }
    };
    if (network.layers[i].input >= 0) check(network.layers[i].input, "input");
    if (network.layers[i].residual) check(*network.layers[i].residual, "residual");
    if (network.layers[i].gate) check(*network.layers[i].gate, "gate");
  }
}

}  // namespace

int64_t Network::neurons() const {
  int64_t sum = 0;
  for (const Layer& layer : layers) sum += layer.op == Op::kInput ? 0 : layer.out.size();
  return sum;
}

int64_t Network::weights() const {
  int64_t sum = 0;
  for (const Layer& layer : layers) sum += layer.weights;
  return sum;
}

int Network::chips() const {
  RANVIER_CONTRACT(chip_rule == ChipRule::kCut, "cuts say which chip a layer is on");
  return static_cast<int>(boundaries.size()) + 1;
}

int Network::boundary_after(int layer) const {
  const auto found = std::find_if(boundaries.begin(), boundaries.end(),
                                  [&](const Boundary& b) { return b.layer == layer; });
  return found == boundaries.end() ? -1 : static_cast<int>(found - boundaries.begin());
}

int Network::chip_of(int layer) const {
  RANVIER_CONTRACT(chip_rule == ChipRule::kCut, "cuts say which chip a layer is on");
  return static_cast<int>(std::count_if(boundaries.begin(), boundaries.end(),
                                        [&](const Boundary& cut) { return cut.layer < layer; }));
}

int64_t macs(const Network& network, const Layer& layer) {
  if (layer.op == Op::kInput) return 0;
  RANVIER_CONTRACT(layer.input >= 0 && layer.input < static_cast<int>(network.layers.size()),
                   "a layer reads a layer of its network");
  const Shape& in = network.layers[static_cast<size_t>(layer.input)].out;
  // A convolution uses every weight once for an output position, a transposed one for an input's.
  const Shape& positions = layer.op == Op::kConvTranspose2d ? in : layer.out;
  return expected_weights(layer, in) * positions.height * positions.width;
}

std::string_view to_string(NetworkKind kind) {
  switch (kind) {
    case NetworkKind::kAnn:
      return "ann";
    case NetworkKind::kSnn:
      return "snn";
    case NetworkKind::kHnn:
      return "hnn";
  }
  return "";
}

void validate(const Network& network, std::string_view place) {
  const std::string file(place);
  check_names(network, place);
  Spot{file, "steps"}.require_range(network.steps, 1,
                                    network.kind == NetworkKind::kSnn ? kMostSteps : 1);
  if (network.layers.size() < 2) {
    Spot{file, "layers"}.refuse(fmt::format("{} layers", network.layers.size()),
                                "the image and at least one more");
  }
  for (size_t i = 0; i < network.layers.size(); ++i) {
    check_layer(network, static_cast<int>(i), {file, fmt::format("layers[{}]", i)});
  }
  check_all_read(network, place);
  check_boundaries(network, place);
  if (network.chip_rule == ChipRule::kCut) check_crossings(network, place);
}

}  // namespace ranvier::ir
