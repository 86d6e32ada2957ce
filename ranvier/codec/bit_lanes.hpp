#pragma once
// Moving chosen bits of a word together and apart again: one instruction where the processor has it
// (BMI2), a loop over the chosen bits elsewhere. Private to codec/.

#include <cstdint>

#ifdef __BMI2__
#include <immintrin.h>
#endif

namespace ranvier::codec {

/// The bits of `word` under `mask`, moved down to the lowest places, order kept. Cost: one step per
/// bit of the mask.
constexpr uint64_t squeeze_bit_by_bit(uint64_t word, uint64_t mask) {
  uint64_t out = 0;
  for (int place = 0; mask != 0; ++place, mask &= mask - 1) {
    const uint64_t lowest = mask & (0 - mask);
    out |= uint64_t{(word & lowest) != 0} << place;
  }
  return out;
}

/// The inverse: the lowest bits of `word` put where `mask` has ones, zeros elsewhere.
constexpr uint64_t spread_bit_by_bit(uint64_t word, uint64_t mask) {
  uint64_t out = 0;
  for (; mask != 0; word >>= 1, mask &= mask - 1) {
    const uint64_t lowest = mask & (0 - mask);
    out |= (word & 1) != 0 ? lowest : 0;
  }
  return out;
}

#ifdef __BMI2__
inline uint64_t squeeze(uint64_t word, uint64_t mask) { return _pext_u64(word, mask); }
inline uint64_t spread(uint64_t word, uint64_t mask) { return _pdep_u64(word, mask); }
#else
inline uint64_t squeeze(uint64_t word, uint64_t mask) { return squeeze_bit_by_bit(word, mask); }
inline uint64_t spread(uint64_t word, uint64_t mask) { return spread_bit_by_bit(word, mask); }
#endif

}  // namespace ranvier::codec
