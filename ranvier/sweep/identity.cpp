#include "ranvier/sweep/identity.hpp"

#include "ranvier/core/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ranvier::sweep {
namespace {

/// Hardware that map/ and the workload never read; identity_test.cpp proves it key by key.
constexpr std::array<std::string_view, 4> kUnmapped = {"hardware.core_clock", "hardware.router.",
                                                       "hardware.emio.", "hardware.serdes."};
/// But this one adds bits to every flit on a link: to b, and to what `auto` chooses by.
constexpr std::string_view kChecksum = "hardware.serdes.crc_bits";

/// Read where packets fork, and nowhere else.
constexpr std::string_view kForkBuffer = "hardware.router.fork_flits";

bool is_hardware(std::string_view key, map::DeliveryMode delivery) {
  if (key == kForkBuffer) return delivery == map::DeliveryMode::kMulticast;
  return key.starts_with("hardware.");
}

/// Nothing for unicast, which results from before there was a choice have.
std::string delivery_line(map::DeliveryMode delivery) {
  if (delivery == map::DeliveryMode::kUnicast) return {};
  return fmt::format("delivery: {}\n", to_string(delivery));
}

bool is_wire(std::string_view key) {
  return key.starts_with("variants.") && key.ends_with(".wire");
}

/// "key: value" of every present key that `wanted` picks.
template <class Wanted>
std::string lines(const config::Values& values, Wanted wanted) {
  std::string text;
  for (const auto& item : values.items()) {
    if (wanted(item.key)) text.append(item.key).append(": ").append(item.text).append("\n");
  }
  return text;
}

std::string wire_line(const Experiment& experiment, const std::string& variant) {
  return fmt::format("variant: {}\nwire: {}\nsamples: {}\n", variant,
                     codec::to_string(wire_of(experiment.values, variant)),
                     experiment.simulated_samples);
}

std::string mapping_line(std::string_view search) {
  return search.empty() ? std::string() : fmt::format("mapping: {}\n", search);
}

bool has_bit_errors(const PresetSetup& setup) {
  return setup.values.real("hardware.serdes.bit_error_rate") > 0;
}

}  // namespace

Identity identity_of(std::string text) {
  std::string hash = fmt::format("{:016x}", core::content_hash(text));
  return {.hash = std::move(hash), .text = std::move(text)};
}

bool is_training_key(std::string_view key) {
  const bool evaluated = key.starts_with("hardware.") || key.starts_with("cost.") ||
                         key.starts_with("simulate.") || key.starts_with("mapping.") ||
                         is_wire(key);
  return !evaluated && key != "name" && key != "presets";
}

Identity training_identity(const config::Values& values) {
  return identity_of(lines(values, [](std::string_view key) {
    return is_training_key(key) && key != "train.checkpoint_seconds";
  }));
}

std::string bundle_hash(const std::filesystem::path& run, const std::string& variant) {
  const auto bundle = run / "bundle" / variant;
  const uint64_t network = core::content_hash(core::read_file(bundle / "network.json", variant));
  return fmt::format("{:016x}",
                     core::content_hash(core::read_file(bundle / "activity.h5", variant), network));
}

std::optional<Identity> search_identity(const Experiment& experiment, const std::string& variant) {
  const std::string& least = experiment.values.text("mapping.search");
  if (least == "none") return std::nullopt;
  const bool is_priced = least == "energy" || least == "edp";
  std::string text = fmt::format(
      "mapping.search: {}\nmapping.moves: {}\nseed: {}\nvariant: {}\nwire: "
      "{}\n",
      least, experiment.values.integer("mapping.moves"), experiment.seed, variant,
      codec::to_string(wire_of(experiment.values, variant)));
  const auto delivery = delivery_of(experiment.values);
  text += delivery_line(delivery);
  text += lines(experiment.presets.front().values, [&](std::string_view key) {
    return is_hardware(key, delivery) || (is_priced && key.starts_with("cost."));
  });
  return identity_of(std::move(text));
}

bool depends_on_seed(const Experiment& experiment, Fidelity fidelity) {
  if (experiment.values.text("mapping.search") != "none") return true;
  return fidelity == Fidelity::kCycle && std::ranges::any_of(experiment.presets, has_bit_errors);
}

Identity simulation_identity(const Experiment& experiment, const PresetSetup& setup,
                             const std::string& variant, Fidelity fidelity,
                             const std::string& bundle, std::string_view program,
                             std::string_view search) {
  std::string text =
      fmt::format("program: {}\nfidelity: {}\nbundle: {}\n", program, to_string(fidelity), bundle);
  const auto delivery = delivery_of(experiment.values);
  text += wire_line(experiment, variant) + mapping_line(search) + delivery_line(delivery);
  if (fidelity == Fidelity::kCycle && has_bit_errors(setup)) {
    text += fmt::format("seed: {}\n", experiment.seed);
  }
  text += lines(setup.values, [&](std::string_view key) {
    return is_hardware(key, delivery) ||
           (fidelity == Fidelity::kCycle && key == "simulate.watchdog_cycles");
  });
  return identity_of(std::move(text));
}

std::string workload_key(const Experiment& experiment, const PresetSetup& setup,
                         const std::string& variant, std::string_view search) {
  const auto delivery = delivery_of(experiment.values);
  return wire_line(experiment, variant) + mapping_line(search) + delivery_line(delivery) +
         lines(setup.values, [&](std::string_view key) {
           if (key == kForkBuffer) return is_hardware(key, delivery);
           for (const auto prefix : kUnmapped) {
             if (key.starts_with(prefix)) return key == kChecksum;
           }
           return key.starts_with("hardware.");
         });
}

Identity price_identity(const PresetSetup& setup) {
  return identity_of(
      lines(setup.values, [](std::string_view key) { return key.starts_with("cost."); }));
}

}  // namespace ranvier::sweep
