#pragma once
// Strict reading of this folder's JSON files: every complaint names the file and the path inside
// it. Private to ir/.

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace ranvier::ir {

using Json = nlohmann::ordered_json;

/// One JSON value with its path, for complaints that name both.
class Node {
 public:
  Node(const Json& value, std::string path, const std::filesystem::path& file)
      : value_(value), path_(std::move(path)), file_(file) {}

  [[noreturn]] void refuse(std::string allowed, std::string hint = {}) const {
    refuse_as(abbreviated(), std::move(allowed), std::move(hint));
  }

  void require_keys(const std::vector<std::string>& known) const;

  bool has(const std::string& key) const { return value_.contains(key); }

  Node operator[](const std::string& key) const;
  std::vector<Node> items() const;
  std::string text() const;
  double real() const;
  bool boolean() const;

  template <class Integer>
  Integer integer() const {
    const auto low = int64_t{std::numeric_limits<Integer>::min()};
    const auto high = int64_t{std::numeric_limits<Integer>::max()};
    const bool large = value_.is_number_unsigned() && value_.get<uint64_t>() > uint64_t(high);
    if (!value_.is_number_integer() || large || value_.get<int64_t>() < low ||
        value_.get<int64_t>() > high) {
      refuse(fmt::format("a whole number, {}..{}", low, high));
    }
    return static_cast<Integer>(value_.get<int64_t>());
  }

  /// Position of the text in `names`.
  size_t choice(const std::vector<std::string>& names) const;

  const std::string& path() const { return path_; }

 private:
  [[noreturn]] void refuse_as(std::string given, std::string allowed, std::string hint) const;
  std::string joined(const std::string& key) const;
  std::string abbreviated() const;

  const Json& value_;
  std::string path_;
  const std::filesystem::path& file_;
};

/// "one of a, b, c"
std::string listed(const std::vector<std::string>& names);

/// A key that stands twice in one object is an error, not a silent choice. `what` names the
/// document. Errors: UserError.
Json parse_strictly(const std::string& text, const std::string& what,
                    const std::filesystem::path& file);

}  // namespace ranvier::ir
