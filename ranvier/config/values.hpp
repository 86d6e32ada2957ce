#pragma once
// Strict configuration: a schema beside every component, one resolved set of values with the origin
// of each.

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::config {

enum class Kind : uint8_t {
  kBoolean,
  kInteger,
  kReal,      // no unit
  kQuantity,  // number with unit in the value: "1.2 GHz", "4 ns", "0.5 pJ/bit"
  kText,
  kChoice,    // one of `allowed`, separated by '|'
  kIntegers,  // list of integers
  kTexts,     // list of texts
};

/// One key. `key` is a dotted path; a segment "*" stands for any user-chosen name
/// (variants.*.codec), a segment "#" for the items of a list, which are called 1, 2, ...
/// (axes.#.key).
struct Field {
  std::string_view key{};
  Kind kind = Kind::kReal;
  std::string_view fallback{};  // YAML text of the default; kRequired when the user must give it
  double minimum = -1e300;      // numbers and list elements, in `unit`
  double maximum = 1e300;
  std::string_view unit{};  // base unit of a quantity: "Hz", "s", "bit/s", "J", "J/bit", "m", "W";
                            // else for docs only
  std::string_view allowed{};  // choices
  std::string_view doc{};
  std::string_view source{};  // of a physical constant; "choice" where nobody published one
};

/// A fallback that the user must replace. An empty fallback makes the key optional: absent, not
/// zero.
inline constexpr std::string_view kRequired = "<required>";

/// Where a value came from: "exp.yaml:14", "preset paper45nm:9", "--set", "default".
struct Origin {
  std::string place;
};

/// A number with its error bar and its origin in the literature. In YAML a number is either plain
/// (`0.5 pJ/bit`) or
/// `{value: 0.5 pJ/bit, min: 0.25 pJ/bit, max: 0.6 pJ/bit, source: "...", seen: seen}`; plain means
/// min = max = value.
struct Constant {
  double value = 0;
  double minimum = 0;
  double maximum = 0;
  std::string source;  // empty when the number was given plainly
  std::string seen;    // seen, seen-2, calc, memory or choice
};

/// All values after defaults, preset, file and --set. Every key is known, typed and in range.
class Values {
 public:
  bool boolean(std::string_view key) const;
  int64_t integer(std::string_view key) const;
  double real(std::string_view key) const;              // kReal, and kQuantity in its base unit
  const std::string& text(std::string_view key) const;  // kText, kChoice
  /// Any number (kInteger, kReal, kQuantity) with its published range and source.
  Constant constant(std::string_view key) const;
  std::vector<int64_t> integers(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  bool has(std::string_view key) const;    // present, by user or default, and not null
  bool given(std::string_view key) const;  // set by the user or a preset, not a default

  /// Names the user chose under a "*" or items under a "#", in file order: children("variants").
  std::vector<std::string> children(std::string_view prefix) const;

  const Origin& origin(std::string_view key) const;

  /// Throws UserError about `key` as the user gave it, with its place.
  [[noreturn]] void refuse(std::string_view key, std::string_view allowed,
                           std::string_view hint = {}) const;

  /// One present value: its key and canonical spelling, without range, source and origin.
  struct Item {
    std::string_view key;
    std::string text;
  };
  /// Every present value in schema order.
  std::vector<Item> items() const;

  /// config.resolved.yaml: every value, its origin as a comment. Parsing it again gives equal
  /// values.
  std::string to_yaml() const;
  /// Names the resolved configuration; independent of origins and comments.
  uint64_t hash() const;

 private:
  friend class Loader;
  struct Entry {
    Kind kind = Kind::kText;
    std::string text;                // canonical spelling
    std::string given;               // as the user spelled it
    std::vector<std::string> items;  // lists
    double number = 0;
    double minimum = 0;
    double maximum = 0;
    std::string unit;
    std::string source;
    std::string seen;
    Origin origin;
    bool is_default = false;
    bool is_null = false;
  };
  const Entry& known(std::string_view key) const;
  const Entry& entry(std::string_view key, Kind kind) const;
  std::string render(bool with_origins) const;
  static std::string entry_text(const Entry& entry);
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<std::string> order_;  // keys in schema order, names under a "*" in file order
  std::map<std::string, std::vector<std::string>, std::less<>> children_;
};

/// One layer of input, lowest priority first.
struct Source {
  std::string name;  // shown in messages: the path, or "preset paper45nm"
  std::string yaml;
};

/// Merges `sources` (later wins), then overrides "a.b=c" (from --set), checks everything against
/// `schema`. Errors: UserError for unknown keys (nearest name), wrong type or unit, range, missing
/// required keys, bad YAML.
Values load(std::span<const Source> sources, std::span<const std::string> overrides,
            std::span<const Field> schema);

/// "1.2 GHz" -> 1.2e9 given "Hz". Errors: UserError listing accepted units.
double parse_quantity(std::string_view text, std::string_view base_unit, std::string_view key,
                      std::string_view place);

/// Text for `ranvier describe`: key, kind, unit, default, range, doc, source; one block per field.
std::string describe(std::string_view title, std::span<const Field> fields);

}  // namespace ranvier::config
