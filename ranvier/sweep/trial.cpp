#include "ranvier/sweep/trial.hpp"

namespace ranvier::sweep {

Experiment experiment_at(const ExperimentBase& base, const SweepSpec& spec, const Address& at) {
  auto overrides = overrides_of(spec, at.settings);
  if (!at.lane_rate.empty()) overrides.push_back("hardware.serdes.lane_rate=" + at.lane_rate);
  return base.with(overrides);
}

Trial trial_at(const Address& at, const Experiment& experiment, const Source& source,
               std::string_view program) {
  const PresetSetup& setup = experiment.presets[at.preset];
  const std::string& name = source.bundles[at.variant].variant;
  Identity identity = simulation_identity(experiment, setup, name, at.fidelity,
                                          source.bundle_hashes[at.variant], program);
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
          .samples = experiment.simulated_samples,
          .workload_key = workload_key(experiment, setup, name)};
}

}  // namespace ranvier::sweep
