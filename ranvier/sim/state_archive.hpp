#pragma once
// Writing and reading whole components as bytes: every one lists its members once, in
// `persist(archive)`, and both directions follow that list.

#include "ranvier/sim/parcel.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace ranvier::sim {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

/// Plain data go as they lie in memory, so the bytes belong to the program that wrote them.
class StateWriter {
 public:
  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  template <class T>
  void put(const T& value) {
    if constexpr (IsVector<T>::value) {
      using Item = typename T::value_type;
      if constexpr (std::is_trivially_copyable_v<Item>) {
        Writer(bytes_).put_all(std::span<const Item>(value));
      } else {
        Writer(bytes_).put(static_cast<int64_t>(value.size()));
        for (const auto& item : value) put(item);
      }
    } else if constexpr (std::is_trivially_copyable_v<T>) {
      Writer(bytes_).put(value);
    } else {
      const_cast<T&>(value).persist(*this);  // one list of members serves both directions
    }
  }

  Bytes bytes_;
};

/// Reads what a StateWriter wrote. Errors: ContractViolation when the bytes end early.
class StateReader {
 public:
  explicit StateReader(std::span<const std::byte> bytes) : in_(bytes) {}
  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  bool at_end() const { return in_.at_end(); }

 private:
  template <class T>
  void get(T& value) {
    if constexpr (IsVector<T>::value) {
      using Item = typename T::value_type;
      if constexpr (std::is_trivially_copyable_v<Item>) {
        value = in_.get_all<Item>();
      } else {
        value.resize(in_.get_count(1));
        for (auto& item : value) get(item);
      }
    } else if constexpr (std::is_trivially_copyable_v<T>) {
      std::memcpy(&value, in_.take(sizeof(T)).data(), sizeof(T));
    } else {
      value.persist(*this);
    }
  }

  Reader in_;
};

}  // namespace ranvier::sim
