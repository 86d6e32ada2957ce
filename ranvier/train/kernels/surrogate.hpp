#pragma once
// Surrogate derivatives of the step function: area 1, height 1 at 0, argument in units of the
// width. Equations and sources: docs/models/lif.md.

#include <cmath>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace ranvier::train {

enum class Surrogate : uint8_t { kArctan, kFastSigmoid, kTriangle, kSigmoid };

std::string_view to_string(Surrogate surrogate);

/// Errors: UserError naming `key`, the text and the allowed names.
Surrogate parse_surrogate(std::string_view text, std::string_view key);

/// phi(v): even, integrates to 1, phi(0) = 1. Usable inside vectorised loops.
template <Surrogate kKind>
inline float surrogate_slope(float v) {
  if constexpr (kKind == Surrogate::kArctan) {
    constexpr float kPi = 3.14159265358979F;
    return 1.0F / (1.0F + (kPi * v) * (kPi * v));
  } else if constexpr (kKind == Surrogate::kFastSigmoid) {
    const float d = 1.0F + 2.0F * std::fabs(v);
    return 1.0F / (d * d);
  } else if constexpr (kKind == Surrogate::kTriangle) {
    const float d = 1.0F - std::fabs(v);
    return d > 0.0F ? d : 0.0F;
  } else {
    const float e = std::exp(-4.0F * std::fabs(v));
    return 4.0F * e / ((1.0F + e) * (1.0F + e));
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
