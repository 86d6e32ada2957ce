#pragma once
// Layers onto cores, boundaries onto lanes: the static half of a workload. Equations:
// docs/models/mapping.md.

#include "ranvier/arch/package.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/map/region.hpp"
#include "ranvier/workload/workload.hpp"

#include <vector>

namespace ranvier::map {

struct LayerTile {
  Region region;
  core::TileId tile;
};

/// One block of a boundary: the outputs of one producer tile, from a near to a far gateway core.
struct Crossing {
  int producer = 0;  // index into the layer's tiles
  int lane = 0;
  core::TileId near_gateway;
  core::TileId far_gateway;
};

struct Mapping {
  std::vector<std::vector<LayerTile>> layers;    // [layer]; layer 0 is where the image waits
  std::vector<std::vector<Crossing>> crossings;  // [boundary][producer tile]
  int chips_used = 1;
  int tiles_used = 0;  // cores with any work: neurons, gateways, the image
};

/// Tiles every layer, fills chips in order, places tiles and gateways.
/// Errors: UserError when the network does not fit: hardware.chips_x (chips), hardware.mesh (cores
/// of a chip; says which mesh and which neurons_per_core would do), hardware.weight_sram_bytes.
/// Cost: well below a second per million neurons.
Mapping map_network(const ir::Network& network, const arch::PackageSpec& package);

/// The timed messages and real boundary bits of one inference of `sample`.
/// Errors: UserError when the activity lacks a boundary, a spiking layer or the sample, or was
/// recorded for another shape. Cost: O(tile pairs + boundary elements x steps).
workload::Workload build_workload(const ir::Network& network, const Mapping& mapping,
                                  const ir::Activity& activity, int sample, codec::WireKind wire,
                                  const arch::PackageSpec& package);

}  // namespace ranvier::map
