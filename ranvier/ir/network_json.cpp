// network.json: one object per line for each layer and boundary. Field by field in
// docs/models/bundle-format.md.

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/ir/json_node.hpp"
#include "ranvier/ir/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace ranvier::ir {
namespace fs = std::filesystem;
namespace {

constexpr int kNetworkSchema = 1;
constexpr std::array<std::string_view, 5> kOps{"input", "conv2d", "linear", "pool_linear",
                                               "conv_transpose2d"};

std::vector<std::string> keys_of(Op op) {
  std::vector<std::string> keys{"name", "op", "out"};
  if (op == Op::kInput) return keys;
  keys.insert(keys.end(), {"input", "residual", "gate", "weights", "gives_currents"});
  if (has_window(op)) keys.insert(keys.end(), {"kernel", "stride", "padding", "groups"});
  return keys;
}

int index_of_layer(const Node& node, const std::vector<std::string>& names) {
  const std::string name = node.text();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<int>(found - names.begin());
  const std::string nearest = core::nearest_name(name, names);
  node.refuse("the name of an earlier layer",
              nearest.empty() ? "" : "Did you mean " + nearest + "?");
}

Shape read_shape(const Node& node) {
  const auto items = node.items();
  if (items.size() != 3) node.refuse("[channels, height, width]");
  return {items[0].integer<int>(), items[1].integer<int>(), items[2].integer<int>()};
}

Layer read_layer(const Node& node, const std::vector<std::string>& earlier) {
  Layer layer;
  layer.op = static_cast<Op>(node["op"].choice({kOps.begin(), kOps.end()}));
  node.require_keys(keys_of(layer.op));
  layer.name = node["name"].text();
  layer.out = read_shape(node["out"]);
  if (layer.op == Op::kInput) return layer;
  layer.input = index_of_layer(node["input"], earlier);
  if (node.has("residual")) layer.residual = index_of_layer(node["residual"], earlier);
  if (node.has("gate")) layer.gate = index_of_layer(node["gate"], earlier);
  layer.weights = node["weights"].integer<int64_t>();
  if (node.has("gives_currents")) layer.gives_currents = node["gives_currents"].boolean();
  if (!has_window(layer.op)) return layer;
  layer.kernel = node["kernel"].integer<int>();
  layer.stride = node["stride"].integer<int>();
  layer.padding = node["padding"].integer<int>();
  if (node.has("groups")) layer.groups = node["groups"].integer<int>();
  return layer;
}

std::vector<codec::ChannelParams> read_channels(const Node& node) {
  node.require_keys({"threshold", "decode_multiplier", "leak_shift"});
  const auto thresholds = node["threshold"].items();
  const auto multipliers = node["decode_multiplier"].items();
  const auto leaks = node["leak_shift"].items();
  const auto require_length = [&](const std::string& key, size_t length) {
    if (length != thresholds.size()) {
      node[key].refuse(fmt::format("{} numbers, as many as thresholds", thresholds.size()));
    }
  };
  require_length("decode_multiplier", multipliers.size());
  require_length("leak_shift", leaks.size());
  std::vector<codec::ChannelParams> channels;
  for (size_t c = 0; c < thresholds.size(); ++c) {
    channels.push_back({.threshold = thresholds[c].integer<int32_t>(),
                        .decode_multiplier = multipliers[c].integer<int16_t>(),
                        .leak_shift = leaks[c].integer<int8_t>()});
  }
  return channels;
}

codec::LevelTable read_levels(const Node& node) {
  node.require_keys({"threshold", "value"});
  codec::LevelTable table;
  for (const Node& n : node["threshold"].items()) table.threshold.push_back(n.integer<int16_t>());
  for (const Node& n : node["value"].items()) table.value.push_back(n.integer<int16_t>());
  return table;
}

codec::EntropyTables read_entropy(const Node& node) {
  node.require_keys({"height", "width", "contexts", "frequency"});
  codec::EntropyTables tables;
  tables.height = node["height"].integer<int>();
  tables.width = node["width"].integer<int>();
  tables.contexts = node["contexts"].integer<int>();
  for (const Node& row : node["frequency"].items()) {
    for (const Node& entry : row.items()) tables.frequency.push_back(entry.integer<uint16_t>());
  }
  return tables;
}

Boundary read_boundary(const Node& node, const std::vector<std::string>& layers,
                       const std::string& file) {
  node.require_keys({"name", "layer", "codec", "current_frac_bits", "decode_shift",
                     "value_frac_bits", "channels", "activations", "levels", "entropy"});
  Boundary boundary;
  boundary.name = node["name"].text();
  boundary.layer = index_of_layer(node["layer"], layers);
  try {
    boundary.params.spec = codec::parse_codec(node["codec"].text(), node["codec"].path());
  } catch (const core::UserError& error) {
    core::Refusal refusal = error.refusal();
    refusal.place = file;
    throw core::UserError(refusal);
  }
  boundary.params.current_frac_bits = node["current_frac_bits"].integer<int>();
  boundary.params.decode_shift = node["decode_shift"].integer<int>();
  boundary.params.value_frac_bits = node["value_frac_bits"].integer<int>();
  boundary.params.channels = read_channels(node["channels"]);
  if (node.has("activations")) boundary.activations = node["activations"].integer<int64_t>();
  if (node.has("levels")) boundary.params.levels = read_levels(node["levels"]);
  if (node.has("entropy")) boundary.params.entropy = read_entropy(node["entropy"]);
  return boundary;
}

Json to_json(const Network& network, const Layer& layer) {
  const auto name_of = [&](int index) { return network.layers[static_cast<size_t>(index)].name; };
  Json node{{"name", layer.name}, {"op", kOps[static_cast<size_t>(layer.op)]}};
  if (layer.op != Op::kInput) node["input"] = name_of(layer.input);
  if (layer.residual) node["residual"] = name_of(*layer.residual);
  if (layer.gate) node["gate"] = name_of(*layer.gate);
  node["out"] = {layer.out.channels, layer.out.height, layer.out.width};
  if (has_window(layer.op)) {
    node["kernel"] = layer.kernel;
    node["stride"] = layer.stride;
    node["padding"] = layer.padding;
    if (layer.groups != 1) node["groups"] = layer.groups;
  }
  if (layer.op != Op::kInput) node["weights"] = layer.weights;
  if (layer.gives_currents) node["gives_currents"] = true;
  return node;
}

Json to_json(const codec::EntropyTables& tables, size_t entries) {
  Json rows = Json::array();
  for (size_t first = 0; first < tables.frequency.size(); first += entries) {
    const auto begin = tables.frequency.begin() + static_cast<int64_t>(first);
    rows.push_back(std::vector<uint16_t>(begin, begin + static_cast<int64_t>(entries)));
  }
  return {{"height", tables.height},
          {"width", tables.width},
          {"contexts", tables.contexts},
          {"frequency", rows}};
}

Json to_json(const Network& network, const Boundary& boundary) {
  Json channels{{"threshold", Json::array()},
                {"decode_multiplier", Json::array()},
                {"leak_shift", Json::array()}};
  for (const auto& channel : boundary.params.channels) {
    channels["threshold"].push_back(channel.threshold);
    channels["decode_multiplier"].push_back(channel.decode_multiplier);
    channels["leak_shift"].push_back(channel.leak_shift);
  }
  const codec::BoundaryParams& params = boundary.params;
  Json node{{"name", boundary.name},
            {"layer", network.layers[static_cast<size_t>(boundary.layer)].name},
            {"codec", codec::to_string(params.spec)},
            {"current_frac_bits", params.current_frac_bits},
            {"decode_shift", params.decode_shift},
            {"value_frac_bits", params.value_frac_bits},
            {"channels", channels}};
  if (boundary.activations != 0) node["activations"] = boundary.activations;
  if (!params.levels.value.empty()) {
    node["levels"] = {{"threshold", params.levels.threshold}, {"value", params.levels.value}};
  }
  if (params.entropy) {
    const auto entries = static_cast<size_t>(codec::entropy_entries(params.spec));
    node["entropy"] = to_json(*params.entropy, entries);
  }
  return node;
}

template <class Item>
std::string lines_of(const Network& network, const std::vector<Item>& items) {
  std::string lines;
  for (const Item& item : items) {
    lines += (lines.empty() ? "\n    " : ",\n    ") + to_json(network, item).dump();
  }
  return items.empty() ? "[]" : "[" + lines + "\n  ]";
}

}  // namespace

Network read_network(const fs::path& path) {
  const Json document = parse_strictly(core::read_file(path, "network"), "network", path);
  const Node root(document, "", path);
  root.require_keys({"schema", "name", "kind", "steps", "chips", "layers", "boundaries"});
  if (root["schema"].integer<int>() != kNetworkSchema)
    root["schema"].refuse(fmt::to_string(kNetworkSchema));
  Network network;
  network.name = root["name"].text();
  network.kind = static_cast<NetworkKind>(root["kind"].choice({"ann", "snn", "hnn"}));
  network.steps = root["steps"].integer<int>();
  if (root.has("chips")) {
    network.chip_rule = static_cast<ChipRule>(root["chips"].choice({"cut", "filled"}));
  }
  std::vector<std::string> names;
  for (const Node& node : root["layers"].items()) {
    network.layers.push_back(read_layer(node, names));
    names.push_back(network.layers.back().name);
  }
  for (const Node& node : root["boundaries"].items()) {
    network.boundaries.push_back(read_boundary(node, names, path.string()));
  }
  validate(network, path.string());
  return network;
}

void write_network(const Network& network, const fs::path& path) {
  validate(network, path.string());
  core::write_file_atomic(
      path,
      fmt::format("{{\n  \"schema\": {},\n  \"name\": {},\n  \"kind\": \"{}\",\n"
                  "  \"steps\": {},\n{}  \"layers\": {},\n  \"boundaries\": {}\n}}\n",
                  kNetworkSchema, Json(network.name).dump(), to_string(network.kind), network.steps,
                  network.chip_rule == ChipRule::kFilled ? "  \"chips\": \"filled\",\n" : "",
                  lines_of(network, network.layers), lines_of(network, network.boundaries)));
}

}  // namespace ranvier::ir
