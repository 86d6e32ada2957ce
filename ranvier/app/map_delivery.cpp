#include "ranvier/app/map_delivery.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/app/map_search.hpp"
#include "ranvier/core/quantity.hpp"
#include "ranvier/map/multicast.hpp"

#include <fmt/format.h>

namespace ranvier::app {
namespace {

using Json = nlohmann::ordered_json;

Json costs_of(const workload::Workload& workload, const sweep::PresetSetup& setup) {
  const auto estimate = analytic::estimate(workload, setup.package);
  const double seconds =
      static_cast<double>(estimate.latency.value()) / setup.package.core_clock.value();
  const auto& ledger = estimate.ledger;
  return {{"die_to_die_bits", ledger[core::Event::kDieToDieBits]},
          {"mesh_bit_hops", ledger[core::Event::kLinkBitHops]},
          {"flit_hops", ledger[core::Event::kFlitHops]},
          {"latency_us", seconds * core::kMicro},
          {"energy_uj",
           cost::price(ledger, seconds, setup.cost).total_pj / core::kPicojoulesPerMicrojoule},
          {"congested", estimate.congested}};
}

}  // namespace

Json delivery_gain(const sweep::Experiment& experiment, const sweep::PresetSetup& setup,
                   const sweep::Bundle& bundle, const map::Mapping& mapping) {
  const auto workload_of = [&](const map::Mapping& mapped) {
    return map::build_workload(bundle.network, mapped, bundle.activity, 0,
                               sweep::wire_of(experiment.values, bundle.variant), setup.package);
  };
  map::Mapping copies = mapping;
  copies.delivery = map::DeliveryMode::kUnicast;
  copies.layers.front().clear();  // complete() places the image
  map::complete(bundle.network, setup.package, copies);
  const workload::Workload forked = workload_of(mapping);
  const map::TreeUse use = map::tree_use(forked, setup.package);
  const Json unicast = costs_of(workload_of(copies), setup);
  const Json multicast = costs_of(forked, setup);
  return {{"preset", setup.name},
          {"trees", use.trees},
          {"most_trees_through_a_router", use.most_entries},
          {"messages_along_trees", use.messages},
          {"targets_of_trees", use.targets},
          {"unicast", unicast},
          {"multicast", multicast},
          {"gain_analytic", gain_json(unicast, multicast)}};
}

std::string delivery_text(const Json& gain) {
  const auto number = [&](const char* key) { return gain.at(key).get<int64_t>(); };
  return fmt::format(
             "multicast on {}: {} messages to {} readers along {} trees, at most {} through one "
             "router\n",
             gain.at("preset").get<std::string>(), number("messages_along_trees"),
             number("targets_of_trees"), number("trees"), number("most_trees_through_a_router")) +
         gain_line("  against unicast, analytic", gain.at("gain_analytic"));
}

}  // namespace ranvier::app
