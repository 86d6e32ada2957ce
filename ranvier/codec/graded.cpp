// graded(k): at most one event per element, sent when the current reaches the channel's threshold.

#include "ranvier/codec/chunk.hpp"
#include "ranvier/codec/registry.hpp"

namespace ranvier::codec {
namespace {

class Graded final : public Codec {
 public:
  explicit Graded(BoundaryParams params) : Codec(std::move(params)) {}

  Frame encode(std::span<const int16_t> current, std::span<const uint16_t> channel) const override {
    return encode_plane(current, channel);
  }

  void encode_levels(std::span<const int16_t> current, std::span<const uint16_t> channel,
                     std::span<int16_t> level) const override {
    encode_chunks(params_, current, channel, level,
                  [&](auto is_signed, const auto&... chunk) { quantise<is_signed>(chunk...); });
  }

 private:
  template <bool kSigned>
  void quantise(const int16_t* current, const ChunkOf<uint16_t>& threshold, size_t count,
                int16_t* level) const {
    const int shift = params_.current_frac_bits;
    const int32_t half = rounding_half(shift);
    const int32_t top = 1 << params_.spec.bits;
    for (size_t e = 0; e < count; ++e) {
      const int32_t i = current[e];
      const int32_t magnitude = kSigned ? (i < 0 ? -i : i) : std::max(i, 0);
      const int32_t step = std::clamp((magnitude + half) >> shift, 1, top);
      const int32_t fired = magnitude >= threshold[e] ? step : 0;
      level[e] = static_cast<int16_t>(kSigned && i < 0 ? -fired : fired);
    }
  }
};

}  // namespace

std::unique_ptr<Codec> make_graded(const BoundaryParams& params) {
  return std::make_unique<Graded>(params);
}

}  // namespace ranvier::codec
