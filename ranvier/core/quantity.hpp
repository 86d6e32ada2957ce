#pragma once
// Quantities with a unit in the type. No implicit conversion between units; arithmetic inside one
// unit only.

#include <compare>
#include <cstdint>

namespace ranvier::core {

/// A number of `Unit`s. `Rep` is the integer or floating representation.
template <class Unit, class Rep>
class Quantity {
 public:
  using Representation = Rep;

  constexpr Quantity() = default;
  constexpr explicit Quantity(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator+(Quantity other) const { return Quantity(value_ + other.value_); }
  constexpr Quantity operator-(Quantity other) const { return Quantity(value_ - other.value_); }
  constexpr Quantity operator*(Rep factor) const { return Quantity(value_ * factor); }
  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }

 private:
  Rep value_{};
};

using Cycles = Quantity<struct CyclesUnit, int64_t>;
using Picoseconds = Quantity<struct PicosecondsUnit, int64_t>;
using Bits = Quantity<struct BitsUnit, int64_t>;
using Hertz = Quantity<struct HertzUnit, double>;
using Picojoules = Quantity<struct PicojoulesUnit, double>;
using Femtojoules = Quantity<struct FemtojoulesUnit, double>;

inline constexpr double kPicojoulesPerJoule = 1e12;
inline constexpr double kPicojoulesPerMicrojoule = 1e6;
inline constexpr double kGiga = 1e9;   // Gbit/s
inline constexpr double kMicro = 1e6;  // per unit: us of seconds are seconds times this

/// A whole-number name that cannot be confused with another kind of name. Invalid only if never
/// set.
template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(int32_t index) : index_(index) {}
  constexpr int32_t index() const { return index_; }
  constexpr auto operator<=>(const Id&) const = default;

 private:
  int32_t index_ = -1;
};

using ChipId = Id<struct ChipTag>;
using TileId = Id<struct TileTag>;

/// ceil(a / b) for a >= 0, b > 0.
constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Bits needed to name `count` things: ceil(log2(count)), 0 for one thing.
constexpr int bits_to_name(int64_t count) {
  int bits = 0;
  while ((int64_t{1} << bits) < count) ++bits;
  return bits;
}

}  // namespace ranvier::core
