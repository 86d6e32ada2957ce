#pragma once
// Layers onto cores, boundaries onto lanes: the static half of a workload. Equations:
// docs/models/mapping.md.

#include "ranvier/arch/package.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/map/region.hpp"
#include "ranvier/workload/workload.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ranvier::map {

/// How outputs that several tiles read reach them.
enum class DeliveryMode : uint8_t {
  kUnicast,    // a copy for each
  kMulticast,  // where several read the same values, packets that fork on the way
};
std::string_view to_string(DeliveryMode mode);  // "unicast", "multicast"

struct LayerTile {
  Region region;
  core::TileId tile;
  int chip = 0;
};

/// One block of a boundary: what another chip needs of one producer tile, from a near to a far
/// gateway core.
struct Crossing {
  int producer = 0;  // index into the layer's tiles
  int far_chip = 0;
  Region region;  // of the producer's outputs
  int lane = 0;
  core::TileId near_gateway;
  core::TileId far_gateway;
  int die_edges = 1;  // on the way; behind another crossing of the same block: those it adds
  int shares = -1;    // an earlier crossing of the boundary with the same region and lane, whose
                      // block this one gets, too; -1: a block of its own
};

struct Mapping {
  // [layer]; layer 0 is where the image waits, with a copy on every chip that reads it
  std::vector<std::vector<LayerTile>> layers;
  // [boundary], by producer, then far chip; with multicast those that share a block together
  std::vector<std::vector<Crossing>> crossings;
  DeliveryMode delivery = DeliveryMode::kUnicast;
  int chips_used = 1;
  int tiles_used = 0;  // cores with any work: neurons, gateways, the image

  /// The lowest and the highest number of a chip that holds something of `layer`.
  int first_chip(size_t layer) const {
    return std::ranges::min(layers[layer], {}, &LayerTile::chip).chip;
  }
  int last_chip(size_t layer) const {
    return std::ranges::max(layers[layer], {}, &LayerTile::chip).chip;
  }
};

/// Tiles every layer, fills chips in order, places tiles and gateways.
/// Errors: UserError when the network does not fit: hardware.chips_x (chips), hardware.mesh (cores
/// of a chip; says which mesh and which neurons_per_core would do), hardware.weight_sram_bytes; and
/// for a layer of a filled network that leaves its chip without a boundary.
/// `spreads` of a network with cuts: [chip], of a filled one: [layer]. A tile there has at most
/// 1 / spread of a core's neurons, so that a layer lies on more cores, each with its own copy of
/// the weights; empty: 1. Cost: well below a second per million neurons.
Mapping map_network(const ir::Network& network, const arch::PackageSpec& package,
                    const std::vector<int>& spreads = {},
                    DeliveryMode delivery = DeliveryMode::kUnicast);

/// Whether the chips have cores enough for these spreads.
bool can_spread(const ir::Network& network, const arch::PackageSpec& package,
                const std::vector<int>& spreads);

/// Image, crossings and counts of a mapping whose other layers are tiled and placed.
/// Errors: UserError for a layer that leaves its chip without a boundary.
void complete(const ir::Network& network, const arch::PackageSpec& package, Mapping& mapping);

/// Cores with any work: tiles, gateways, the image.
int count_tiles(const Mapping& mapping);

/// The timed messages and real boundary bits of one inference of `sample`.
/// Errors: UserError when the activity lacks a boundary, a spiking layer or the sample, or was
/// recorded for another shape; more trees of a multicast than dx and dy of a packet can name. Cost:
/// O(tile pairs + boundary elements x steps).
workload::Workload build_workload(const ir::Network& network, const Mapping& mapping,
                                  const ir::Activity& activity, int sample, codec::WireKind wire,
                                  const arch::PackageSpec& package);

}  // namespace ranvier::map
