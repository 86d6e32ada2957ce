#pragma once
// Bundles of networks without weights: what mapping and simulation read, every part of it labelled
// `assumed`.

#include "ranvier/shapes/settings.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace ranvier::shapes {

/// One variant of the experiment.
struct Variant {
  std::string name;
  ir::NetworkKind kind = ir::NetworkKind::kHnn;
  codec::CodecSpec codec;  // an snn: rate(steps)
  int steps = 1;           // T of an snn
  std::optional<double> events_per_neuron;
};

/// The network of a variant: cut where the settings say, or filled with a boundary behind every
/// layer that another one reads. Errors: UserError when it is an snn of a network with gates.
ir::Network describe(const Settings& settings, const Variant& variant);

/// bundle/<variant>/{network.json, activity.h5, metrics.json} under `run_directory`.
/// Errors: UserError for events that the variant's codec cannot send; RunError for files.
void write_bundle(const Settings& settings, const Variant& variant,
                  const std::filesystem::path& run_directory);

}  // namespace ranvier::shapes
