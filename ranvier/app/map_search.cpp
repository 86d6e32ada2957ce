#include "ranvier/app/map_search.hpp"

#include "ranvier/app/map_delivery.hpp"
#include "ranvier/app/table.hpp"
#include "ranvier/core/quantity.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sweep/mapping.hpp"

#include <fmt/format.h>

namespace ranvier::app {
namespace {

using Json = nlohmann::ordered_json;

double ratio(double before, double after) { return after > 0 ? before / after : 1; }

Json merit_json(const map::Merit& merit, const sweep::PresetSetup& setup) {
  return {{"die_to_die_bits", merit.die_bits},
          {"mesh_bit_hops", merit.mesh_bit_hops},
          {"latency_us", static_cast<double>(merit.latency_cycles) /
                             setup.package.core_clock.value() * core::kMicro},
          {"energy_uj", merit.energy_pj / core::kPicojoulesPerMicrojoule},
          {"congested", merit.congested}};
}

double seconds_of(core::Cycles latency, const arch::PackageSpec& package) {
  return static_cast<double>(latency.value()) / package.core_clock.value();
}

Json simulated(const sweep::Experiment& experiment, const sweep::PresetSetup& setup,
               const sweep::Bundle& bundle, const map::Mapping& mapping) {
  const auto workload =
      map::build_workload(bundle.network, mapping, bundle.activity, 0,
                          sweep::wire_of(experiment.values, bundle.variant), setup.package);
  sim::Options options;
  options.watchdog_cycles = experiment.values.integer("simulate.watchdog_cycles");
  const auto result = sim::simulate(workload, setup.package, options);
  const double seconds = seconds_of(result.latency, setup.package);
  const auto priced = cost::price(result.ledger, seconds, setup.cost);
  return {{"die_to_die_bits", result.ledger[core::Event::kDieToDieBits]},
          {"mesh_bit_hops", result.ledger[core::Event::kLinkBitHops]},
          {"latency_us", seconds * core::kMicro},
          {"energy_uj", priced.total_pj / core::kPicojoulesPerMicrojoule}};
}

std::vector<std::string> row_of(const std::string& name, const Json& merit) {
  const auto number = [&](const char* key) { return short_number(merit.at(key).get<double>()); };
  return {name, merit.at("die_to_die_bits").dump(), merit.at("mesh_bit_hops").dump(),
          number("latency_us"), number("energy_uj")};
}

}  // namespace

Json gain_json(const Json& naive, const Json& found) {
  Json gain = Json::object();
  for (const char* key : {"die_to_die_bits", "mesh_bit_hops", "latency_us", "energy_uj"}) {
    gain[key] = ratio(naive.at(key).get<double>(), found.at(key).get<double>());
  }
  gain["energy_delay"] = gain.at("latency_us").get<double>() * gain.at("energy_uj").get<double>();
  return gain;
}

std::string gain_line(const char* model, const Json& gain) {
  const auto number = [&](const char* key) { return gain.at(key).get<double>(); };
  return fmt::format(
      "{}: {:.2f}x fewer die-to-die bits, {:.2f}x fewer mesh bit-hops, {:.2f}x lower latency, "
      "{:.2f}x less energy\n",
      model, number("die_to_die_bits"), number("mesh_bit_hops"), number("latency_us"),
      number("energy_uj"));
}

Json search_variant(const sweep::Experiment& experiment, const sweep::PresetSetup& setup,
                    const sweep::Bundle& bundle, const MapSearch& search, const Common& common) {
  const auto options = sweep::search_options(experiment, setup, search.objective,
                                             sweep::search_progress(bundle.variant, common.quiet));
  const map::SearchInput input{.network = bundle.network,
                               .activity = bundle.activity,
                               .wire = sweep::wire_of(experiment.values, bundle.variant),
                               .package = setup.package,
                               .delivery = sweep::delivery_of(experiment.values)};
  const auto result = map::search_mapping(input, options);
  Json json{{"variant", bundle.variant},
            {"preset", setup.name},
            {"objective", to_string(search.objective)},
            {"seed", experiment.seed},
            {"chosen", result.candidates[result.chosen].name},
            {"candidates", Json::object()}};
  for (const auto& candidate : result.candidates) {
    json["candidates"][candidate.name] = merit_json(candidate.merit, setup);
  }
  if (result.mapping.delivery == map::DeliveryMode::kMulticast) {
    json["multicast"] = delivery_gain(experiment, setup, bundle, result.mapping);
  }
  const Json found = json["candidates"][result.candidates[result.chosen].name];
  json["gain_analytic"] = gain_json(json["candidates"]["naive"], found);
  if (search.confirm) {
    const auto naive = map::map_network(bundle.network, setup.package, {}, input.delivery);
    json["cycle"] = {{"naive", simulated(experiment, setup, bundle, naive)},
                     {"found", simulated(experiment, setup, bundle, result.mapping)}};
    json["gain_cycle"] = gain_json(json["cycle"]["naive"], json["cycle"]["found"]);
  }
  return json;
}

std::string search_text(const Json& found) {
  std::vector<std::vector<std::string>> rows{
      {"mapping", "die-to-die bits", "mesh bit-hops", "latency us", "energy uJ"}};
  for (const auto& [name, merit] : found.at("candidates").items()) {
    rows.push_back(row_of(name + (name == found.at("chosen") ? " <" : ""), merit));
  }
  if (found.contains("cycle")) {
    for (const auto& [name, merit] : found.at("cycle").items()) {
      rows.push_back(row_of(name + ", simulated", merit));
    }
  }
  std::string text = fmt::format("{} on {}, least {}\n{}", found.at("variant").get<std::string>(),
                                 found.at("preset").get<std::string>(),
                                 found.at("objective").get<std::string>(), text_table(rows));
  text += gain_line("analytic", found.at("gain_analytic"));
  if (found.contains("multicast")) text += delivery_text(found.at("multicast"));
  if (found.contains("gain_cycle")) text += gain_line("cycle", found.at("gain_cycle"));
  return text;
}

}  // namespace ranvier::app
