// `ranvier map`: how a trained run lies on chips and cores.

#include "ranvier/app/commands.hpp"
#include "ranvier/app/experiment_options.hpp"
#include "ranvier/app/table.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/sweep/evaluate.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ranvier::app {
namespace {

struct MapOptions : ExperimentOptions {
  std::string variant;
};

using Json = nlohmann::ordered_json;

Json layer_json(const ir::Network& network, const map::Mapping& mapping, size_t index) {
  const ir::Layer& layer = network.layers[index];
  return {{"layer", layer.name},
          {"chip", mapping.first_chip(index)},
          {"last_chip", mapping.last_chip(index)},
          {"neurons", layer.out.size()},
          {"weights", layer.weights},
          {"macs", ir::macs(network, layer)},
          {"cores", mapping.layers[index].size()}};
}

void print_table(const Json& mapped) {
  std::vector<std::vector<std::string>> rows{
      {"layer", "chip", "neurons", "weights", "MACs", "cores"}};
  for (const auto& layer : mapped.at("layers")) {
    const auto first = layer.at("chip").dump();
    const auto last = layer.at("last_chip").dump();
    rows.push_back({layer.at("layer"), first == last ? first : first + ".." + last,
                    layer.at("neurons").dump(), layer.at("weights").dump(), layer.at("macs").dump(),
                    layer.at("cores").dump()});
  }
  fmt::print("{}: {} chips, {} cores in use\n{}\n", mapped.at("variant").get<std::string>(),
             mapped.at("chips").get<int>(), mapped.at("cores").get<int>(), text_table(rows));
}

void map_variants(const MapOptions& options, const Common& common) {
  const sweep::Experiment experiment = load(options, common);
  auto names = sweep::bundle_names(options.source, experiment.values);
  if (!options.variant.empty()) names = {options.variant};
  Json all = Json::array();
  for (const auto& name : names) {
    const auto bundle = sweep::read_bundle(options.source, name);
    const auto mapping = map::map_network(bundle.network, experiment.presets.front().package);
    Json entry{{"variant", name}, {"chips", mapping.chips_used}, {"cores", mapping.tiles_used}};
    for (size_t i = 0; i < bundle.network.layers.size(); ++i) {
      entry["layers"].push_back(layer_json(bundle.network, mapping, i));
    }
    if (!common.json) print_table(entry);
    all.push_back(std::move(entry));
  }
  if (common.json) fmt::print("{}\n", all.dump(2));
}

}  // namespace

void attach_map(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<MapOptions>();
  app.add_option("DIR", options->source, "run directory with trained bundles")->required();
  app.add_option("--variant", options->variant, "only this variant");
  add_set(app, *options);
  app.callback([options, &common, &action] {
    action = [options, &common] { map_variants(*options, common); };
  });
}

}  // namespace ranvier::app
