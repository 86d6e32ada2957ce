#pragma once
// A package as the simulator runs it: integers only, made once from arch::PackageSpec.

#include "ranvier/arch/package.hpp"
#include "ranvier/sim/clock.hpp"
#include "ranvier/sim/packet_pool.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::sim {

enum Port : uint8_t { kEast, kWest, kNorth, kSouth, kLocal };
inline constexpr int kPorts = 5;
inline constexpr int kDirections = 4;
inline constexpr int kMaxVirtualChannels = 12;  // 5 ports x VCs fit one 64-bit mask
inline constexpr int kInjectionCycles = 1;      // channel from a tile to its router
inline constexpr int kEjectionCycles = 1;       // and back

constexpr Port opposite(Port port) {
  constexpr Port kFacing[kPorts] = {kWest, kEast, kSouth, kNorth, kLocal};
  return kFacing[port];
}

/// Timing of the mesh [core cycles]; the equations are in docs/models/noc.md.
struct MeshTiming {
  int width = 1;
  int height = 1;
  int virtual_channels = 1;
  int buffer_flits = 4;
  int router = 2;                            // P
  int link = 1;                              // L
  int hop() const { return router + link; }  // from grant to grant in the next router
  int credit() const {
    return link + 1;
  }  // from a flit leaving a buffer to its slot being usable upstream
  int eject() const { return 1 + link + kEjectionCycles; }  // from the last grant to the tile
};

/// Timing of one crossing; the equations are in docs/models/emio.md.
struct CrossingTiming {
  ClockPair clocks;
  int merge = 2;          // [core cycles]
  int split = 1;          // [core cycles]
  int fifo_source = 1;    // [cycles of the writing clock]
  int fifo_sync = 3;      // [cycles of the reading clock]
  int fifo_depth = 8;     // [flits] near FIFO
  int lane_buffer = 8;    // [flits] far FIFO
  int wires = 1;          // SerDes lanes: bits per beat
  int overhead_bits = 0;  // tag, framing and checksum per flit
  double bit_error_rate = 0;
  bool checked = false;         // flits carry a checksum
  int replay_flits = 0;         // replay buffer of a side; 0: no retry
  int64_t answer = 0;           // [link cycles] from the end of a flit to the arrival of its answer
  bool fixed_priority = false;  // the merge serves the lowest queue that can send, not in turn
};

/// One direction between two facing dies.
struct Side {
  int near_chip = 0;  // ChipId index
  int far_chip = 0;
  Port port = kEast;                  // the side of the near chip
  std::vector<int32_t> near_routers;  // [lanes], in the order of the lane tags
  std::vector<int32_t> far_routers;
};

struct Lowered {
  MeshTiming mesh;
  CrossingTiming crossing;
  int lanes_per_side = 1;
  int64_t output_flits = 512;  // output buffer of a converter
  std::vector<Side> sides;     // every pair of facing dies, both directions
  std::vector<int32_t>
      lane_of;  // [routers][kDirections] -> side * lanes_per_side + lane; -1: not a die edge
  std::vector<int32_t> chip_of;  // [routers] -> ChipId index

  int routers() const { return mesh.width * mesh.height; }
  Place place(int router) const {
    return {static_cast<int16_t>(router % mesh.width), static_cast<int16_t>(router / mesh.width)};
  }
};

/// The router beyond a port, die edge or not; -1 at the edge of the mesh.
int neighbour(const MeshTiming& mesh, int router, Port port);

/// Errors: UserError when a value is beyond what the kernel holds (VCs, mesh side) or cannot move a
/// flit at all.
Lowered lower(const arch::PackageSpec& package);

/// Routers on the XY route, both ends included, and die crossings on it.
struct Route {
  int routers = 1;
  int crossings = 0;
};
Route xy_route(const Lowered& lowered, int from, int to);

}  // namespace ranvier::sim
