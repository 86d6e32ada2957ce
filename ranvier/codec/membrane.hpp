#pragma once
// One integer leaky integrate-and-fire neuron of a rate encoder, one time step at a time.

#include <algorithm>
#include <cstdint>

namespace ranvier::codec {

/// The membrane register is 24 bits wide, symmetric: it saturates at +-(2^23 - 1).
inline constexpr int32_t kMembraneLimit = (1 << 23) - 1;

/// Membrane at the start of a window.
constexpr int32_t initial_membrane(int32_t threshold, bool is_signed) {
  return is_signed ? 0 : threshold / 2;
}

/// Leak, integrate (saturating), fire, reset by subtraction. Returns the symbol: 0 or 1, signed -1,
/// 0 or +1. leak_shift 0 means no leak. Source: docs/models/converter.md, "rate".
template <bool kSigned>
constexpr int32_t membrane_step(int32_t& membrane, int32_t current, int32_t threshold,
                                int32_t leak_shift) {
  const int32_t leak = (membrane >> leak_shift) & (leak_shift > 0 ? -1 : 0);
  const int32_t charged =
      std::min(std::max(membrane - leak + current, -kMembraneLimit), kMembraneLimit);
  const int32_t level = kSigned ? threshold / 2 : threshold;
  const int32_t up = static_cast<int32_t>(charged >= level);
  const int32_t down = kSigned ? static_cast<int32_t>(charged <= -level) : 0;
  membrane = charged - (threshold & -up) + (threshold & -down);
  return up - down;
}

}  // namespace ranvier::codec
