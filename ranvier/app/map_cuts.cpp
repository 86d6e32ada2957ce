#include "ranvier/app/map_cuts.hpp"

#include "ranvier/app/table.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/ir/cut_names.hpp"
#include "ranvier/map/candidate_cuts.hpp"
#include "ranvier/map/statistics.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace ranvier::app {
namespace {

using Json = nlohmann::ordered_json;

void require_cuts(const sweep::Bundle& bundle) {
  const ir::Network& network = bundle.network;
  if (network.chip_rule == ir::ChipRule::kCut && !network.boundaries.empty()) return;
  throw core::UserError({.key = "--cuts",
                         .given = fmt::format("{}, a network without cuts", bundle.variant),
                         .allowed = "a network that was trained with cuts",
                         .place = {},
                         .hint = "network.cuts of the experiment lists the candidates."});
}

std::string names_of(const Json& kept) {
  return kept.empty() ? "none"
                      : fmt::format("{}", fmt::join(kept.get<std::vector<std::string>>(), ", "));
}

}  // namespace

Json cuts_json(const sweep::Experiment& experiment, const sweep::Bundle& bundle) {
  require_cuts(bundle);
  const arch::PackageSpec& package = experiment.presets.front().package;
  const map::Mapping mapping = map::map_network(bundle.network, package);
  const auto use =
      map::boundary_statistics(bundle.network, mapping, bundle.activity,
                               sweep::wire_of(experiment.values, bundle.variant), package);
  Json out{{"variant", bundle.variant}, {"preset", experiment.presets.front().name}};
  std::vector<double> bits;
  for (const map::BoundaryUse& cut : use.boundaries) {
    bits.push_back(cut.bits_per_activation * static_cast<double>(cut.neurons));
    out["candidates"].push_back({{"cut", ir::cut_name(cut.name)},
                                 {"neurons", cut.neurons},
                                 {"events_per_neuron", cut.events_per_neuron},
                                 {"bits_per_activation", cut.bits_per_activation},
                                 {"bits", bits.back()}});
  }
  out["choices"] = Json::array();
  for (const auto& choice : map::cut_choices(bundle.network, mapping, bits, package)) {
    Json kept = Json::array();
    for (const int b : choice.kept) {
      kept.push_back(ir::cut_name(bundle.network.boundaries[static_cast<size_t>(b)].name));
    }
    out["choices"].push_back({{"chips", choice.chips},
                              {"cuts", kept},
                              {"bits", choice.bits},
                              {"most_cores", choice.most_cores}});
  }
  return out;
}

std::string cuts_text(const Json& cuts) {
  std::vector<std::vector<std::string>> sent{
      {"cut", "neurons", "events/neuron", "bits/act", "bits"}};
  for (const auto& cut : cuts.at("candidates")) {
    sent.push_back({cut.at("cut"), cut.at("neurons").dump(),
                    short_number(cut.at("events_per_neuron")),
                    short_number(cut.at("bits_per_activation")), short_number(cut.at("bits"))});
  }
  std::vector<std::vector<std::string>> kept{
      {"chips", "bits", "cores of the fullest", "cuts of least bits"}};
  for (const auto& choice : cuts.at("choices")) {
    kept.push_back({choice.at("chips").dump(), short_number(choice.at("bits")),
                    choice.at("most_cores").dump(), names_of(choice.at("cuts"))});
  }
  return fmt::format(
      "{} on {}: what crosses each cut in one inference\n{}\n{}\n"
      "Train again with those alone: --set network.cuts=[...]\n",
      cuts.at("variant").get<std::string>(), cuts.at("preset").get<std::string>(), text_table(sent),
      text_table(kept));
}

}  // namespace ranvier::app
