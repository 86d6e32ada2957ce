#pragma once
// What formulas are made of, for one number or a vector of them (lanes.hpp). Formulas are templates
// over both, so that they cannot differ; with these they compile for a GPU too.

#include <cmath>
#include <type_traits>

#if defined(__CUDACC__) || defined(__CUDA__)
#define RANVIER_DEVICE __host__ __device__
#else
#define RANVIER_DEVICE
#endif

namespace ranvier::train {

/// `value` in every lane (or itself).
template <class V>
RANVIER_DEVICE inline V all(float value) {
  return V{} + value;
}

template <class V>
RANVIER_DEVICE inline V magnitude(V v) {
  return v < V{} ? -v : v;
}

template <class V>
RANVIER_DEVICE inline V exponential(V v) {
  if constexpr (std::is_same_v<V, float>) {
    return std::exp(v);
  } else {
    for (unsigned i = 0; i < sizeof(V) / sizeof(float); ++i) v[i] = std::exp(v[i]);
    return v;
  }
}

/// floor(v) for |v| < 2^22, in operations that vectorise.
template <class V>
RANVIER_DEVICE inline V small_floor(V v) {
  // 1.5 x 2^23: adding it rounds to the nearest integer, halves to even.
  const V shift = V{} + 12582912.0F;
  const V nearest = (v + shift) - shift;
  return nearest - (nearest > v ? V{} + 1.0F : V{});
}

}  // namespace ranvier::train
