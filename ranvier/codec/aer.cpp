// aer: one packet per frame; behind the header, address, time and symbol of each event, in order of
// step and element.

#include "ranvier/codec/one_packet.hpp"
#include "ranvier/codec/registry.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>

namespace ranvier::codec {
namespace {

class AerFormat final : public OnePacketFormat {
 public:
  AerFormat(const CodecSpec& codec, const WireLayout& layout)
      : OnePacketFormat(WireKind::kAer, codec, layout) {}

 protected:
  int64_t payload_bits(int, int64_t count) const override {
    return count * (fields_.layout.address_bits + fields_.time_bits + fields_.symbol.bits());
  }

  void put_payload(BitWriter& writer, const Frame& frame) const override {
    const int16_t* symbol = frame.symbols.data();
    for (int step = 0; step < frame.steps; ++step) {
      for (int e = 0; e < frame.elements; ++e, ++symbol) {
        if (*symbol == 0) continue;
        writer.put(static_cast<uint64_t>(e), fields_.layout.address_bits);
        writer.put(static_cast<uint64_t>(step), fields_.time_bits);
        writer.put(fields_.symbol.pack(*symbol), fields_.symbol.bits());
      }
    }
  }

  void take_payload(BitReader& reader, int64_t count, Frame& frame) const override {
    int64_t last = -1;
    for (int64_t event = 0; event < count; ++event) {
      const auto element = static_cast<int64_t>(reader.get(fields_.layout.address_bits));
      const auto step = static_cast<int64_t>(reader.get(fields_.time_bits));
      const int32_t symbol =
          fields_.symbol.unpack(static_cast<uint32_t>(reader.get(fields_.symbol.bits())));
      const int64_t at = step * frame.elements + element;
      if (element >= frame.elements || step >= frame.steps || at <= last) {
        throw core::RunError(
            fmt::format("wire: event {} for element {} at step {} is out of range "
                        "or order",
                        event, element, step));
      }
      if (!fields_.symbol.holds(symbol, false)) {
        throw core::RunError(fmt::format("wire: {} is no event of this codec", symbol));
      }
      last = at;
      frame.symbols[static_cast<size_t>(at)] = static_cast<int16_t>(symbol);
    }
  }
};

}  // namespace

std::unique_ptr<WireFormat> make_aer_format(const BoundaryParams& params,
                                            const WireLayout& layout) {
  return std::make_unique<AerFormat>(params.spec, layout);
}

}  // namespace ranvier::codec
