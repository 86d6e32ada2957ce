#pragma once
// What belongs to a packet besides its flits and its entry in the pool.

#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/parcel.hpp"

#include <cstdint>

namespace ranvier::sim {

/// Goes with the head flit when a packet passes into another logical process.
class Cargo {
 public:
  virtual ~Cargo() = default;
  /// `name`: of the packet in the pool of this process.
  virtual void pack(uint32_t name, const Packet& packet, Writer& out) = 0;
  virtual void unpack(uint32_t name, const Packet& packet, Reader& in) = 0;
};

}  // namespace ranvier::sim
