#pragma once
// What the boundaries cost on the wire, averaged over every recorded sample, with the blocks that
// really cross.

#include "ranvier/map/mapper.hpp"

#include <string>
#include <vector>

namespace ranvier::map {

/// One wire format on one boundary (or on all): b, and how many frames `auto` would send in it.
struct FormatUse {
  codec::WireKind kind = codec::WireKind::kPacket;
  double bits_per_activation = 0;  // every bit on the link / activations
};

struct FrameChoice {
  codec::WireKind kind = codec::WireKind::kPacket;  // never kAuto
  int64_t frames = 0;
};

struct BoundaryUse {
  std::string name;
  int64_t neurons = 0;
  double events_per_neuron = 0;     // dense codes: 1
  double bits_per_activation = 0;   // b in the wire format that was asked for
  std::vector<FormatUse> formats;   // every format that can carry the codec, kAuto last
  std::vector<FrameChoice> chosen;  // frames sent by kind, in the wire format that was asked for

  /// "bitmap", or for several kinds "auto (aer 12 %, bitmap 88 %)".
  std::string wire_format() const;
};

struct BoundaryStatistics {
  std::vector<BoundaryUse> boundaries;
  BoundaryUse total;  // over all boundaries; formats only where every boundary can use them
};

/// Errors: UserError as build_workload, and when `wire` cannot carry a boundary's codec.
/// Cost: O(samples x elements x steps x formats).
BoundaryStatistics boundary_statistics(const ir::Network& network, const Mapping& mapping,
                                       const ir::Activity& activity, codec::WireKind wire,
                                       const arch::PackageSpec& package);

}  // namespace ranvier::map
