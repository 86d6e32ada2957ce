#pragma once
// What a router remembers between cycles, laid out for the mesh kernel. A channel is a port and a
// VC, port * VCs + vc; sets of channels are bit masks.

#include "ranvier/sim/timed_rings.hpp"

#include <cstdint>

namespace ranvier::sim {

/// What a router needs to decide, with the ChannelState of its busy channels.
struct RouterState {
  uint64_t ready = 0;            // input channels whose front flit may move
  uint64_t free = ~uint64_t{0};  // output channels that no packet holds
  uint64_t holds = 0;            // input channels that hold their output channel
  uint8_t turn[5] = {};          // per output port: input port that is asked first
  uint8_t vc_turn[5] = {};       // per input port: VC that is asked first
  uint8_t forks = 0;             // input channels whose front packet forks here; each is `ready`
                                 // and `holds` until all branches have had the tail
  Place place;
};

/// An input buffer: a ring of slots.
struct ChannelState {
  uint16_t read = 0;       // slot of the front flit
  uint16_t held = 0;       // flits in it, those that have not arrived yet included
  uint16_t visible = 0;    // flits that have
  uint8_t output = 0;      // output channel of the packet at the front, if a flit is visible
  bool awaited = false;    // every slot was full when the router before wanted to send
  uint32_t last_free = 0;  // the latest BufferSlot::free_at, modulo 2^32

  /// The slot to be written next has its credit back: at most one flit leaves in a cycle, and the
  /// slots after this one were freed later. A no may be false, then the slot itself knows; but it
  /// is often far from the caches.
  bool is_surely_free(int depth, int64_t now) const {
    const auto freed_before = static_cast<uint32_t>(depth - held - 1) + static_cast<uint32_t>(now);
    return static_cast<int32_t>(last_free - freed_before) <= 0;
  }
};

/// A slot keeps a flit, or says from which cycle on it may be written again: when its credit is
/// back. That is later than the cycle in which the flit left, so no router sees what another does
/// in the same cycle, and the order of routers is free.
union BufferSlot {
  BufferSlot() : free_at(0) {}
  int64_t free_at;
  Flit flit;
};

}  // namespace ranvier::sim
