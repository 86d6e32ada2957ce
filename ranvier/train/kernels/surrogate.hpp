#pragma once
// Surrogate derivatives of the step function: area 1, height 1 at 0, argument in units of the
// width. Equations and sources: docs/models/lif.md.

#include "ranvier/train/kernels/scalar.hpp"

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace ranvier::train {

enum class Surrogate : uint8_t { kArctan, kFastSigmoid, kTriangle, kSigmoid };

/// Of the neurons of an snn: tails add up over steps and layers. Source: docs/learning.md.
inline constexpr Surrogate kSpikingSurrogate = Surrogate::kTriangle;

std::string_view to_string(Surrogate surrogate);

/// Errors: UserError naming `key`, the text and the allowed names.
Surrogate parse_surrogate(std::string_view text, std::string_view key);

/// phi(v): even, integrates to 1, phi(0) = 1. V: float, usable inside
/// vectorised loops, or Lanes.
template <Surrogate kKind, class V>
RANVIER_DEVICE inline V surrogate_slope(V v) {
  const V one = all<V>(1.0F);
  if constexpr (kKind == Surrogate::kArctan) {
    const V scaled = all<V>(3.14159265358979F) * v;
    return one / (one + scaled * scaled);
  } else if constexpr (kKind == Surrogate::kFastSigmoid) {
    const V d = one + 2.0F * magnitude(v);
    return one / (d * d);
  } else if constexpr (kKind == Surrogate::kTriangle) {
    const V d = one - magnitude(v);
    return d > V{} ? d : V{};
  } else {
    const V e = exponential(-4.0F * magnitude(v));
    return 4.0F * e / ((one + e) * (one + e));
  }
}

/// f(kind) with the kind as a compile-time constant.
template <class F>
void dispatch_surrogate(Surrogate surrogate, const F& f) {
  switch (surrogate) {
    case Surrogate::kArctan:
      return f(std::integral_constant<Surrogate, Surrogate::kArctan>{});
    case Surrogate::kFastSigmoid:
      return f(std::integral_constant<Surrogate, Surrogate::kFastSigmoid>{});
    case Surrogate::kTriangle:
      return f(std::integral_constant<Surrogate, Surrogate::kTriangle>{});
    case Surrogate::kSigmoid:
      return f(std::integral_constant<Surrogate, Surrogate::kSigmoid>{});
  }
}

}  // namespace ranvier::train
