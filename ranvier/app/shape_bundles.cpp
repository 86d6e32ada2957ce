#include "ranvier/app/shape_bundles.hpp"

#include "ranvier/shapes/bundle.hpp"
#include "ranvier/train/settings.hpp"

#include <spdlog/spdlog.h>

namespace ranvier::app {
namespace {

/// What training would learn.
void refuse_learned(const config::Values& values, const train::VariantSettings& variant) {
  const std::string prefix = "variants." + variant.name + ".";
  if (variant.bits_per_activation) {
    values.refuse(prefix + "bits_per_activation",
                  "events_per_neuron: a network without weights learns nothing");
  }
  if (variant.bottleneck.exists()) {
    values.refuse(prefix + "codec", "a codec without bottleneck for a network without weights");
  }
}

}  // namespace

void write_shape_bundles(const sweep::Experiment& experiment, const std::filesystem::path& run,
                         const std::function<void(const ir::Network&)>& examine) {
  const auto shapes = shapes::parse_settings(experiment.values);
  for (const auto& variant : train::parse_settings(experiment.values).variants) {
    refuse_learned(experiment.values, variant);
    const shapes::Variant wanted{.name = variant.name,
                                 .kind = variant.kind,
                                 .codec = variant.codec,
                                 .steps = variant.steps,
                                 .events_per_neuron = variant.events_per_neuron};
    examine(shapes::describe(shapes, wanted));
    shapes::write_bundle(shapes, wanted, run);
  }
  spdlog::info("{} has no weights; its activity is assumed", shapes.architecture.name);
}

}  // namespace ranvier::app
