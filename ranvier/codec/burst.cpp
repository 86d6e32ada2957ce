// burst (dense only): one packet per frame; behind the header, the payload of every element.

#include "ranvier/codec/one_packet.hpp"
#include "ranvier/codec/registry.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>

namespace ranvier::codec {
namespace {

class BurstFormat final : public OnePacketFormat {
 public:
  BurstFormat(const CodecSpec& codec, const WireLayout& layout)
      : OnePacketFormat(WireKind::kBurst, codec, layout) {}

 protected:
  int64_t count(const Frame& frame) const override { return frame.elements; }

  int64_t payload_bits(int elements, int64_t) const override {
    return int64_t{elements} * fields_.symbol.bits();
  }

  void put_payload(BitWriter& writer, const Frame& frame) const override {
    BitWriter local = writer;  // stays in registers
    fields_.symbol.with_style([&]<SymbolField::Style kStyle>() {
      const int bits = fields_.symbol.bits();
      for (const int16_t symbol : frame.symbols) {
        local.put(fields_.symbol.pack<kStyle>(symbol), bits);
      }
    });
    writer = local;
  }

  void take_payload(BitReader& reader, int64_t count, Frame& frame) const override {
    if (count != frame.elements) {
      throw core::RunError(
          fmt::format("wire: a burst of {} for a block of {}", count, frame.elements));
    }
    const int bits = fields_.symbol.bits();
    int64_t position = reader.position();
    bool good = true;
    fields_.symbol.with_style([&]<SymbolField::Style kStyle>() {
      for (int16_t& symbol : frame.symbols) {
        const auto field = static_cast<uint32_t>(reader.peek(position) & low_mask(bits));
        const int32_t value = fields_.symbol.unpack<kStyle>(field);
        good &= fields_.symbol.holds(value, true);
        symbol = static_cast<int16_t>(value);
        position += bits;
      }
    });
    if (!good) throw core::RunError("wire: a level that is no symbol of this codec");
    reader.seek(position);
  }
};

}  // namespace

std::unique_ptr<WireFormat> make_burst_format(const BoundaryParams& params,
                                              const WireLayout& layout) {
  return std::make_unique<BurstFormat>(params.spec, layout);
}

}  // namespace ranvier::codec
