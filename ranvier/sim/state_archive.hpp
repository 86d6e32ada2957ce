#pragma once
// Writing and reading the state of a simulation: every component lists its members once, in
// `persist(archive)`, and both directions follow that list.

#include "ranvier/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace ranvier::sim {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

/// Appends state to a text of bytes. Plain data go as they lie in memory, so the bytes belong to
/// the program that wrote them.
class StateWriter {
 public:
  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <class T>
  void put(const T& value) {
    if constexpr (IsVector<T>::value) {
      put(value.size());
      if constexpr (std::is_trivially_copyable_v<typename T::value_type>) {
        put_bytes(value.data(), value.size() * sizeof(typename T::value_type));
      } else {
        for (const auto& item : value) put(item);
      }
    } else if constexpr (std::is_trivially_copyable_v<T>) {
      put_bytes(&value, sizeof(T));
    } else {
      const_cast<T&>(value).persist(*this);  // one list of members serves both directions
    }
  }
  void put_bytes(const void* from, size_t count) {
    bytes_.append(static_cast<const char*>(from), count);
  }

  std::string bytes_;
};

/// Reads what a StateWriter wrote. Errors: ContractViolation when the bytes end early.
class StateReader {
 public:
  explicit StateReader(std::span<const char> bytes) : left_(bytes) {}
  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  bool at_end() const { return left_.empty(); }

 private:
  template <class T>
  void get(T& value) {
    if constexpr (IsVector<T>::value) {
      size_t size = 0;
      get(size);
      RANVIER_CONTRACT(size <= left_.size(), "a list of the state fits what is left of it");
      value.resize(size);
      if constexpr (std::is_trivially_copyable_v<typename T::value_type>) {
        get_bytes(value.data(), size * sizeof(typename T::value_type));
      } else {
        for (auto& item : value) get(item);
      }
    } else if constexpr (std::is_trivially_copyable_v<T>) {
      get_bytes(&value, sizeof(T));
    } else {
      value.persist(*this);
    }
  }
  void get_bytes(void* to, size_t count) {
    RANVIER_CONTRACT(count <= left_.size(), "the state is as long as its members");
    if (count > 0) std::memcpy(to, left_.data(), count);
    left_ = left_.subspan(count);
  }

  std::span<const char> left_;
};

}  // namespace ranvier::sim
