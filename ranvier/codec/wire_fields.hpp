#pragma once
// What all wire formats share: the widths of the header and event fields, and the header itself.
// Private to codec/.

#include "ranvier/codec/bitstream.hpp"
#include "ranvier/codec/symbol_field.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/core/quantity.hpp"

namespace ranvier::codec {

/// Widths [bits] of one boundary's fields; fixed when the hardware is configured, the same for
/// every block.
struct WireFields {
  WireFields(const CodecSpec& codec, const WireLayout& wire_layout);

  CodecSpec spec;
  WireLayout layout;
  SymbolField symbol;
  int format_bits;  // names one of the formats that can carry the codec
  int count_bits;   // 0 .. 2^address_bits x steps events
  int time_bits;    // 0 for one step
  int header_bits;  // route, format, count
  int header_flits;

  /// Route and format: what every header begins with.
  int name_bits() const { return layout.route_bits + format_bits; }
  int64_t capacity() const { return int64_t{1} << layout.address_bits; }  // elements
  int64_t flits(int64_t bits) const { return core::ceil_div(bits, layout.flit_bits); }
  /// Bits of one packet that holds `bits` in order: its true width in one flit, whole flits
  /// otherwise.
  int64_t packet_bits(int64_t bits) const {
    return bits <= layout.flit_bits ? bits : flits(bits) * layout.flit_bits;
  }

  /// ContractViolation unless the frame has the codec's steps, fits the address and holds only its
  /// symbols.
  void require_frame(const Frame& frame) const;
  void require_elements(int elements) const;
};

struct WireHeader {
  WireKind kind;
  int64_t count;
};

/// Route 0 (the network interface writes it) and format.
void put_name(BitWriter& writer, const WireFields& fields, WireKind kind);

/// Errors: RunError when the packet is shorter than that or names a format that does not exist.
WireKind take_name(BitReader& reader, const WireFields& fields);

/// The same of a frame's first packet. Errors: also when there is no packet, or the frame says
/// otherwise.
WireKind first_name(const WireFrame& wire, const WireFields& fields);

/// Name and count. Leaves the writer behind the count.
void put_header(BitWriter& writer, const WireFields& fields, WireHeader header);

/// Header of a frame's first packet. Errors: as first_name, and when the packet is shorter than it.
WireHeader first_header(const WireFrame& wire, const WireFields& fields);

/// Errors: RunError unless flits, bits and bytes of the packet are those of `content_bits` bits.
void require_packet_size(const Packet& packet, const WireFields& fields, int64_t content_bits);

/// A packet whose bytes are to be written by a BitWriter; trim it afterwards.
Packet blank_packet(const WireFields& fields, int64_t content_bits);

/// Drops the writer's slack.
void trim(Packet& packet);

}  // namespace ranvier::codec
