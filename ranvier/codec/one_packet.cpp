#include "ranvier/codec/one_packet.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ranvier::codec {

int64_t OnePacketFormat::content_bits(int elements, int64_t count) const {
  const int64_t payload = payload_bits(elements, count);
  if (payload == 0) return fields_.header_bits;
  return int64_t{fields_.header_flits} * fields_.layout.flit_bits + payload;
}

WireSize OnePacketFormat::size(const Frame& frame, std::span<const uint32_t>) const {
  const int64_t bits = fields_.packet_bits(content_bits(frame.elements, count(frame)));
  return {kind_, 1, std::max<int64_t>(1, fields_.flits(bits)), bits};
}

WireFrame OnePacketFormat::encode(const Frame& frame, std::span<const uint32_t>) const {
  fields_.require_frame(frame);
  const int64_t events = count(frame);
  const int64_t content = content_bits(frame.elements, events);
  Packet packet = blank_packet(fields_, content);
  BitWriter writer(packet.bytes.data());
  put_header(writer, fields_, {kind_, events});
  if (content > fields_.header_bits) {
    writer.put_zeros(int64_t{fields_.header_flits} * fields_.layout.flit_bits - writer.position());
    put_payload(writer, frame);
  }
  writer.put_zeros(packet.bits - writer.position());
  RANVIER_CONTRACT(writer.position() == packet.bits, "a packet is as long as its header says");
  trim(packet);
  WireFrame wire{kind_, {}};
  wire.packets.push_back(std::move(packet));
  return wire;
}

Frame OnePacketFormat::decode(const WireFrame& wire, int elements,
                              std::span<const uint32_t>) const {
  fields_.require_elements(elements);
  const WireHeader header = first_header(wire, fields_);
  if (header.kind != kind_) throw core::RunError("wire: the frame has another format");
  if (wire.packets.size() != 1) {
    throw core::RunError(fmt::format("wire: {} packets where one is due", wire.packets.size()));
  }
  Frame frame{fields_.spec.steps, elements, {}};
  frame.symbols.resize(static_cast<size_t>(frame.steps) * static_cast<size_t>(elements));
  if (header.count > static_cast<int64_t>(frame.symbols.size())) {
    throw core::RunError(fmt::format("wire: {} events in a frame of {} element steps", header.count,
                                     frame.symbols.size()));
  }
  const Packet& packet = wire.packets.front();
  const int64_t content = content_bits(elements, header.count);
  require_packet_size(packet, fields_, content);
  BitReader reader(packet.bytes, bytes_for(packet.bits) * 8);
  reader.seek(fields_.header_bits);
  bool clean = true;
  if (content > fields_.header_bits) {
    clean = reader.skip_zeros(int64_t{fields_.header_flits} * fields_.layout.flit_bits);
    take_payload(reader, header.count, frame);
  }
  RANVIER_CONTRACT(reader.position() == content, "a payload is as long as its header says");
  clean = clean && reader.skip_zeros(bytes_for(packet.bits) * 8);
  if (!clean) throw core::RunError("wire: padding that is not zero");
  return frame;
}

}  // namespace ranvier::codec
