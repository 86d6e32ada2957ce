#include "ranvier/map/fill.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/placement.hpp"
#include "ranvier/map/tiling.hpp"

#include <fmt/format.h>

namespace ranvier::map {
namespace {

/// [layer] fewest tiles; the image's is not used.
std::vector<Tiling> tile_layers(const ir::Network& network, const CoreLimits& limits,
                                const std::vector<int>& spreads = {}) {
  std::vector<Tiling> tilings(network.layers.size());
  for (size_t l = 1; l < network.layers.size(); ++l) {
    const CoreLimits of_layer = spread_limits(limits, spreads.empty() ? 1 : spreads[l]);
    tilings[l] = best_tiling(network, network.layers[l], of_layer, TilingGoal::kFewestTiles);
  }
  return tilings;
}

int64_t cores_behind_input(const std::vector<Tiling>& tilings) {
  int64_t cores = 0;
  for (size_t l = 1; l < tilings.size(); ++l) cores += tilings[l].tiles();
  return cores;
}

[[noreturn]] void refuse(const ir::Network& network, const arch::PackageSpec& package,
                         int64_t cores, int64_t usable) {
  const int64_t available = int64_t{1} * package.chips_x * package.chips_y;
  const int64_t chips = core::ceil_div(cores, usable);
  std::string hint = fmt::format(
      "{} has {} neurons on {} cores and so fills {} chips of {}{}; the "
      "package has {}",
      network.name, network.neurons(), cores, chips, usable,
      margin_of(network) > 0 ? " interior cores" : " cores", available);
  CoreLimits limits = limits_of(package.chip);
  constexpr int kDoublings = 16;
  for (int i = 0; i < kDoublings; ++i) {
    limits.neurons *= 2;
    if (core::ceil_div(cores_behind_input(tile_layers(network, limits)), usable) > available)
      continue;
    hint += fmt::format("; hardware.neurons_per_core {} in place of {} would fit too",
                        limits.neurons, package.chip.neurons_per_core);
    break;
  }
  throw core::UserError({"hardware.chips_x", std::to_string(package.chips_x),
                         fmt::format("at least {} (with chips_y {})",
                                     core::ceil_div(chips, package.chips_y), package.chips_y),
                         "", hint + "."});
}

}  // namespace

bool can_fill(const ir::Network& network, const arch::PackageSpec& package,
              const std::vector<int>& spreads) {
  const int64_t usable = usable_cores(package.chip.mesh, margin_of(network));
  const auto tilings = tile_layers(network, limits_of(package.chip), spreads);
  return cores_behind_input(tilings) <= usable * package.chips_x * package.chips_y;
}

void fill_chips(const ir::Network& network, const arch::PackageSpec& package,
                const std::vector<int>& spreads, Mapping& mapping) {
  const int margin = margin_of(network);
  const int64_t usable = usable_cores(package.chip.mesh, margin);
  if (usable == 0) {
    throw core::UserError({"hardware.mesh", std::to_string(package.chip.mesh),
                           fmt::format("at least {}", 2 * margin + 1), "",
                           "A hybrid chip needs cores inside its ring of spiking cores."});
  }
  const auto tilings = tile_layers(network, limits_of(package.chip), spreads);
  const int64_t cores = cores_behind_input(tilings);
  const int64_t chips = core::ceil_div(cores, usable);
  if (chips > int64_t{1} * package.chips_x * package.chips_y) {
    refuse(network, package, cores, usable);
  }
  mapping.chips_used = static_cast<int>(chips);
  std::vector<core::TileId> free;  // of the chip that is being filled
  size_t next = 0;
  int chip = -1;
  for (size_t l = 1; l < network.layers.size(); ++l) {
    for (const Region& region : regions_of(tilings[l], network.layers[l].out)) {
      if (next == free.size()) {
        free = core_order(package, core::ChipId(++chip), mapping.chips_used, margin);
        next = 0;
      }
      mapping.layers[l].push_back({region, free[next++], chip});
    }
  }
}

}  // namespace ranvier::map
