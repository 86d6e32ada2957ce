#include "ranvier/sweep/experiment.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/shapes/settings.hpp"
#include "ranvier/sweep/link_loss.hpp"

#include <array>

namespace ranvier::sweep {
namespace {

using config::Field;
using config::Kind;

constexpr std::array<Field, 9> kExperimentFields{{
    {.key = "name",
     .kind = Kind::kText,
     .fallback = config::kRequired,
     .doc = "Name of the experiment; it heads the report."},
    {.key = "seed",
     .kind = Kind::kInteger,
     .fallback = "1",
     .minimum = 0,
     .maximum = 9007199254740992.0,
     .doc = "Seed of everything random."},
    {.key = "presets",
     .kind = Kind::kTexts,
     .fallback = "[paper45nm, ucie16nm]",
     .doc = "Hardware presets that every variant is simulated and priced under."},
    {.key = "simulate.samples",
     .kind = Kind::kInteger,
     .fallback = "1",
     .minimum = 1,
     .maximum = 1024,
     .doc = "Recorded test samples to simulate; latency and energy are their means."},
    {.key = "simulate.loss_samples",
     .kind = Kind::kInteger,
     .fallback = "",
     .minimum = 0,
     .maximum = 1e9,
     .doc =
         "Where links damage bits and repeat nothing: test samples with which the networks are "
         "scored again with what is lost. Absent: all of them, where there are weights; 0: none."},
    {.key = "mapping.search",
     .kind = Kind::kChoice,
     .fallback = "none",
     .allowed = "none|bits|latency|energy|edp",
     .doc =
         "What a search for the mapping of each variant makes least, in the analytic model under "
         "the first preset; none: layers and tiles in order. The other presets use what it "
         "found."},
    {.key = "mapping.delivery",
     .kind = Kind::kChoice,
     .fallback = "unicast",
     .allowed = "unicast|multicast",
     .doc =
         "Outputs that several tiles read: a copy for each, or packets that fork in routers, once "
         "over every link and die edge of the tree of their routes."},
    {.key = "mapping.moves",
     .kind = Kind::kInteger,
     .fallback = "300",
     .minimum = 0,
     .maximum = 1e6,
     .doc = "Annealing moves per tile and crossing."},
    {.key = "simulate.watchdog_cycles",
     .kind = Kind::kInteger,
     .fallback = "1000000",
     .minimum = 1000,
     .maximum = 1e12,
     .unit = "core cycles",
     .doc = "A simulation in which no flit moves for this long is called a deadlock."},
}};

/// The experiment's own view: hardware and cost keys are there only where the file overrides the
/// presets, so that reading the resolved file again leaves each preset's constants alone.
std::vector<Field> without_hardware_defaults(std::span<const Field> training) {
  auto schema = full_schema(training);
  for (auto& field : schema) {
    if (field.key.rfind("hardware.", 0) == 0 || field.key.rfind("cost.", 0) == 0)
      field.fallback = "";
  }
  return schema;
}

/// What a loss costs in accuracy is told block by block, without simulating: not where blocks fork.
void require_whole_values(const Experiment& experiment) {
  if (delivery_of(experiment.values) == map::DeliveryMode::kUnicast) return;
  for (const PresetSetup& setup : experiment.presets) {
    if (!loses_values(setup.package)) continue;
    experiment.values.refuse(
        "mapping.delivery",
        "unicast while links lose values: hardware.serdes.bit_error_rate above "
        "0, hardware.serdes.retry none (preset " +
            setup.name + ")",
        "With retry nothing is lost.");
  }
}

std::vector<std::string> joined(std::span<const std::string> first,
                                std::span<const std::string> second) {
  std::vector<std::string> all(first.begin(), first.end());
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

}  // namespace

std::span<const Field> experiment_schema() { return kExperimentFields; }

std::vector<Field> full_schema(std::span<const Field> training) {
  std::vector<Field> all(kExperimentFields.begin(), kExperimentFields.end());
  for (const auto part :
       {shapes::shapes_schema(), training, arch::hardware_schema(), cost::cost_schema()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

ExperimentBase::ExperimentBase(const std::filesystem::path& file,
                               std::span<const std::string> overrides,
                               std::span<const Field> training)
    : own_schema_(without_hardware_defaults(training)),
      schema_(full_schema(training)),
      overrides_(overrides.begin(), overrides.end()) {
  const config::Source source{file.string(), core::read_file(file, "experiment")};
  layers_.emplace_back(std::span(&source, 1), own_schema_);
  const config::Values own = layers_.front().load(overrides_);
  presets_ = own.texts("presets");
  if (presets_.empty()) own.refuse("presets", "at least one preset");
  for (const auto& name : presets_) {
    const std::array<config::Source, 2> sources{
        config::Source{"preset " + name, std::string(arch::preset_yaml(name))}, source};
    layers_.emplace_back(sources, schema_);
  }
}

config::Values ExperimentBase::values(std::span<const std::string> overrides) const {
  return layers_.front().load(joined(overrides_, overrides));
}

PresetSetup ExperimentBase::preset(size_t index, std::span<const std::string> overrides) const {
  PresetSetup setup{.name = presets_[index],
                    .values = layers_[index + 1].load(joined(overrides_, overrides)),
                    .package = {},
                    .cost = {}};
  setup.package = arch::package_from(setup.values);
  setup.cost = cost::cost_from(setup.values, setup.package);
  return setup;
}

Experiment ExperimentBase::with(std::span<const std::string> overrides) const {
  config::Values own = values(overrides);
  Experiment experiment{.name = own.text("name"),
                        .seed = static_cast<uint64_t>(own.integer("seed")),
                        .simulated_samples = static_cast<int>(own.integer("simulate.samples")),
                        .values = own,
                        .presets = {}};
  for (size_t p = 0; p < presets_.size(); ++p) {
    experiment.presets.push_back(preset(p, overrides));
  }
  require_whole_values(experiment);
  return experiment;
}

Experiment load_experiment(const std::filesystem::path& file,
                           std::span<const std::string> overrides,
                           std::span<const Field> training) {
  return ExperimentBase(file, overrides, training).with({});
}

map::DeliveryMode delivery_of(const config::Values& values) {
  using enum map::DeliveryMode;
  return values.text("mapping.delivery") == to_string(kMulticast) ? kMulticast : kUnicast;
}

codec::WireKind wire_of(const config::Values& values, const std::string& variant) {
  const std::string key = "variants." + variant + ".wire";
  if (values.given(key)) return codec::parse_wire(values.text(key), key);
  if (variant == "ann-packet") return codec::WireKind::kPacket;
  if (variant.rfind("ann-burst", 0) == 0) return codec::WireKind::kBurst;
  return codec::WireKind::kAuto;
}

}  // namespace ranvier::sweep
