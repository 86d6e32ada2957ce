#pragma once
// Plain values as bytes, from one process to another on the same kind of machine.

#include "ranvier/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ranvier::sim {

using Bytes = std::vector<std::byte>;

class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  template <class T>
  requires std::is_trivially_copyable_v<T>
  void put(const T& value) { add(&value, sizeof(T)); }

  template <class T>
  requires std::is_trivially_copyable_v<T>
  void put_all(std::span<const T> values) {
    put(static_cast<int64_t>(values.size()));
    add(values.data(), values.size_bytes());
  }

  void put_text(std::string_view text) { put_all(std::span<const char>(text)); }

 private:
  void add(const void* from, size_t bytes) {
    const size_t end = out_.size();
    out_.resize(end + bytes);
    if (bytes > 0) std::memcpy(out_.data() + end, from, bytes);
  }

  Bytes& out_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> in) : in_(in) {}

  bool at_end() const { return in_.empty(); }

  /// Errors: ContractViolation when the bytes end too early.
  std::span<const std::byte> take(size_t bytes) {
    RANVIER_CONTRACT(bytes <= in_.size(), "a parcel holds what was put into it");
    const auto taken = in_.first(bytes);
    in_ = in_.subspan(bytes);
    return taken;
  }

  template <class T>
  requires std::is_trivially_copyable_v<T> T get() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  /// Length of a list whose items take at least `bytes` each. Errors: ContractViolation when no
  /// list so long can follow.
  size_t get_count(size_t bytes) {
    const auto count = static_cast<size_t>(get<int64_t>());
    RANVIER_CONTRACT(count <= in_.size() / bytes, "a list fits what is left of its bytes");
    return count;
  }

  template <class T>
  requires std::is_trivially_copyable_v<T> std::vector<T> get_all() {
    std::vector<T> values(get_count(sizeof(T)));
    const auto from = take(values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), from.data(), from.size());
    return values;
  }

  std::string get_text() {
    const auto letters = get_all<char>();
    return {letters.begin(), letters.end()};
  }

 private:
  std::span<const std::byte> in_;
};

}  // namespace ranvier::sim
