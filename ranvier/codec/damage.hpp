#pragma once
// What the far end of a die-to-die link without retry makes of a frame of which flits arrived
// damaged. Rules: docs/models/emio.md, "Without retry".

#include "ranvier/codec/bit_errors.hpp"
#include "ranvier/codec/wire.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ranvier::codec {

struct DamagedFlit {
  int32_t packet = 0;
  int32_t flit = 0;  // of the packet
};

/// A link that repeats nothing.
struct LossyLink {
  BitErrors errors;
  bool checked = false;       // flits carry a checksum
  int64_t overhead_bits = 0;  // of a flit on the link: tag, framing and checksum
};

/// The bits of flit `flit` of a packet: where they begin in it, and how many they are.
struct FlitBits {
  int64_t first = 0;
  int64_t count = 0;
};
FlitBits flit_bits(const Packet& packet, int32_t flit);

/// The flits of block `block` that arrive damaged after leaving `chips`, one after the other.
/// Cost: O(flits x chips).
std::vector<DamagedFlit> damaged_flits(const LossyLink& link, const WireFrame& wire, int32_t block,
                                       std::span<const int32_t> chips);

/// The frame of `elements` elements at `places` as the decoder has it. Checked links drop every
/// packet with a damaged flit; of others the decoder reads the flipped bits. Symbols that cannot be
/// read are 0. Empty when nothing can be read.
std::optional<Frame> read_damaged(const LossyLink& link, const WireFormat& format, WireFrame wire,
                                  int elements, std::span<const uint32_t> places, int32_t block,
                                  std::span<const DamagedFlit> damages);

/// A frame without events.
Frame silent_frame(const CodecSpec& spec, int elements);

}  // namespace ranvier::codec
