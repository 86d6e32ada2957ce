// `ranvier map`: how a trained run lies on chips and cores.

#include "ranvier/app/cli.hpp"
#include "ranvier/app/commands.hpp"
#include "ranvier/app/experiment_options.hpp"
#include "ranvier/app/map_cuts.hpp"
#include "ranvier/app/map_delivery.hpp"
#include "ranvier/app/map_search.hpp"
#include "ranvier/app/table.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/sweep/mapping.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace ranvier::app {
namespace {

struct MapOptions : ExperimentOptions {
  std::string variant;
  std::string objective;  // empty: show the mapping, search nothing
  std::string preset;     // of the search; empty: every one of the run
  bool confirm = false;
  bool cuts = false;
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

std::string mapping_text(const Json& mapped) {
  std::vector<std::vector<std::string>> rows{
      {"layer", "chip", "neurons", "weights", "MACs", "cores"}};
  for (const auto& layer : mapped.at("layers")) {
    const auto first = layer.at("chip").dump();
    const auto last = layer.at("last_chip").dump();
    rows.push_back({layer.at("layer"), first == last ? first : first + ".." + last,
                    layer.at("neurons").dump(), layer.at("weights").dump(), layer.at("macs").dump(),
                    layer.at("cores").dump()});
  }
  std::string text =
      fmt::format("{}: {} chips, {} cores in use\n{}\n", mapped.at("variant").get<std::string>(),
                  mapped.at("chips").get<int>(), mapped.at("cores").get<int>(), text_table(rows));
  if (!mapped.contains("multicast")) return text;
  for (const auto& gain : mapped.at("multicast")) text += delivery_text(gain);
  return text;
}

std::vector<std::string> chosen_variants(const MapOptions& options,
                                         const sweep::Experiment& experiment) {
  if (!options.variant.empty()) return {options.variant};
  return sweep::bundle_names(options.source, experiment.values);
}

/// Prints what `look` finds for every chosen bundle: a text each, as it is found, or all of it as
/// JSON. look(experiment, bundle, found) calls found(Json); text(Json) -> std::string.
template <class Look, class Text>
void look_at_bundles(const MapOptions& options, const Common& common, Look look, Text text) {
  const sweep::Experiment experiment = load(options, common);
  Json all = Json::array();
  for (const auto& name : chosen_variants(options, experiment)) {
    auto bundle = sweep::read_bundle(options.source, name);
    look(experiment, bundle, [&](Json found) {
      if (!common.json) fmt::print("{}", text(found));
      all.push_back(std::move(found));
    });
  }
  if (common.json) fmt::print("{}\n", all.dump(2));
}

Json mapping_json(const sweep::Experiment& experiment, sweep::Bundle& bundle,
                  const Common& common) {
  sweep::find_mapping(experiment, bundle, common.quiet);
  const auto mapping = sweep::mapping_of(experiment, bundle, experiment.presets.front().package);
  Json entry{
      {"variant", bundle.variant}, {"chips", mapping.chips_used}, {"cores", mapping.tiles_used}};
  for (size_t i = 0; i < bundle.network.layers.size(); ++i) {
    entry["layers"].push_back(layer_json(bundle.network, mapping, i));
  }
  entry["delivery"] = to_string(mapping.delivery);
  if (mapping.delivery == map::DeliveryMode::kMulticast) {
    for (const auto& setup : experiment.presets) {
      entry["multicast"].push_back(delivery_gain(experiment, setup, bundle, mapping));
    }
  }
  return entry;
}

map::Objective objective_named(const std::string& name) {
  using enum map::Objective;
  for (const auto objective : {kBits, kLatency, kEnergy}) {
    if (to_string(objective) == name) return objective;
  }
  return kEdp;
}

void map_variants(const MapOptions& options, const Common& common) {
  look_at_bundles(
      options, common,
      [&](const auto& experiment, auto& bundle, const auto& found) {
        found(mapping_json(experiment, bundle, common));
      },
      mapping_text);
}

void search_variants(const MapOptions& options, const Common& common) {
  const MapSearch search{.objective = objective_named(options.objective),
                         .confirm = options.confirm};
  look_at_bundles(
      options, common,
      [&](const auto& experiment, const auto& bundle, const auto& found) {
        for (const auto& setup : presets_named(experiment, options.preset)) {
          found(search_variant(experiment, setup, bundle, search, common));
        }
      },
      [](const Json& found) { return search_text(found) + "\n"; });
}

void choose_cuts(const MapOptions& options, const Common& common) {
  look_at_bundles(
      options, common,
      [](const auto& experiment, const auto& bundle, const auto& found) {
        found(cuts_json(experiment, bundle));
      },
      [](const Json& cuts) { return cuts_text(cuts) + "\n"; });
}

/// Flags of the search mean nothing without it, and cuts are chosen without one.
void require_objective(const MapOptions& options) {
  if (options.cuts && !options.objective.empty()) {
    refuse_flag("--cuts", "it beside --objective", "one of the two",
                "Cuts are those of least bits; other cuts need another training.");
  }
  for (const auto& [flag, given] :
       {std::pair{"--confirm", options.confirm}, {"--preset", !options.preset.empty()}}) {
    if (!given || !options.objective.empty()) continue;
    refuse_flag(flag, "it without --objective", "--objective bits|latency|energy|edp beside it");
  }
}

}  // namespace

void attach_map(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<MapOptions>();
  app.add_option("DIR", options->source, "run directory with trained bundles")->required();
  app.add_option("--variant", options->variant, "only this variant");
  app.add_option("--objective", options->objective,
                 "search for the mapping of least bits, latency, energy or edp (energy x delay)")
      ->check(CLI::IsMember({"bits", "latency", "energy", "edp"}));
  app.add_option("--preset", options->preset, "search under this one of the run's presets only");
  app.add_flag("--confirm", options->confirm, "simulate the naive and the found mapping");
  app.add_flag("--cuts", options->cuts,
               "take the run's cuts as candidates: which to keep for fewer chips");
  add_set(app, *options);
  app.callback([options, &common, &action] {
    action = [options, &common] {
      require_objective(*options);
      if (options->cuts) return choose_cuts(*options, common);
      options->objective.empty() ? map_variants(*options, common)
                                 : search_variants(*options, common);
    };
  });
}

}  // namespace ranvier::app
