#pragma once
// Wire formats: one frame of symbols <-> packets of flits. Encode then decode is the identity for
// every format.

#include "ranvier/codec/codec.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ranvier::codec {

enum class WireKind : uint8_t { kPacket, kAer, kBitmap, kBurst, kRans, kAuto };

std::string_view to_string(WireKind kind);
WireKind parse_wire(std::string_view text, std::string_view key);

/// Field widths [bits]; all follow from the architecture (arch::wire_layout).
struct WireLayout {
  int route_bits = 18;   // dx and dy of a packet header
  int address_bits = 8;  // element within the block (axon)
  int tick_bits = 4;     // time step of a spike
  int flit_bits = 34;    // payload of one burst flit; also the widest single-flit packet
  int tag_bits = 3;      // lane tag, per flit on the link
  int framing_bits = 1;  // per flit on the link, checksum included
  bool operator==(const WireLayout&) const = default;
};

/// The bits of one packet as they travel: a header flit (or the only flit), then payload flits.
/// `bits` of a single-flit packet is its true width; in a multi-flit packet every flit is flit_bits
/// wide.
struct Packet {
  std::vector<uint8_t> bytes;  // little endian bit order, flit after flit
  int flits = 1;
  int bits = 0;  // sum over its flits, padding included, link overhead excluded
};

/// A frame on the wire.
struct WireFrame {
  WireKind kind = WireKind::kPacket;  // never kAuto: the choice that was made
  std::vector<Packet> packets;

  int64_t bits() const;  // sum of packet bits
  int64_t flits() const;
};

/// What a frame costs on the wire, without its bits.
struct WireSize {
  WireKind kind = WireKind::kPacket;  // never kAuto
  int64_t packets = 0;
  int64_t flits = 0;
  int64_t bits = 0;  // link overhead excluded
  bool operator==(const WireSize&) const = default;
};

/// Bits on the link: packet bits plus tag and framing of every flit. This is what b counts.
int64_t link_bits(const WireFrame& frame, const WireLayout& layout);
int64_t link_bits(const WireSize& size, const WireLayout& layout);

class WireFormat {
 public:
  virtual ~WireFormat() = default;
  /// `places`: positions of the frame's elements in the boundary tensor (CHW), ascending; none: 0,
  /// 1, 2, ... Both ends know them. Only `rans` looks at them, for channels and neighbours.
  /// Errors: none; every frame of the codec can be carried.
  virtual WireFrame encode(const Frame& frame, std::span<const uint32_t> places) const = 0;
  /// Packets, flits and bits of encode(frame, places), without making them.
  virtual WireSize size(const Frame& frame, std::span<const uint32_t> places) const = 0;
  /// Rebuilds the frame of `elements` elements. Errors: RunError when the bits are not a frame.
  virtual Frame decode(const WireFrame& wire, int elements,
                       std::span<const uint32_t> places) const = 0;
  /// What a receiver makes of a frame whose bits were damaged and of which `missing` packets, the
  /// first not among them, were dropped: symbols it cannot read are 0. Empty when nothing can be
  /// read.
  virtual std::optional<Frame> salvage(const WireFrame& wire, int elements,
                                       std::span<const uint32_t> places, int64_t missing) const;

  WireFrame encode(const Frame& frame) const { return encode(frame, {}); }
  WireSize size(const Frame& frame) const { return size(frame, {}); }
  Frame decode(const WireFrame& wire, int elements) const { return decode(wire, elements, {}); }
};

/// Errors: UserError when the format cannot carry the codec (burst needs dense, rans needs
/// params.entropy; key "wire"). kAuto picks the fewest link bits frame by frame among the formats
/// that it can; the header names the choice.
std::unique_ptr<WireFormat> make_wire_format(WireKind kind, const BoundaryParams& params,
                                             const WireLayout& layout);

/// The same for a boundary without tables.
std::unique_ptr<WireFormat> make_wire_format(WireKind kind, const CodecSpec& codec,
                                             const WireLayout& layout);

/// Whether a gateway of this format entropy-codes every frame: `auto` has to know what that would
/// take, whatever it then sends.
bool tries_rans(WireKind kind, const BoundaryParams& params);

/// Whether the format can carry the codec, given the tables it may need.
bool can_carry(WireKind kind, const CodecSpec& codec);

}  // namespace ranvier::codec
