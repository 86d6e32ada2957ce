#pragma once
// What of a mapped workload may move, where to, and what flows between: the input of every search
// for a placement. Equations: docs/models/mapping.md, section 2.

#include "ranvier/map/mapper.hpp"

#include <vector>

namespace ranvier::map {

/// One thing with a place of its own. A tile, with the others of its layer that take turns on one
/// core, has a core of its chip to itself; a crossing, with those that share its block, takes
/// one lane, and with it a near and far gateway cores, which it may share; the image stays.
struct PlacedItem {
  enum class Kind : uint8_t { kTile, kCrossing, kFixed };
  Kind kind = Kind::kTile;
  int group = 0;                       // layer of a tile, boundary of a crossing
  std::vector<int> indices;            // into Mapping::layers[group], or Mapping::crossings[group]
  int chip = 0;                        // a crossing: the near one
  std::vector<int> far_chips;          // of crossings, as `indices`
  int64_t encode_cycles = 0;           // crossings: service of their converters, all steps
  std::vector<int64_t> decode_cycles;  // as `far_chips`
};

/// An end of a flow: the core of an item; of a crossing, the near gateway or a far one.
struct FlowEnd {
  int item = 0;
  int far = 0;  // 0: the core, the near gateway; 1, 2, ...: the gateways of PlacedItem::far_chips
  auto operator<=>(const FlowEnd&) const = default;
};

/// All messages from one end to others that share their packets.
struct Flow {
  FlowEnd from;
  std::vector<FlowEnd> to;  // in order, each once; several: along the tree of their XY routes
  int phase = 0;            // flows of one phase are under way at about the same time
  int64_t bits = 0;
  int64_t flits = 0;
};

struct PlacementProblem {
  std::vector<PlacedItem> items;
  std::vector<Flow> flows;
  int phases = 0;
};

/// Messages of tiles, of encoders and of decoders are phases of their own, layer by layer.
/// `workload` is what build_workload makes of the mapping. Cost: O(messages log messages).
PlacementProblem placement_problem(const ir::Network& network, const Mapping& mapping,
                                   const workload::Workload& workload);

}  // namespace ranvier::map
