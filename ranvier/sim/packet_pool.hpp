#pragma once
// Packets under way. Flits name them by index; slots are reused, so memory follows what is in
// flight.

#include "ranvier/sim/timed_rings.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ranvier::sim {

struct Packet {
  Place target;
  int32_t message = -1;  // index into Workload::messages
  int32_t index = 0;     // place in its message
  int32_t flits = 1;
  int32_t received = 0;    // flits ejected so far
  int32_t boundary = -1;   // index into Workload::boundaries, or -1
  int32_t block = -1;      // index into Workload::blocks, or -1
  uint16_t head_bits = 0;  // width of flit 0
  uint16_t body_bits = 0;  // width of every other flit
  int32_t copies = 1;      // under way: more than one behind a fork

  int64_t bits() const { return head_bits + int64_t{body_bits} * (flits - 1); }
};

class PacketPool {
 public:
  uint32_t add(const Packet& packet) {
    if (free_.empty()) {
      packets_.push_back(packet);
      return static_cast<uint32_t>(packets_.size() - 1);
    }
    const uint32_t index = free_.back();
    free_.pop_back();
    packets_[index] = packet;
    return index;
  }
  /// One copy has gone; the last takes the name with it.
  void release(uint32_t index) {
    if (--packets_[index].copies == 0) free_.push_back(index);
  }
  Packet& operator[](uint32_t index) { return packets_[index]; }
  const Packet& operator[](uint32_t index) const { return packets_[index]; }
  size_t in_flight() const { return packets_.size() - free_.size(); }

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(packets_, free_);
  }

 private:
  std::vector<Packet> packets_;
  std::vector<uint32_t> free_;
};

}  // namespace ranvier::sim
