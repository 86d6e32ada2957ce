#include "ranvier/sweep/mapping.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"
#include "ranvier/core/progress.hpp"

#include <memory>
#include <tuple>

namespace ranvier::sweep {
namespace {

/// What a mapping depends on.
auto extent(const arch::PackageSpec& package) {
  return std::tuple(package.chips_x, package.chips_y, package.chip.mesh,
                    package.chip.neurons_per_core, package.chip.weight_sram_bytes);
}

void require_one_extent(const Experiment& experiment) {
  for (const auto& setup : experiment.presets) {
    if (extent(setup.package) == extent(experiment.presets.front().package)) continue;
    experiment.values.refuse("mapping.search", "none while presets differ in chips or cores",
                             "Give hardware.mesh, neurons_per_core and weight_sram in the file.");
  }
}

map::Objective objective_of(const std::string& name) {
  using enum map::Objective;
  for (const auto objective : {kBits, kLatency, kEnergy}) {
    if (to_string(objective) == name) return objective;
  }
  return kEdp;
}

}  // namespace

map::SearchOptions search_options(
    const Experiment& experiment, const PresetSetup& setup, map::Objective objective,
    std::function<void(const std::string&, int64_t, int64_t)> progress) {
  return {.objective = objective,
          .seed = experiment.seed,
          .moves_per_item = experiment.values.integer("mapping.moves"),
          .energy_pj =
              [&setup](const analytic::Estimate& estimate) {
                const double seconds = static_cast<double>(estimate.latency.value()) /
                                       setup.package.core_clock.value();
                return cost::price(estimate.ledger, seconds, setup.cost).total_pj;
              },
          .progress = std::move(progress)};
}

std::function<void(const std::string&, int64_t, int64_t)> search_progress(
    const std::string& variant, bool quiet) {
  struct ProgressLine {
    std::string what;
    std::optional<core::Progress> drawn;
  };
  return [variant, quiet, line = std::make_shared<ProgressLine>()](const std::string& what,
                                                                   int64_t done, int64_t total) {
    core::check_interrupt("the search for a mapping was left");
    if (what != line->what) {
      line->what = what;
      line->drawn.emplace("map " + variant + ": " + what, total, quiet);
    }
    line->drawn->update(done);
  };
}

std::optional<map::Mapping> found_mapping(const Experiment& experiment, const Bundle& bundle,
                                          bool quiet) {
  const std::string& wanted = experiment.values.text("mapping.search");
  if (wanted == "none") return std::nullopt;
  require_one_extent(experiment);
  const PresetSetup& setup = experiment.presets.front();
  const map::SearchInput input{.network = bundle.network,
                               .activity = bundle.activity,
                               .wire = wire_of(experiment.values, bundle.variant),
                               .package = setup.package,
                               .delivery = delivery_of(experiment.values)};
  return map::search_mapping(input, search_options(experiment, setup, objective_of(wanted),
                                                   search_progress(bundle.variant, quiet)))
      .mapping;
}

void find_mapping(const Experiment& experiment, Bundle& bundle, bool quiet) {
  bundle.mapping = found_mapping(experiment, bundle, quiet);
}

map::Mapping mapping_of(const Experiment& experiment, const Bundle& bundle,
                        const arch::PackageSpec& package) {
  if (bundle.mapping) return *bundle.mapping;
  return map::map_network(bundle.network, package, {}, delivery_of(experiment.values));
}

}  // namespace ranvier::sweep
