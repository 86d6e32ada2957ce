#include "ranvier/sweep/link_loss.hpp"

#include "ranvier/sweep/mapping.hpp"

#include <fmt/format.h>

namespace ranvier::sweep {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kLinks = ".links.json";

/// The chips that the XY route leaves, one for each die edge, in order.
std::vector<int32_t> chips_left(const arch::PackageSpec& package, core::ChipId from,
                                core::ChipId to) {
  arch::Coordinates at = arch::chip_origin(package, from);
  const arch::Coordinates end = arch::chip_origin(package, to);
  const int step = package.chip.mesh;
  std::vector<int32_t> left;
  while (!(at == end)) {
    left.push_back(arch::chip_at(package, at).index());
    if (at.x != end.x) {
      at.x += at.x < end.x ? step : -step;
    } else {
      at.y += at.y < end.y ? step : -step;
    }
  }
  return left;
}

ir::BoundaryBlocks blocks_of(const ir::Network& network, size_t index, const map::Mapping& mapping,
                             const arch::PackageSpec& package) {
  const ir::Boundary& boundary = network.boundaries[index];
  const auto layer = static_cast<size_t>(boundary.layer);
  ir::BoundaryBlocks out{.name = boundary.name, .blocks = {}};
  for (const map::Crossing& crossing : mapping.crossings[index]) {
    const auto& producer = mapping.layers[layer][static_cast<size_t>(crossing.producer)];
    codec::LossyBlock& block = out.blocks.emplace_back();
    block.elements = map::elements_of(crossing.region, network.layers[layer].out);
    block.chips = chips_left(package, core::ChipId(producer.chip), core::ChipId(crossing.far_chip));
  }
  return out;
}

}  // namespace

bool loses_values(const arch::PackageSpec& package) {
  return package.serdes.bit_error_rate > 0 && package.serdes.retry == arch::RetryPolicy::kNone;
}

ir::LinkLoss link_loss(const Experiment& experiment, const Bundle& bundle,
                       const PresetSetup& setup) {
  const arch::PackageSpec& package = setup.package;
  const map::Mapping mapping = mapping_of(experiment, bundle, package);
  ir::LinkLoss loss{.variant = bundle.variant,
                    .preset = setup.name,
                    .wire = wire_of(experiment.values, bundle.variant),
                    .layout = arch::wire_layout(package),
                    .noise = {.bit_error_rate = package.serdes.bit_error_rate,
                              .checked = package.serdes.crc_bits > 0,
                              .overhead_bits = package.link_overhead_bits(),
                              .seed = experiment.seed},
                    .boundaries = {}};
  for (size_t b = 0; b < bundle.network.boundaries.size(); ++b) {
    loss.boundaries.push_back(blocks_of(bundle.network, b, mapping, package));
  }
  return loss;
}

std::vector<fs::path> write_link_losses(const Experiment& experiment,
                                        const ExperimentResult& result, const fs::path& directory) {
  std::vector<fs::path> paths;
  for (const VariantResult& variant : result.variants) {
    if (variant.bundle.network.boundaries.empty()) continue;
    for (const PresetSetup& setup : experiment.presets) {
      if (!loses_values(setup.package)) continue;
      fs::create_directories(directory);
      paths.push_back(directory / fmt::format("{}.{}{}", variant.name, setup.name, kLinks));
      ir::write_link_loss(link_loss(experiment, variant.bundle, setup), paths.back());
    }
  }
  return paths;
}

fs::path score_path(const fs::path& links) {
  std::string name = links.filename().string();
  name.resize(name.size() - kLinks.size());
  return links.parent_path() / (name + ".score.json");
}

std::vector<ir::LossScore> read_loss_scores(const std::vector<fs::path>& links) {
  std::vector<ir::LossScore> scores;
  for (const fs::path& path : links) scores.push_back(ir::read_loss_score(score_path(path)));
  return scores;
}

}  // namespace ranvier::sweep
