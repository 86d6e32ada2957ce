#include "ranvier/map/mapper.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/crossing.hpp"
#include "ranvier/map/fill.hpp"
#include "ranvier/map/placement.hpp"
#include "ranvier/map/tiling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

namespace ranvier::map {
namespace {

/// Layers of `chip` that have neurons.
std::vector<int> layers_of(const ir::Network& network, int chip) {
  std::vector<int> layers;
  for (int l = 0; l < static_cast<int>(network.layers.size()); ++l) {
    const bool computes = network.layers[static_cast<size_t>(l)].op != ir::Op::kInput;
    if (computes && network.chip_of(l) == chip) layers.push_back(l);
  }
  return layers;
}

std::vector<Tiling> tile_all(const ir::Network& network, const std::vector<int>& layers,
                             const CoreLimits& limits, TilingGoal goal) {
  std::vector<Tiling> tilings;
  for (const int l : layers) {
    tilings.push_back(best_tiling(network, network.layers[static_cast<size_t>(l)], limits, goal));
  }
  return tilings;
}

int64_t cores_of(const std::vector<Tiling>& tilings) {
  int64_t cores = 0;
  for (const Tiling& tiling : tilings) cores += tiling.tiles();
  return cores;
}

/// Smallest power-of-two multiple of the given neurons per core with which `chip` would fit, if
/// any.
std::optional<int64_t> fitting_neurons(const ir::Network& network, const std::vector<int>& layers,
                                       CoreLimits limits, int64_t cores) {
  constexpr int kDoublings = 16;
  for (int i = 0; i < kDoublings; ++i) {
    limits.neurons *= 2;
    if (cores_of(tile_all(network, layers, limits, TilingGoal::kFewestTiles)) <= cores) {
      return limits.neurons;
    }
  }
  return std::nullopt;
}

void require_chips(const ir::Network& network, const arch::PackageSpec& package) {
  const int chips = package.chips_x * package.chips_y;
  if (network.chips() <= chips) return;
  throw core::UserError(
      {"hardware.chips_x", std::to_string(package.chips_x),
       fmt::format("at least {} (with chips_y {})",
                   core::ceil_div(network.chips(), package.chips_y), package.chips_y),
       "",
       fmt::format("{} has {} cuts and so needs {} chips; the package has {}.", network.name,
                   network.boundaries.size(), network.chips(), chips)});
}

constexpr int kMostPasses = 64;  // of hardware.passes

/// How the layers of one chip lie on its cores.
struct Fit {
  std::vector<Tiling> tilings;
  int passes = 1;  // patches of one channel group per core
};

/// Cores of a layer whose cores take `passes` patches each.
int64_t cores_for(const Tiling& tiling, int passes) {
  return tiling.channel_groups *
         core::ceil_div(int64_t{1} * tiling.row_parts * tiling.column_parts, passes);
}

/// The fit of fewest passes, at most `most_passes`, with at most 1 / `spread` of a core's neurons
/// per tile: of least traffic if that fits, else the fewest tiles.
std::optional<Fit> fit_of(const ir::Network& network, const std::vector<int>& layers,
                          const arch::PackageSpec& package, int spread, int most_passes) {
  const CoreLimits limits = spread_limits(limits_of(package.chip), spread);
  const int64_t usable = usable_cores(package.chip.mesh, margin_of(network));
  const auto least = tile_all(network, layers, limits, TilingGoal::kLeastTraffic);
  const auto fewest = tile_all(network, layers, limits, TilingGoal::kFewestTiles);
  for (int passes = 1; passes <= most_passes; ++passes) {
    for (const auto* tilings : {&least, &fewest}) {
      int64_t cores = 0;
      for (const Tiling& tiling : *tilings) cores += cores_for(tiling, passes);
      if (cores <= usable) return Fit{*tilings, passes};
    }
  }
  return std::nullopt;
}

/// Membranes stay in their core, so spiking layers take no turns.
int most_passes(const ir::Network& network, const arch::PackageSpec& package) {
  return network.kind == ir::NetworkKind::kSnn ? 1 : package.chip.passes;
}

/// The same with the passes that the package allows; spread layers take no turns.
std::optional<Fit> spread_fit(const ir::Network& network, const std::vector<int>& layers,
                              const arch::PackageSpec& package, int spread) {
  return fit_of(network, layers, package, spread, spread == 1 ? most_passes(network, package) : 1);
}

[[noreturn]] void refuse_chip(const ir::Network& network, int chip, const std::vector<int>& layers,
                              const arch::PackageSpec& package, int64_t needed) {
  const int margin = margin_of(network);
  const int64_t usable = usable_cores(package.chip.mesh, margin);
  int mesh = package.chip.mesh;
  while (usable_cores(mesh, margin) < needed) ++mesh;
  std::string hint = fmt::format("Chip {} (layers {} to {}) needs {} cores and has {}{}", chip,
                                 network.layers[static_cast<size_t>(layers.front())].name,
                                 network.layers[static_cast<size_t>(layers.back())].name, needed,
                                 usable, margin > 0 ? " inside its ring of spiking cores" : "");
  const auto neurons = fitting_neurons(network, layers, limits_of(package.chip), usable);
  if (neurons) {
    hint += fmt::format("; hardware.neurons_per_core {} in place of {} would fit too", *neurons,
                        package.chip.neurons_per_core);
  }
  for (int passes = package.chip.passes + 1; passes <= kMostPasses; ++passes) {
    if (network.kind == ir::NetworkKind::kSnn) break;
    if (!fit_of(network, layers, package, 1, passes)) continue;
    hint += fmt::format("; hardware.passes {} would do too", passes);
    break;
  }
  throw core::UserError({"hardware.mesh", std::to_string(package.chip.mesh),
                         fmt::format("at least {}", mesh), "", hint + "."});
}

Fit fit_chip(const ir::Network& network, int chip, const std::vector<int>& layers,
             const arch::PackageSpec& package, int spread) {
  if (auto fit = spread_fit(network, layers, package, spread)) return *fit;
  RANVIER_CONTRACT(spread == 1, "a spread chip fits");
  const auto fewest = tile_all(network, layers, limits_of(package.chip), TilingGoal::kFewestTiles);
  refuse_chip(network, chip, layers, package, cores_of(fewest));
}

/// Moves the gateway cores of the chip's boundaries behind all others: a core that also converts
/// shares its ports.
std::vector<core::TileId> gateways_last(std::vector<core::TileId> cores, const ir::Network& network,
                                        int chip, const arch::PackageSpec& package) {
  std::set<core::TileId> gateways;
  for (const int other : {chip - 1, chip + 1}) {
    if (other < 0 || other >= network.chips()) continue;
    const Side side = side_facing(package, core::ChipId(chip), core::ChipId(other));
    for (int lane = 0; lane < package.chip.mesh; ++lane) {
      gateways.insert(gateway(package, core::ChipId(chip), side, lane));
    }
  }
  std::stable_partition(cores.begin(), cores.end(),
                        [&](core::TileId core) { return !gateways.contains(core); });
  return cores;
}

void place_chip(const ir::Network& network, int chip, const arch::PackageSpec& package, int spread,
                Mapping& mapping) {
  const std::vector<int> layers = layers_of(network, chip);
  if (layers.empty()) return;
  const Fit fit = fit_chip(network, chip, layers, package, spread);
  const auto cores =
      gateways_last(core_order(package, core::ChipId(chip), network.chips(), margin_of(network)),
                    network, chip, package);
  size_t next = 0;
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto layer = static_cast<size_t>(layers[i]);
    const Tiling& tiling = fit.tilings[i];
    const auto groups = static_cast<size_t>(tiling.channel_groups);
    const auto regions = regions_of(tiling, network.layers[layer].out);
    for (size_t t = 0; t < regions.size(); ++t) {
      // Channel groups are innermost: a core takes patches of its own group only.
      const size_t turn = t / groups / static_cast<size_t>(fit.passes);
      mapping.layers[layer].push_back({regions[t], cores[next + turn * groups + t % groups], chip});
    }
    next += static_cast<size_t>(cores_for(tiling, fit.passes));
  }
}

/// What chip `chip` needs of the image.
Region image_on(const ir::Network& network, int chip, const Mapping& mapping) {
  Region needed{};
  for (size_t l = 1; l < network.layers.size(); ++l) {
    if (network.layers[l].input != 0) continue;
    for (const LayerTile& tile : mapping.layers[l]) {
      if (tile.chip != chip) continue;
      const Need need = need_of(network, network.layers[l], tile.region, Operand::kInput);
      needed = hull(needed, box_of(need, whole(network.layers.front().out)));
    }
  }
  return needed;
}

/// Every chip that reads the image finds what it needs of it on its own tiles, in pieces of at most
/// one core's neurons, nearest its corner first.
void place_image(const ir::Network& network, const arch::PackageSpec& package, Mapping& mapping) {
  for (int chip = 0; chip < mapping.chips_used; ++chip) {
    const Region needed = image_on(network, chip, mapping);
    if (needed.neurons() == 0) continue;
    ir::Layer image = network.layers.front();
    image.out = {needed.channels.size(), needed.rows.size(), needed.columns.size()};
    const Tiling tiling =
        best_tiling(network, image, limits_of(package.chip), TilingGoal::kFewestTiles);
    const auto regions = regions_of(tiling, image.out);
    const auto tiles = corner_tiles(package, core::ChipId(chip), static_cast<int>(regions.size()));
    for (size_t i = 0; i < regions.size(); ++i) {
      mapping.layers[0].push_back({shifted(regions[i], needed), tiles[i], chip});
    }
  }
}

}  // namespace

int count_tiles(const Mapping& mapping) {
  std::set<core::TileId> tiles;
  for (const auto& layer : mapping.layers) {
    for (const LayerTile& tile : layer) tiles.insert(tile.tile);
  }
  for (const auto& boundary : mapping.crossings) {
    for (const Crossing& crossing : boundary) {
      tiles.insert(crossing.near_gateway);
      tiles.insert(crossing.far_gateway);
    }
  }
  return static_cast<int>(tiles.size());
}

void complete(const ir::Network& network, const arch::PackageSpec& package, Mapping& mapping) {
  place_image(network, package, mapping);
  mapping.crossings = cross_boundaries(network, mapping, package);
  mapping.tiles_used = count_tiles(mapping);
}

bool can_spread(const ir::Network& network, const arch::PackageSpec& package,
                const std::vector<int>& spreads) {
  if (network.chip_rule == ir::ChipRule::kFilled) return can_fill(network, package, spreads);
  for (size_t chip = 0; chip < spreads.size(); ++chip) {
    const std::vector<int> layers = layers_of(network, static_cast<int>(chip));
    if (!spread_fit(network, layers, package, spreads[chip])) return false;
  }
  return true;
}

std::string_view to_string(DeliveryMode mode) {
  return mode == DeliveryMode::kMulticast ? "multicast" : "unicast";
}

Mapping map_network(const ir::Network& network, const arch::PackageSpec& package,
                    const std::vector<int>& spreads, DeliveryMode delivery) {
  Mapping mapping;
  mapping.delivery = delivery;
  mapping.layers.resize(network.layers.size());
  if (network.chip_rule == ir::ChipRule::kFilled) {
    fill_chips(network, package, spreads, mapping);
  } else {
    require_chips(network, package);
    mapping.chips_used = network.chips();
    for (int chip = 0; chip < network.chips(); ++chip) {
      const int spread = spreads.empty() ? 1 : spreads[static_cast<size_t>(chip)];
      place_chip(network, chip, package, spread, mapping);
    }
  }
  complete(network, package, mapping);
  return mapping;
}

}  // namespace ranvier::map
