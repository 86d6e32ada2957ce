#include "ranvier/codec/wire_fields.hpp"

#include "ranvier/codec/registry.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ranvier::codec {

namespace {

/// Formats that can carry the codec, in the order of their ids.
std::vector<WireKind> formats_of(const CodecSpec& spec) {
  std::vector<WireKind> kinds;
  for (const WireEntry& entry : wire_table()) {
    if (entry.carries(spec)) kinds.push_back(entry.kind);
  }
  return kinds;
}

}  // namespace

WireFields::WireFields(const CodecSpec& codec, const WireLayout& wire_layout)
    : spec(codec), layout(wire_layout), symbol(symbol_field(codec)) {
  RANVIER_CONTRACT(layout.route_bits >= 0 && layout.address_bits >= 0 && layout.tick_bits >= 0,
                   "wire fields have no negative width");
  RANVIER_CONTRACT(layout.address_bits <= 24 && layout.flit_bits >= 1,
                   "addresses have at most 24 bits, flits at least 1");
  format_bits = core::bits_to_name(static_cast<int64_t>(formats_of(spec).size()));
  count_bits = core::bits_to_name(capacity() * spec.steps + 1);
  time_bits = core::bits_to_name(spec.steps);
  header_bits = layout.route_bits + format_bits + count_bits;
  header_flits = static_cast<int>(flits(header_bits));
}

void WireFields::require_elements(int elements) const {
  RANVIER_CONTRACT(elements >= 0 && elements <= capacity(), "a block's elements fit its address");
}

void WireFields::require_frame(const Frame& frame) const {
  require_elements(frame.elements);
  RANVIER_CONTRACT(frame.steps == spec.steps, "a frame has the steps of its codec");
  RANVIER_CONTRACT(frame.symbols.size() ==
                       static_cast<size_t>(frame.steps) * static_cast<size_t>(frame.elements),
                   "a frame holds steps x elements symbols");
  int16_t low = 0;
  int16_t high = 0;
  for (const int16_t s : frame.symbols) {
    low = std::min(low, s);
    high = std::max(high, s);
  }
  RANVIER_CONTRACT(low >= symbol.lowest() && high <= symbol.highest(),
                   "a frame holds only symbols of its codec");
}

void put_name(BitWriter& writer, const WireFields& fields, WireKind kind) {
  writer.put_zeros(fields.layout.route_bits);
  const std::vector<WireKind> kinds = formats_of(fields.spec);
  const auto id = std::find(kinds.begin(), kinds.end(), kind) - kinds.begin();
  writer.put(static_cast<uint64_t>(id), fields.format_bits);
}

WireKind take_name(BitReader& reader, const WireFields& fields) {
  reader.seek(reader.position() + fields.layout.route_bits);
  const uint64_t id = reader.get(fields.format_bits);
  const std::vector<WireKind> kinds = formats_of(fields.spec);
  if (id >= kinds.size()) {
    throw core::RunError(fmt::format("wire: the header names format {}, which does not exist", id));
  }
  return kinds[id];
}

WireKind first_name(const WireFrame& wire, const WireFields& fields) {
  if (wire.packets.empty()) throw core::RunError("wire: a frame without packets has no header");
  const Packet& first = wire.packets.front();
  BitReader reader(first.bytes, first.bits);
  const WireKind kind = take_name(reader, fields);
  if (kind != wire.kind) {
    throw core::RunError(fmt::format("wire: the header says {}, the frame is {}", to_string(kind),
                                     to_string(wire.kind)));
  }
  return kind;
}

void put_header(BitWriter& writer, const WireFields& fields, WireHeader header) {
  put_name(writer, fields, header.kind);
  writer.put(static_cast<uint64_t>(header.count), fields.count_bits);
}

WireHeader first_header(const WireFrame& wire, const WireFields& fields) {
  const WireKind kind = first_name(wire, fields);
  const Packet& first = wire.packets.front();
  BitReader reader(first.bytes, first.bits);
  reader.seek(fields.name_bits());
  return {kind, static_cast<int64_t>(reader.get(fields.count_bits))};
}

void require_packet_size(const Packet& packet, const WireFields& fields, int64_t content_bits) {
  const int64_t bits = fields.packet_bits(content_bits);
  const int64_t flits = std::max<int64_t>(1, fields.flits(bits));
  if (packet.bits != bits || packet.flits != flits ||
      static_cast<int64_t>(packet.bytes.size()) != bytes_for(bits)) {
    throw core::RunError(fmt::format(
        "wire: a packet of {} bits in {} flits and {} bytes, its header asks for {} bits in {} "
        "flits and {} bytes",
        packet.bits, packet.flits, packet.bytes.size(), bits, flits, bytes_for(bits)));
  }
}

Packet blank_packet(const WireFields& fields, int64_t content_bits) {
  const int64_t bits = fields.packet_bits(content_bits);
  Packet packet;
  packet.bits = static_cast<int>(bits);
  packet.flits = static_cast<int>(std::max<int64_t>(1, fields.flits(bits)));
  packet.bytes.resize(static_cast<size_t>(bytes_for(bits) + kWriterSlack));
  return packet;
}

void trim(Packet& packet) { packet.bytes.resize(static_cast<size_t>(bytes_for(packet.bits))); }

}  // namespace ranvier::codec
