#pragma once
// The small part of HDF5 that ranvier needs: whole numeric datasets, integer and text attributes.
// One reader or writer lives at a time (the library is not re-entrant): a second
// thread waits. HDF5 prints nothing.

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ranvier::hdf5 {

enum class Element : uint8_t { kInt8, kInt16, kInt32, kInt64, kUint8 };

template <class T>
constexpr Element element_of() {
  if constexpr (std::same_as<T, int8_t>) return Element::kInt8;
  if constexpr (std::same_as<T, int16_t>) return Element::kInt16;
  if constexpr (std::same_as<T, int32_t>) return Element::kInt32;
  if constexpr (std::same_as<T, int64_t>) return Element::kInt64;
  if constexpr (std::same_as<T, uint8_t>) return Element::kUint8;
}

/// Creates a file. Paths inside it are absolute ("/boundaries/b1/value"). Errors: RunError naming
/// path and cause. Equal calls give equal bytes: no times are stored.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& path);
  ~Writer();

  void attribute(const std::string& name, int64_t value);
  void attribute(const std::string& name, const std::string& value);
  void group(const std::string& path);

  /// Compressed and checksummed in chunks of whole rows (dims[0] counts rows).
  template <class T>
  void dataset(const std::string& path, std::span<const int64_t> dims, std::span<const T> values) {
    write(path, dims, element_of<T>(), values.data(), values.size());
  }

  void close();  // the last call; the file is whole only after it

 private:
  void write(const std::string& path, std::span<const int64_t> dims, Element element,
             const void* values, size_t count);
  class File;
  std::unique_ptr<File> file_;
};

/// What a file is, for messages about it.
struct Subject {
  std::string key;      // "activity"
  std::string content;  // "recorded activity"
  std::string writer;   // the command that writes such files: "ranvier train"
};

/// Errors: UserError with the subject's key + path inside the file, and the file as place.
class Reader {
 public:
  Reader(const std::filesystem::path& path, Subject subject);
  ~Reader();

  int64_t integer_attribute(const std::string& name) const;
  std::string text_attribute(const std::string& name) const;
  bool has_attribute(const std::string& name) const;

  bool has(const std::string& path) const;
  std::vector<std::string> members(const std::string& group) const;  // sorted

  std::vector<int64_t> dims(const std::string& dataset) const;

  /// All values, row after row. A type wider than T is refused, never clipped.
  template <class T>
  std::vector<T> read(const std::string& dataset) const {
    int64_t count = 1;
    for (const int64_t dim : dims(dataset)) count *= dim;
    std::vector<T> values(static_cast<size_t>(count));
    read(dataset, element_of<T>(), values.data());
    return values;
  }

  [[noreturn]] void refuse(const std::string& inside, std::string given, std::string allowed,
                           std::string hint = {}) const;

 private:
  void read(const std::string& dataset, Element element, void* values) const;
  class File;
  Subject subject_;
  std::unique_ptr<File> file_;
};

}  // namespace ranvier::hdf5
