#pragma once
// Base of the formats that send a frame as one packet: header flits, then the payload packed
// without gaps, then padding to a whole flit. Private to codec/.

#include "ranvier/codec/wire_fields.hpp"

namespace ranvier::codec {

class OnePacketFormat : public WireFormat {
 public:
  OnePacketFormat(WireKind kind, const CodecSpec& codec, const WireLayout& layout)
      : fields_(codec, layout), kind_(kind) {}

  using WireFormat::decode;
  using WireFormat::encode;
  using WireFormat::size;

  WireFrame encode(const Frame& frame, std::span<const uint32_t>) const final;
  WireSize size(const Frame& frame, std::span<const uint32_t>) const final;
  Frame decode(const WireFrame& wire, int elements, std::span<const uint32_t>) const final;

 protected:
  /// What the header counts.
  virtual int64_t count(const Frame& frame) const { return frame.events(); }
  /// Bits behind the header of `elements` elements with this count.
  virtual int64_t payload_bits(int elements, int64_t count) const = 0;
  /// Exactly payload_bits bits.
  virtual void put_payload(BitWriter& writer, const Frame& frame) const = 0;
  /// Fills frame.symbols, all zero so far. Errors: RunError when the bits are not a frame.
  virtual void take_payload(BitReader& reader, int64_t count, Frame& frame) const = 0;

  WireFields fields_;

 private:
  int64_t content_bits(int elements, int64_t count) const;

  WireKind kind_;
};

}  // namespace ranvier::codec
