#pragma once
// One experiment as configured: its file, its presets lowered to hardware and prices, its variants.

#include "ranvier/arch/package.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/config/layers.hpp"
#include "ranvier/config/values.hpp"
#include "ranvier/cost/price.hpp"
#include "ranvier/map/mapper.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace ranvier::sweep {

/// The hardware and the prices of one preset, with the experiment's own overrides on top.
struct PresetSetup {
  std::string name;
  config::Values values;
  arch::PackageSpec package;
  cost::CostSpec cost;
};

struct Experiment {
  std::string name;
  uint64_t seed = 1;
  int simulated_samples = 1;
  config::Values values;  // what training reads
  std::vector<PresetSetup> presets;
};

/// Keys of this layer: name, seed, presets, simulate.*.
std::span<const config::Field> experiment_schema();

/// Every key an experiment file may hold: this layer's, hardware, cost, and `training`.
std::vector<config::Field> full_schema(std::span<const config::Field> training);

/// Reads the file and lowers every preset, so that bad hardware is refused before any training.
/// Errors: UserError of config, arch and cost; mapping.delivery, when packets would fork on links
/// that lose values.
Experiment load_experiment(const std::filesystem::path& file,
                           std::span<const std::string> overrides,
                           std::span<const config::Field> training);

/// An experiment read once, for many sets of overrides on top. Safe to use from several threads.
class ExperimentBase {
 public:
  /// `overrides` hold for every experiment made from it; they alone may change the presets.
  /// Errors: UserError of config.
  ExperimentBase(const std::filesystem::path& file, std::span<const std::string> overrides,
                 std::span<const config::Field> training);
  ExperimentBase(ExperimentBase&&) noexcept = default;  // a copy's layers would name our schema
  /// Equal to load_experiment with these overrides behind those of the base. Errors: the same.
  Experiment with(std::span<const std::string> overrides) const;
  /// Its preset `index` alone. Errors: those about this preset.
  PresetSetup preset(size_t index, std::span<const std::string> overrides) const;
  /// What training reads, with the same checks of every single key. Hardware is not lowered.
  config::Values values(std::span<const std::string> overrides) const;

 private:
  std::vector<config::Field> own_schema_;
  std::vector<config::Field> schema_;
  std::vector<std::string> overrides_;
  std::vector<std::string> presets_;
  std::vector<config::Layers> layers_;  // the experiment's own, then one of every preset
};

/// mapping.delivery
map::DeliveryMode delivery_of(const config::Values& values);

/// Wire format of a variant: variants.<name>.wire, or packet / burst / auto by the baseline's name.
codec::WireKind wire_of(const config::Values& values, const std::string& variant);

}  // namespace ranvier::sweep
