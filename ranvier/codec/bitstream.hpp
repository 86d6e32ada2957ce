#pragma once
// Bit fields in bytes: the first bit of a stream is bit 0 of byte 0, fields follow each other least
// significant bit first. Neither class allocates.

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace ranvier::codec {

static_assert(std::endian::native == std::endian::little, "bit streams are moved in native words");

inline constexpr int kFieldLimit = 56;  // widest field of one call [bits]
inline constexpr int kWriterSlack = 8;  // bytes a writer may touch beyond the last bit written

constexpr int64_t bytes_for(int64_t bits) { return (bits + 7) / 8; }
constexpr uint64_t low_mask(int bits) { return (uint64_t{1} << bits) - 1; }

/// Appends fields to the caller's bytes, which must hold bytes_for(all bits) + kWriterSlack.
class BitWriter {
 public:
  explicit BitWriter(uint8_t* bytes) : begin_(bytes), at_(bytes) {}

  /// bits: 0..kFieldLimit, value < 2^bits.
  void put(uint64_t value, int bits) {
    pending_ |= value << fill_;
    std::memcpy(at_, &pending_, sizeof pending_);
    const int total = fill_ + bits;
    at_ += total >> 3;
    pending_ >>= total & ~7;
    fill_ = total & 7;
  }

  void put_zeros(int64_t bits) {
    for (; bits > 0; bits -= kFieldLimit) {
      put(0, static_cast<int>(std::min<int64_t>(bits, kFieldLimit)));
    }
  }

  int64_t position() const { return (at_ - begin_) * 8 + fill_; }

 private:
  uint8_t* begin_;
  uint8_t* at_;
  uint64_t pending_ = 0;  // the bits of the byte at_ points to, so far
  int fill_ = 0;          // of them, 0..7
};

/// Reads fields of `bits` bits that lie in `bytes`.
class BitReader {
 public:
  BitReader(std::span<const uint8_t> bytes, int64_t bits)
      : bytes_(bytes), limit_(std::min(bits, static_cast<int64_t>(bytes.size()) * 8)) {}

  /// bits: 0..kFieldLimit. Errors: RunError when fewer bits are left.
  uint64_t get(int bits) {
    if (position_ + bits > limit_) throw core::RunError("wire: the bits end inside a field");
    const uint64_t value = peek(position_) & low_mask(bits);
    position_ += bits;
    return value;
  }

  /// At least kFieldLimit bits from bit `position` on, zeros beyond the end. position <= the end of
  /// the bytes.
  uint64_t peek(int64_t position) const {
    uint64_t word = 0;
    if (bytes_.size() < sizeof word) {
      if (!bytes_.empty()) std::memcpy(&word, bytes_.data(), bytes_.size());
      return word >> position;
    }
    // Near the end the last whole word is read instead and shifted further.
    const int64_t at = std::min(position >> 3, static_cast<int64_t>(bytes_.size() - sizeof word));
    std::memcpy(&word, bytes_.data() + at, sizeof word);
    const int64_t shift = position - at * 8;
    return shift < 64 ? word >> shift : 0;
  }

  /// Whether every bit up to `end` is zero; goes there.
  bool skip_zeros(int64_t end) {
    uint64_t seen = 0;
    while (position_ < end) {
      seen |= get(static_cast<int>(std::min<int64_t>(end - position_, kFieldLimit)));
    }
    return seen == 0;
  }

  void seek(int64_t position) { position_ = position; }
  int64_t position() const { return position_; }

 private:
  std::span<const uint8_t> bytes_;
  int64_t limit_;
  int64_t position_ = 0;
};

}  // namespace ranvier::codec
