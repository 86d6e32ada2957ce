#pragma once
// How the symbol of one event is written in bits. Private to codec/.

#include <algorithm>
#include <cstdint>

namespace ranvier::codec {

/// Payload bits, then a sign bit where there is one. Rate spikes are magnitudes without payload.
struct SymbolField {
  enum class Style : uint8_t {
    kMagnitude,       // payload = |symbol| - 1, then the sign bit if signed
    kTwosComplement,  // payload = the symbol, its sign inside
  };
  Style style = Style::kMagnitude;
  int payload_bits = 0;
  bool is_signed = false;
  int32_t top = 0;  // magnitudes: the largest symbol; 0 = as many as the payload names

  constexpr bool sign_bit() const { return is_signed && style == Style::kMagnitude; }
  constexpr int bits() const { return payload_bits + (sign_bit() ? 1 : 0); }

  /// Largest symbol; the smallest is its negative when signed, else 0. Symbols are 16-bit.
  constexpr int32_t highest() const {
    if (style == Style::kMagnitude) return top > 0 ? top : 1 << payload_bits;
    const int bits_of_level = payload_bits - (is_signed ? 1 : 0);
    return bits_of_level >= 15 ? 32767 : (1 << bits_of_level) - 1;
  }
  constexpr int32_t lowest() const { return is_signed ? -highest() : 0; }

  /// body(style) with the style as a compile-time constant, so that inner loops hold no choice.
  template <class Body>
  constexpr auto with_style(Body body) const {
    return style == Style::kMagnitude ? body.template operator()<Style::kMagnitude>()
                                      : body.template operator()<Style::kTwosComplement>();
  }

  /// Field of a symbol; of the symbol 0 only where the style has one.
  template <Style kStyle>
  constexpr uint32_t pack(int32_t symbol) const {
    if constexpr (kStyle == Style::kTwosComplement) {
      return static_cast<uint32_t>(symbol) &
             static_cast<uint32_t>((uint64_t{1} << payload_bits) - 1);
    } else {
      const int32_t magnitude = symbol < 0 ? -symbol : symbol;
      const uint32_t sign = symbol < 0 ? 1U << payload_bits : 0U;
      return static_cast<uint32_t>(magnitude - 1) | sign;
    }
  }

  /// The symbol of a field; may lie outside lowest()..highest() when the field was never packed.
  template <Style kStyle>
  constexpr int32_t unpack(uint32_t field) const {
    if constexpr (kStyle == Style::kTwosComplement) {
      const uint32_t sign = is_signed ? 1U << (payload_bits - 1) : 0U;
      return static_cast<int32_t>((field ^ sign) - sign);
    } else {
      const uint32_t sign = field >> payload_bits;
      const auto magnitude = static_cast<int32_t>(field & ((1U << payload_bits) - 1)) + 1;
      return sign != 0 ? -magnitude : magnitude;
    }
  }

  constexpr uint32_t pack(int32_t symbol) const {
    return with_style([&]<Style kStyle>() { return pack<kStyle>(symbol); });
  }
  constexpr int32_t unpack(uint32_t field) const {
    return with_style([&]<Style kStyle>() { return unpack<kStyle>(field); });
  }

  /// Whether an unpacked value is a symbol: in range, and no zero unless zeros are sent.
  constexpr bool holds(int32_t symbol, bool zero_is_sent) const {
    return symbol >= lowest() && symbol <= highest() && (zero_is_sent || symbol != 0);
  }
};

}  // namespace ranvier::codec
