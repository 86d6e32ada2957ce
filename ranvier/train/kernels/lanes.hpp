#pragma once
// A fixed number of floats worked on together, in the vector extension that GCC and Clang share:
// the compiler makes it whatever registers the machine has.

#include "ranvier/train/kernels/memory.hpp"
#include "ranvier/train/kernels/scalar.hpp"

#include <cstdint>
#include <cstring>

namespace ranvier::train {

inline constexpr int64_t kLanes = 16;  // one cache line of floats
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

inline Lanes load(const float* from) {
  Lanes v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

/// The first `count` lanes; 0 in the others.
inline Lanes load(const float* from, int64_t count) {
  if (count >= kLanes) return load(from);
  Lanes v{};
  std::memcpy(&v, from, static_cast<size_t>(count) * sizeof(float));
  return v;
}

inline void store(Lanes v, float* to) { std::memcpy(to, &v, sizeof v); }

/// The first `count` lanes.
inline void store(Lanes v, float* to, int64_t count) {
  std::memcpy(to, &v, static_cast<size_t>(std::min(count, kLanes)) * sizeof(float));
}

/// One cache line, aligned, past the caches; see stream() in memory.hpp.
inline void stream_line(Lanes v, float* to) {
#if defined(__AVX512F__)
  _mm512_stream_ps(to, reinterpret_cast<__m512&>(v));
#elif defined(__AVX__)
  alignas(sizeof(Lanes)) float line[kLanes];
  store(v, line);
  _mm256_stream_ps(to, _mm256_load_ps(line));
  _mm256_stream_ps(to + 8, _mm256_load_ps(line + 8));
#else
  store(v, to);
#endif
}

/// In a fixed order.
inline double sum(Lanes v) {
  double total = 0.0;
  for (int64_t i = 0; i < kLanes; ++i) total += double{v[i]};
  return total;
}

}  // namespace ranvier::train
