#pragma once
// The formulas of one step of a LIF neuron, and its parameters as the kernels read them. Private to
// the kernels.

#include "ranvier/train/kernels/scalar.hpp"

#include <cstdint>

namespace ranvier::train {

enum class Reset : uint8_t { kPlain, kDecayed, kInteger };

/// Rows of the parameter table of one call.
enum Row : int { kInverseGain, kTheta, kBeta, kLevel, kInverseWidth, kStart, kCarry, kRowCount };

/// Spikes of a membrane. V: float or Lanes.
template <bool kSigned, class V>
RANVIER_DEVICE inline V fire(V u, V level) {
  const V one = V{} + 1.0F;
  const V up = u >= level ? one : V{};
  if constexpr (!kSigned) return up;
  const V down = u <= -level ? one : V{};
  return up - down;
}

/// Membrane of the next step before firing.
template <Reset kReset, class V>
RANVIER_DEVICE inline V charge(V u, V s, V input, V theta, V beta) {
  if constexpr (kReset == Reset::kPlain) return (beta * u + input) - theta * s;
  const V v = u - theta * s;
  if constexpr (kReset == Reset::kDecayed) return beta * v + input;
  return (v - small_floor(v * (1.0F - beta))) + input;
}

}  // namespace ranvier::train
