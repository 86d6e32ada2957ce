#pragma once
// What the mesh needs from its surroundings. Every call hands over something that takes effect in a
// later cycle.

#include "ranvier/sim/timed_rings.hpp"

#include <cstdint>

namespace ranvier::sim {

/// The tiles of the mesh.
class TilePort {
 public:
  virtual ~TilePort() = default;
  /// A flit reaches tile `router` in cycle `done` (later than the current one).
  virtual void eject(int router, Flit flit, int64_t done) = 0;
  /// The injection buffer of `router` has room again from `cycle` on.
  virtual void injection_room(int router, int64_t cycle) = 0;
  /// A packet goes on as `copies` more than before. Only packets in trees do.
  virtual void fork(uint32_t /*packet*/, int /*copies*/) {}
};

/// The die edges: lanes are numbered as in Lowered::lane_of.
class EdgePort {
 public:
  virtual ~EdgePort() = default;
  /// A flit of this VC may be sent into the lane in cycle `now`.
  virtual bool lane_room(int lane, int vc, int64_t now) const = 0;
  virtual void send(int lane, Flit flit, int64_t now) = 0;
  /// The router behind the lane's far end has room again from `cycle` on.
  virtual void far_room(int lane, int64_t cycle) = 0;
};

}  // namespace ranvier::sim
