// packet: a header packet with the count, then one packet per event (dense: per element), as on the
// mesh.

#include "ranvier/codec/registry.hpp"
#include "ranvier/codec/wire_fields.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <optional>

namespace ranvier::codec {
namespace {

class PacketFormat final : public WireFormat {
 public:
  PacketFormat(const CodecSpec& codec, const WireLayout& layout)
      : fields_(codec, layout), every_element_(codec.kind == CodecKind::kDense) {
    // A spike carries its tick as on the mesh, even in a window of one step.
    if (codec.kind == CodecKind::kRate) tick_bits_ = std::max(layout.tick_bits, fields_.time_bits);
  }

  using WireFormat::decode;
  using WireFormat::encode;
  using WireFormat::size;

  WireSize size(const Frame& frame, std::span<const uint32_t>) const override {
    const int64_t sent = count(frame);
    const int64_t header = fields_.packet_bits(fields_.header_bits);
    const int64_t event = fields_.packet_bits(event_bits());
    const int64_t event_flits = std::max<int64_t>(1, fields_.flits(event));
    return {WireKind::kPacket, 1 + sent, fields_.flits(header) + sent * event_flits,
            header + sent * event};
  }

  WireFrame encode(const Frame& frame, std::span<const uint32_t>) const override {
    fields_.require_frame(frame);
    WireFrame wire{WireKind::kPacket, {}};
    const int64_t sent = count(frame);
    wire.packets.reserve(static_cast<size_t>(sent) + 1);
    Packet header = blank_packet(fields_, fields_.header_bits);
    BitWriter writer(header.bytes.data());
    put_header(writer, fields_, {WireKind::kPacket, sent});
    writer.put_zeros(header.bits - writer.position());
    trim(header);
    wire.packets.push_back(std::move(header));
    for (int step = 0; step < frame.steps; ++step) {
      for (int e = 0; e < frame.elements; ++e) {
        const int16_t symbol = frame.symbols[index(frame, step, e)];
        if (symbol != 0 || every_element_) wire.packets.push_back(event(step, e, symbol));
      }
    }
    return wire;
  }

  Frame decode(const WireFrame& wire, int elements, std::span<const uint32_t>) const override {
    fields_.require_elements(elements);
    const WireHeader header = first_header(wire, fields_);
    if (header.kind != WireKind::kPacket) throw core::RunError("wire: the frame is not `packet`");
    require_clean(wire.packets.front(), fields_.header_bits);
    const auto arrived = static_cast<int64_t>(wire.packets.size()) - 1;
    if (arrived != header.count || (every_element_ && arrived != elements)) {
      throw core::RunError(
          fmt::format("wire: {} event packets, the header counts {}", arrived, header.count));
    }
    Frame frame = silence(elements);
    std::vector<bool> seen(frame.symbols.size());
    for (size_t p = 1; p < wire.packets.size(); ++p) take_event(wire.packets[p], frame, seen);
    return frame;
  }

  /// Every event stands for itself: those that are no events are left out.
  std::optional<Frame> salvage(const WireFrame& wire, int elements, std::span<const uint32_t>,
                               int64_t missing) const override {
    try {
      const WireHeader header = first_header(wire, fields_);
      const auto sent = static_cast<int64_t>(wire.packets.size()) - 1 + missing;
      if (header.kind != WireKind::kPacket || header.count != sent) return std::nullopt;
    } catch (const core::RunError&) {
      return std::nullopt;
    }
    Frame frame = silence(elements);
    std::vector<bool> seen(frame.symbols.size());
    for (size_t p = 1; p < wire.packets.size(); ++p) {
      try {
        take_event(wire.packets[p], frame, seen);
      } catch (const core::RunError&) {  // its element stays silent
      }
    }
    return frame;
  }

 private:
  Frame silence(int elements) const {
    Frame frame{fields_.spec.steps, elements, {}};
    frame.symbols.resize(static_cast<size_t>(frame.steps) * static_cast<size_t>(elements));
    return frame;
  }

  static size_t index(const Frame& frame, int step, int element) {
    return static_cast<size_t>(step) * static_cast<size_t>(frame.elements) +
           static_cast<size_t>(element);
  }

  int64_t count(const Frame& frame) const {
    return every_element_ ? frame.elements : frame.events();
  }

  int event_bits() const {
    return fields_.layout.route_bits + fields_.layout.address_bits + tick_bits_ +
           fields_.symbol.bits();
  }

  Packet event(int step, int element, int16_t symbol) const {
    Packet packet = blank_packet(fields_, event_bits());
    BitWriter writer(packet.bytes.data());
    writer.put_zeros(fields_.layout.route_bits);
    writer.put(static_cast<uint64_t>(element), fields_.layout.address_bits);
    writer.put(static_cast<uint64_t>(step), tick_bits_);
    writer.put(fields_.symbol.pack(symbol), fields_.symbol.bits());
    writer.put_zeros(packet.bits - writer.position());
    trim(packet);
    return packet;
  }

  void require_clean(const Packet& packet, int64_t content_bits) const {
    require_packet_size(packet, fields_, content_bits);
    BitReader reader(packet.bytes, bytes_for(packet.bits) * 8);
    reader.seek(content_bits);
    if (!reader.skip_zeros(bytes_for(packet.bits) * 8)) {
      throw core::RunError("wire: padding that is not zero");
    }
  }

  /// Events may arrive in any order, each at most once.
  void take_event(const Packet& packet, Frame& frame, std::vector<bool>& seen) const {
    require_clean(packet, event_bits());
    BitReader reader(packet.bytes, packet.bits);
    reader.seek(fields_.layout.route_bits);
    const auto element = static_cast<int64_t>(reader.get(fields_.layout.address_bits));
    const auto step = static_cast<int64_t>(reader.get(tick_bits_));
    const int32_t symbol =
        fields_.symbol.unpack(static_cast<uint32_t>(reader.get(fields_.symbol.bits())));
    if (element >= frame.elements || step >= frame.steps) {
      throw core::RunError(
          fmt::format("wire: an event for element {} at step {} of a block of {} "
                      "elements and {} steps",
                      element, step, frame.elements, frame.steps));
    }
    const size_t at = index(frame, static_cast<int>(step), static_cast<int>(element));
    if (seen[at]) throw core::RunError(fmt::format("wire: a second event for element {}", element));
    if (!fields_.symbol.holds(symbol, every_element_)) {
      throw core::RunError(fmt::format("wire: {} is no symbol of this codec", symbol));
    }
    seen[at] = true;
    frame.symbols[at] = static_cast<int16_t>(symbol);
  }

  WireFields fields_;
  bool every_element_;
  int tick_bits_ = 0;
};

}  // namespace

std::unique_ptr<WireFormat> make_packet_format(const BoundaryParams& params,
                                               const WireLayout& layout) {
  return std::make_unique<PacketFormat>(params.spec, layout);
}

}  // namespace ranvier::codec
