#pragma once
// The state of an asymmetric numeral system (Duda 2013, arXiv 1311.2540; range variant) that moves
// single bits and starts from 1, so that an empty message costs one bit. Private to codec/.

#include "ranvier/codec/bitstream.hpp"

#include <bit>
#include <cstdint>

namespace ranvier::codec {

inline constexpr int kStateBits = 32;  // a full state lies in [2^31, 2^32)

constexpr int width_of(uint64_t state) { return static_cast<int>(std::bit_width(state)); }

/// One symbol's part of a row: [begin, begin + frequency) of 2^bits.
struct Slice {
  uint32_t begin = 0;
  uint32_t frequency = 1;
};

/// Codes symbols last to first. `Sink` is a BitWriter or anything with put(value, bits).
template <class Sink>
class RansEncoder {
 public:
  explicit RansEncoder(Sink& sink) : sink_(sink) {}

  void put(Slice slice, int bits) {
    const uint64_t limit = uint64_t{slice.frequency} << (kStateBits - bits);
    if (state_ >= limit) {
      int moved = width_of(state_) - width_of(limit);
      if ((state_ >> moved) >= limit) ++moved;
      sink_.put(state_ & low_mask(moved), moved);
      state_ >>= moved;
    }
    state_ = (state_ / slice.frequency << bits) + slice.begin + state_ % slice.frequency;
  }

  /// Its highest one ends the message.
  void finish() { sink_.put(state_, width_of(state_)); }

 private:
  Sink& sink_;
  uint64_t state_ = 1;
};

/// Reads a message of bits [begin, end) backwards: symbols first to last.
class RansDecoder {
 public:
  /// `end`: behind the highest one of the message.
  RansDecoder(const BitReader& reader, int64_t begin, int64_t end)
      : reader_(reader), begin_(begin), at_(end) {
    refill();
  }

  /// Where in 2^bits the next symbol lies.
  uint32_t peek(int bits) const { return static_cast<uint32_t>(state_ & low_mask(bits)); }

  void take(Slice slice, int bits) {
    state_ = slice.frequency * (state_ >> bits) + (peek(bits) - slice.begin);
    refill();
  }

  /// Whether nothing is left, as after every symbol of a real message.
  bool is_done() const { return state_ == 1 && at_ == begin_; }

 private:
  void refill() {
    const int64_t missing = kStateBits - width_of(state_);
    const auto bits = static_cast<int>(std::min(missing, at_ - begin_));
    if (bits <= 0) return;
    at_ -= bits;
    state_ = state_ << bits | (reader_.peek(at_) & low_mask(bits));
  }

  const BitReader& reader_;
  int64_t begin_;
  int64_t at_;
  uint64_t state_ = 0;
};

}  // namespace ranvier::codec
