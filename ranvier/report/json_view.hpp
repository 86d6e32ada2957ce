#pragma once
// Read-only JSON with the path of every value, so that a refusal can say exactly what is wrong and
// where.

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ranvier::report {

/// One value of a JSON file. Errors of all accessors: UserError whose key is
/// "file.json:path.to.value".
class JsonView {
 public:
  /// `name` opens every key ("summary.json"); `place` is the path shown to the user.
  static JsonView parse(std::string_view text, const std::string& name, const std::string& place);

  bool has(std::string_view key) const;  // present and not null
  JsonView at(std::string_view key) const;
  std::vector<JsonView> elements() const;
  std::vector<std::pair<std::string, JsonView>> members() const;  // sorted by name

  double real() const;  // finite
  int64_t integer() const;
  const std::string& text() const;

  double real(std::string_view key) const { return at(key).real(); }
  int64_t integer(std::string_view key) const { return at(key).integer(); }
  const std::string& text(std::string_view key) const { return at(key).text(); }

  const std::string& path() const { return path_; }
  const nlohmann::json& raw() const { return *node_; }
  [[noreturn]] void refuse(std::string given, std::string allowed, std::string hint = {}) const;

 private:
  std::shared_ptr<const nlohmann::json> root_;
  const nlohmann::json* node_ = nullptr;
  std::string path_;
  std::string place_;
};

}  // namespace ranvier::report
