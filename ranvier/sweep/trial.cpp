#include "ranvier/sweep/trial.hpp"

#include <utility>

namespace ranvier::sweep {

Experiment experiment_at(const ExperimentBase& base, const SweepSpec& spec, const Address& at) {
  auto overrides = overrides_of(spec, at.settings);
  if (!at.lane_rate.empty()) overrides.push_back("hardware.serdes.lane_rate=" + at.lane_rate);
  return base.with(overrides);
}

Experiment point_of(const ExperimentBase& base, const SweepSpec& spec, const Address& at) {
  return base.with(overrides_of(spec, at.settings));
}

Trial trial_at(const Address& at, const Experiment& experiment, const Experiment& point,
               const Source& source, std::string_view program) {
  const PresetSetup& setup = experiment.presets[at.preset];
  const std::string& name = source.bundles[at.variant].variant;
  auto search = search_identity(point, name);
  const std::string mapping = search ? search->hash : std::string();
  Identity identity = simulation_identity(experiment, setup, name, at.fidelity,
                                          source.bundle_hashes[at.variant], program, mapping);
  return {.at = at,
          .record = {.hash = std::move(identity.hash),
                     .variant = name,
                     .preset = setup.name,
                     .fidelity = at.fidelity,
                     .configuration = std::move(identity.text),
                     .message = {},
                     .measured = {}},
          .package = setup.package,
          .watchdog_cycles = experiment.values.integer("simulate.watchdog_cycles"),
          .wire = wire_of(experiment.values, name),
          .delivery = delivery_of(experiment.values),
          .samples = experiment.simulated_samples,
          .seed = experiment.seed,
          .search = std::move(search),
          .workload_key = workload_key(experiment, setup, name, mapping)};
}

}  // namespace ranvier::sweep
