// bitmap: one packet per frame; behind the header, step by step, a presence bit per element, then
// the symbols of the present ones.

#include "ranvier/codec/bitmap_plane.hpp"
#include "ranvier/codec/one_packet.hpp"
#include "ranvier/codec/registry.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>

namespace ranvier::codec {
namespace {

class BitmapFormat final : public OnePacketFormat {
 public:
  BitmapFormat(const CodecSpec& codec, const WireLayout& layout)
      : OnePacketFormat(WireKind::kBitmap, codec, layout) {}

 protected:
  int64_t payload_bits(int elements, int64_t count) const override {
    return int64_t{elements} * fields_.spec.steps + count * fields_.symbol.bits();
  }

  void put_payload(BitWriter& writer, const Frame& frame) const override {
    const auto elements = static_cast<size_t>(frame.elements);
    for (size_t step = 0; step < static_cast<size_t>(frame.steps); ++step) {
      put_plane(std::span(frame.symbols).subspan(step * elements, elements), fields_.symbol,
                writer);
    }
  }

  void take_payload(BitReader& reader, int64_t count, Frame& frame) const override {
    const auto elements = static_cast<size_t>(frame.elements);
    int64_t left = count;
    for (size_t step = 0; step < static_cast<size_t>(frame.steps); ++step) {
      left -= take_plane(reader, fields_.symbol, left,
                         std::span(frame.symbols).subspan(step * elements, elements));
    }
    if (left != 0) {
      throw core::RunError(fmt::format("wire: {} of {} events have no presence bit", left, count));
    }
  }
};

}  // namespace

std::unique_ptr<WireFormat> make_bitmap_format(const BoundaryParams& params,
                                               const WireLayout& layout) {
  return std::make_unique<BitmapFormat>(params.spec, layout);
}

}  // namespace ranvier::codec
