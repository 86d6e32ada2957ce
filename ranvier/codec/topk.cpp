// topk(f): what the near chip selected crosses as 8-bit levels; everything else is 0 and silent.

#include "ranvier/codec/chunk.hpp"
#include "ranvier/codec/registry.hpp"

#include <cmath>
#include <cstdlib>

namespace ranvier::codec {
namespace {

class Topk final : public Codec {
 public:
  explicit Topk(BoundaryParams params) : Codec(std::move(params)) {}

  Frame encode(std::span<const int16_t> current, std::span<const uint16_t> channel) const override {
    return encode_plane(current, channel);
  }

  void encode_levels(std::span<const int16_t> current, std::span<const uint16_t> channel,
                     std::span<int16_t> level) const override {
    require_shapes(current.size(), channel, level.size(), params_.channels.size());
    const int shift = params_.current_frac_bits;
    const int32_t half = rounding_half(shift);
    const int32_t top = 1 << params_.spec.bits;
    const bool is_signed = params_.spec.is_signed;
    for (size_t e = 0; e < current.size(); ++e) {
      const int32_t i = current[e];
      const int32_t size = is_signed ? std::abs(i) : std::max(i, 0);
      const int32_t step = std::min((size + half) >> shift, top);
      level[e] = static_cast<int16_t>(is_signed && i < 0 ? -step : step);
    }
  }
};

}  // namespace

std::unique_ptr<Codec> make_topk(const BoundaryParams& params) {
  return std::make_unique<Topk>(params);
}

void select_top(std::span<int16_t> current, const CodecSpec& spec) {
  constexpr int64_t kWhole = 1000;
  const auto size_of = [&](int16_t i) {
    return spec.is_signed ? std::abs(int32_t{i}) : std::max(int32_t{i}, 0);
  };
  const auto total = static_cast<int64_t>(current.size());
  int64_t left = (total * spec.per_mille + kWhole - 1) / kWhole;
  // Counting sort by size: the smallest size that is kept, and how many of exactly that size.
  std::vector<int64_t> having(32769);
  for (const int16_t i : current) ++having[static_cast<size_t>(size_of(i))];
  int32_t least = 32768;
  while (least > 0 && having[static_cast<size_t>(least)] < left) {
    left -= having[static_cast<size_t>(least)];
    --least;
  }
  for (int16_t& i : current) {
    const int32_t size = size_of(i);
    const bool is_kept = size > least || (size == least && left-- > 0);
    if (!is_kept) i = 0;
  }
}

}  // namespace ranvier::codec
