#pragma once
// Memory of the kernels: aligned scratch, writing past the caches.

#include <algorithm>
#include <cstdint>
#include <new>

#ifdef __AVX__
#include <immintrin.h>
#endif

namespace ranvier::train {

inline constexpr int64_t kCacheLine = 64;  // [bytes]

/// Kernels that read this many floats or more have pushed the first results out of the caches
/// before they return; those results are better written past the caches.
inline constexpr int64_t kStreamedValues = int64_t{4} << 20;

/// Scratch that starts at a cache line, not initialised.
template <class T>
class AlignedRow {
 public:
  explicit AlignedRow(int64_t count)
      : values_(static_cast<T*>(::operator new (static_cast<size_t>(count) * sizeof(T),
                                                std::align_val_t{kCacheLine}))) {}
  ~AlignedRow() { ::operator delete (values_, std::align_val_t{kCacheLine}); }
  AlignedRow(const AlignedRow&) = delete;
  AlignedRow& operator=(const AlignedRow&) = delete;

  T* data() const { return values_; }

 private:
  T* values_;
};

/// Copies a scratch row to memory that nobody reads soon, without reading it into the caches first.
/// Call finish_streams() before another thread may look.
template <class T>
void stream(const T* row, int64_t count, T* to) {
  int64_t done = 0;
#ifdef __AVX__
  constexpr auto kPerStore = static_cast<int64_t>(sizeof(__m256i) / sizeof(T));
  if (reinterpret_cast<uintptr_t>(to) % sizeof(__m256i) == 0) {
    for (; done + kPerStore <= count; done += kPerStore) {
      _mm256_stream_si256(reinterpret_cast<__m256i*>(to + done),
                          _mm256_load_si256(reinterpret_cast<const __m256i*>(row + done)));
    }
  }
#endif
  std::copy(row + done, row + count, to + done);
}

inline void finish_streams() {
#ifdef __AVX__
  _mm_sfence();
#endif
}

}  // namespace ranvier::train
