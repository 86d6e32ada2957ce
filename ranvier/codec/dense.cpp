// dense(bits): uniform quantisation, every element is sent.

#include "ranvier/codec/chunk.hpp"
#include "ranvier/codec/registry.hpp"

namespace ranvier::codec {
namespace {

class Dense final : public Codec {
 public:
  explicit Dense(BoundaryParams params) : Codec(std::move(params)) {
    const SymbolField field = symbol_field(params_.spec);
    high_ = field.highest();
    low_ = field.lowest();
  }

  Frame encode(std::span<const int16_t> current, std::span<const uint16_t> channel) const override {
    return encode_plane(current, channel);
  }

  void encode_levels(std::span<const int16_t> current, std::span<const uint16_t> channel,
                     std::span<int16_t> level) const override {
    require_shapes(current.size(), channel, level.size(), params_.channels.size());
    const int shift = params_.current_frac_bits;
    const int32_t half = rounding_half(shift);
    const int32_t low = low_;
    const int32_t high = high_;
    for (size_t e = 0; e < current.size(); ++e) {
      const int32_t step = (current[e] + half) >> shift;
      level[e] = static_cast<int16_t>(std::clamp(step, low, high));
    }
  }

 private:
  int32_t low_ = 0;
  int32_t high_ = 0;
};

}  // namespace

std::unique_ptr<Codec> make_dense(const BoundaryParams& params) {
  return std::make_unique<Dense>(params);
}

}  // namespace ranvier::codec
