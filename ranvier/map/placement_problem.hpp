#pragma once
// What of a mapped workload may move, where to, and what flows between: the input of every search
// for a placement. Equations: docs/models/mapping.md, section 2.

#include "ranvier/map/mapper.hpp"

#include <vector>

namespace ranvier::map {

/// One thing with a place of its own. A tile, with the others of its layer that take turns on one
/// core, has a core of its chip to itself; a crossing takes
/// one lane, and with it a near and a far gateway core, which it may share; the image stays.
struct PlacedItem {
  enum class Kind : uint8_t { kTile, kCrossing, kFixed };
  Kind kind = Kind::kTile;
  int group = 0;             // layer of a tile, boundary of a crossing
  std::vector<int> indices;  // into Mapping::layers[group], or one into Mapping::crossings[group]
  int chip = 0;              // a crossing: the near one
  int far_chip = 0;
  int64_t encode_cycles = 0;  // crossings: service of their converters, all steps
  int64_t decode_cycles = 0;
};

/// An end of a flow: the core of an item; of a crossing, the near or the far gateway.
struct FlowEnd {
  int item = 0;
  bool far = false;
  bool operator==(const FlowEnd&) const = default;
};

/// All messages from one end to another.
struct Flow {
  FlowEnd from;
  FlowEnd to;
  int phase = 0;  // flows of one phase are under way at about the same time
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
