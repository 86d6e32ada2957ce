#include "ranvier/app/details.hpp"

#include "ranvier/shapes/settings.hpp"
#include "ranvier/sweep/breakeven.hpp"
#include "ranvier/sweep/summary.hpp"

#include <fmt/format.h>

#include <map>

namespace ranvier::app {
namespace {

constexpr double kNano = 1e9;

report::LatencyParts latency_parts(const sweep::PresetResult& result) {
  const double ns = result.core_period_s * kNano;
  const sim::Breakdown& path = result.first.critical_path;
  return {.compute_ns = static_cast<double>(path.compute.value()) * ns,
          .network_ns = static_cast<double>(path.network.value()) * ns,
          .serialise_ns = static_cast<double>(path.serialise.value()) * ns,
          .crossing_ns = static_cast<double>(path.crossing.value()) * ns,
          .queue_ns = static_cast<double>(path.queue.value()) * ns};
}

std::string side_of(const arch::PackageSpec& package, core::ChipId from, core::ChipId to) {
  const auto a = arch::chip_origin(package, from);
  const auto b = arch::chip_origin(package, to);
  if (a.x != b.x) return a.x < b.x ? "east" : "west";
  return a.y < b.y ? "south" : "north";
}

std::vector<report::LinkLoad> link_loads(const sweep::PresetResult& result,
                                         const arch::PackageSpec& package) {
  std::vector<report::LinkLoad> loads;
  for (const auto& link : result.first.links) {
    loads.push_back({.from_chip = link.from.index(),
                     .to_chip = link.to.index(),
                     .side = side_of(package, link.from, link.to),
                     .bits = link.bits,
                     .utilisation = link.utilisation});
  }
  return loads;
}

std::vector<report::ChipLoad> chip_loads(const sweep::PresetResult& result,
                                         const arch::PackageSpec& package, int chips) {
  const int mesh = package.chip.mesh;
  std::map<int32_t, int64_t> flits;
  for (const auto& router : result.first.routers) flits[router.tile.index()] = router.flits;
  std::vector<report::ChipLoad> loads;
  for (int chip = 0; chip < chips; ++chip) {
    const auto origin = arch::chip_origin(package, core::ChipId(chip));
    report::ChipLoad load{
        .chip = chip, .column = origin.x / mesh, .row = origin.y / mesh, .router_flits = {}};
    for (int y = 0; y < mesh; ++y) {
      for (int x = 0; x < mesh; ++x) {
        const auto tile = arch::tile_at(package, {origin.x + x, origin.y + y});
        load.router_flits.push_back(flits[tile.index()]);
      }
    }
    loads.push_back(std::move(load));
  }
  return loads;
}

report::Threshold rate_threshold(const sweep::RateCrossing& crossing) {
  if (crossing.rate_bit_per_s <= 0) {
    return {crossing.always ? report::Wins::kAlways : report::Wins::kNever, 0};
  }
  return {crossing.faster_below ? report::Wins::kBelow : report::Wins::kAbove,
          crossing.rate_bit_per_s / kNano};
}

std::vector<report::BreakEven> break_evens(const sweep::Experiment& experiment,
                                           const sweep::ExperimentResult& result,
                                           const sweep::VariantResult& variant, size_t preset) {
  std::vector<report::BreakEven> all;
  if (variant.bundle.network.kind != ir::NetworkKind::kHnn) return all;
  const sweep::PresetSetup& setup = experiment.presets[preset];
  const auto mine = sweep::energy_line(variant.presets[preset], setup);
  for (const auto& baseline : result.variants) {
    if (baseline.bundle.network.kind != ir::NetworkKind::kAnn) continue;
    const auto theirs = sweep::energy_line(baseline.presets[preset], setup);
    all.push_back(
        {.baseline = baseline.name,
         .link_pj_per_bit =
             report::break_even(mine.fixed_pj, mine.link_bits, theirs.fixed_pj, theirs.link_bits),
         .link_gbps = rate_threshold(sweep::rate_crossing(experiment, setup, variant, baseline))});
  }
  return all;
}

std::vector<report::LevelCount> level_histogram(const ir::BoundaryActivity& activity, int samples) {
  std::map<int32_t, int64_t> counts;
  const int64_t plane = activity.elements;
  for (int s = 0; s < samples; ++s) {
    const int16_t* symbols = activity.symbols.data() + int64_t{s} * activity.steps * plane;
    for (int64_t e = 0; e < plane; ++e) {
      int32_t level = 0;
      for (int t = 0; t < activity.steps; ++t) level += symbols[t * plane + e];
      ++counts[level];
    }
  }
  std::vector<report::LevelCount> levels;
  for (const auto& [level, count] : counts) levels.push_back({level, count});
  return levels;
}

std::vector<report::RasterEvent> first_sample_events(const ir::BoundaryActivity& activity) {
  std::vector<report::RasterEvent> events;
  for (int t = 0; t < activity.steps; ++t) {
    for (int e = 0; e < activity.elements; ++e) {
      const int16_t symbol = activity.symbols[static_cast<size_t>(t) * activity.elements + e];
      if (symbol != 0) events.push_back({e, t, symbol});
    }
  }
  return events;
}

report::BoundaryView boundary_view(const sweep::VariantResult& variant, size_t index) {
  const ir::Boundary& boundary = variant.bundle.network.boundaries[index];
  const ir::Shape& shape = variant.bundle.network.layers[static_cast<size_t>(boundary.layer)].out;
  const auto& traffic = variant.boundaries.boundaries[index];
  const ir::BoundaryActivity& activity = variant.bundle.activity.boundaries.at(boundary.name);
  report::BoundaryView view{.name = boundary.name,
                            .from_chip = static_cast<int>(index),
                            .to_chip = static_cast<int>(index) + 1,
                            .channels = shape.channels,
                            .height = shape.height,
                            .width = shape.width,
                            .steps = activity.steps,
                            .events_per_neuron = traffic.events_per_neuron,
                            .bits_per_activation = traffic.bits_per_activation,
                            .wire_format = traffic.wire_format(),
                            .formats = {},
                            .samples = variant.bundle.activity.samples,
                            .levels = level_histogram(activity, variant.bundle.activity.samples),
                            .raster = {}};
  for (const auto& format : traffic.formats) {
    view.formats.push_back(
        {std::string(codec::to_string(format.kind)), format.bits_per_activation});
  }
  if (boundary.params.spec.kind != codec::CodecKind::kDense) {
    const auto events = first_sample_events(activity);
    view.sample_events = static_cast<int64_t>(events.size());
    view.raster = report::thin(events);
  }
  return view;
}

std::string network_sentence(const sweep::VariantResult& variant) {
  const ir::Network& network = variant.bundle.network;
  return fmt::format("{}, {:.2f} M weights, {} neurons, {} chip cuts", network.name,
                     static_cast<double>(network.weights()) / 1e6, network.neurons(),
                     network.boundaries.size());
}

std::string data_sentence(const sweep::Experiment& experiment) {
  if (shapes::is_requested(experiment.values)) return "none: activity is assumed";
  return experiment.values.text("data.kind");
}

}  // namespace

report::Details gather_details(const sweep::Experiment& experiment,
                               const sweep::ExperimentResult& result, const std::string& command) {
  report::Details details{.network = network_sentence(result.variants.front()),
                          .data = data_sentence(experiment),
                          .command = command,
                          .test_samples = result.variants.front().bundle.metrics.test_samples,
                          .simulated_samples = result.variants.front().presets.front().samples,
                          .presets = {},
                          .variants = {},
                          .tornados = {}};
  for (const auto& setup : experiment.presets) {
    details.presets.push_back(
        {.name = setup.name,
         .chips_x = setup.package.chips_x,
         .chips_y = setup.package.chips_y,
         .mesh = setup.package.chip.mesh,
         .core_clock_mhz = setup.package.core_clock.value() / 1e6,
         .link_gbps = setup.package.serdes.lane_rate.value() * setup.package.serdes.lanes / kNano,
         .link_pj_per_bit = sweep::link_pj_per_bit(setup)});
  }
  for (const auto& variant : result.variants) {
    report::VariantDetails entry{.name = variant.name,
                                 .kind = std::string(ir::to_string(variant.bundle.network.kind)),
                                 .codec = variant.codec,
                                 .presets = {},
                                 .boundaries = {}};
    for (size_t p = 0; p < variant.presets.size(); ++p) {
      const sweep::PresetResult& preset = variant.presets[p];
      const arch::PackageSpec& package = experiment.presets[p].package;
      entry.presets.push_back({.preset = preset.preset,
                               .latency = latency_parts(preset),
                               .links = link_loads(preset, package),
                               .chips = chip_loads(preset, package, variant.chips),
                               .break_even = break_evens(experiment, result, variant, p)});
    }
    for (size_t b = 0; b < variant.bundle.network.boundaries.size(); ++b) {
      entry.boundaries.push_back(boundary_view(variant, b));
    }
    details.variants.push_back(std::move(entry));
  }
  return details;
}

}  // namespace ranvier::app
