// ttfs(T): at most one spike per element; the earlier, the larger. The symbol counts the steps that
// are left when the spike comes: T for step 0, 1 for the last step, 0 for none.

#include "ranvier/codec/chunk.hpp"
#include "ranvier/codec/registry.hpp"

#include <cstdlib>

namespace ranvier::codec {
namespace {

class Ttfs final : public Codec {
 public:
  explicit Ttfs(BoundaryParams params) : Codec(std::move(params)) {}

  Frame encode(std::span<const int16_t> current, std::span<const uint16_t> channel) const override {
    return encode_plane(current, channel);
  }

  void encode_levels(std::span<const int16_t> current, std::span<const uint16_t> channel,
                     std::span<int16_t> level) const override {
    encode_chunks(params_, current, channel, level,
                  [&](auto is_signed, const auto&... chunk) { close<is_signed>(chunk...); });
  }

  void decode_levels(std::span<const int16_t> level, std::span<const uint16_t> channel,
                     std::span<int32_t> value) const override {
    require_shapes(level.size(), channel, value.size(), params_.channels.size());
    const int shift = params_.decode_shift;
    const int32_t half = rounding_half(shift);
    for (size_t e = 0; e < level.size(); ++e) {
      const int16_t steps_left = level[e];
      const size_t size = static_cast<size_t>(std::abs(steps_left));
      const int32_t worth = size == 0 ? 0 : params_.levels.value[size - 1];
      const int32_t signed_worth = steps_left < 0 ? -worth : worth;
      value[e] = (signed_worth * params_.channels[channel[e]].decode_multiplier + half) >> shift;
    }
  }

 private:
  /// The number of thresholds that the current reaches: the sum over the steps, one vector loop per
  /// step.
  template <bool kSigned>
  void close(const int16_t* current, const ChunkOf<uint16_t>& threshold, size_t count,
             int16_t* level) const {
    ChunkOf<uint16_t> size;
    ChunkOf<int16_t> reached{};
    for (size_t e = 0; e < count; ++e) {
      const int32_t i = current[e];
      size[e] = static_cast<uint16_t>(kSigned ? std::abs(i) : std::max(i, 0));
    }
    for (const int16_t bound : params_.levels.threshold) {
      const auto limit = static_cast<uint16_t>(bound);
      for (size_t e = 0; e < count; ++e) {
        reached[e] = static_cast<int16_t>(reached[e] + (size[e] >= limit ? 1 : 0));
      }
    }
    for (size_t e = 0; e < count; ++e) {
      const int16_t fired = static_cast<int16_t>(size[e] >= threshold[e] ? 1 + reached[e] : 0);
      level[e] = static_cast<int16_t>(kSigned && current[e] < 0 ? -fired : fired);
    }
  }
};

}  // namespace

std::unique_ptr<Codec> make_ttfs(const BoundaryParams& params) {
  return std::make_unique<Ttfs>(params);
}

}  // namespace ranvier::codec
