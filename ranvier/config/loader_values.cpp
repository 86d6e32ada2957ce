// One YAML value -> one checked entry.

#include "ranvier/config/field_text.hpp"
#include "ranvier/config/loader.hpp"
#include "ranvier/config/quantity_text.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <cmath>

namespace ranvier::config {
namespace {

constexpr std::array<std::string_view, 5> kSeen{"seen", "seen-2", "calc", "memory", "choice"};
constexpr double kLargestExactInteger =
    9007199254740992.0;  // 2^53: beyond it doubles skip integers

[[noreturn]] void refuse(const std::string& key, const std::string& given,
                         const std::string& allowed, const std::string& place,
                         const std::string& hint = {}) {
  throw core::UserError(
      {.key = key, .given = given, .allowed = allowed, .place = place, .hint = hint});
}

/// A number as written, in the base unit, checked against the range of its field.
double number_of(const YAML::Node& node, const Field& field, const std::string& key,
                 const std::string& place) {
  if (!node.IsScalar()) refuse(key, shown(node), accepted(field), place);
  const std::string& text = node.Scalar();
  double value = 0;
  if (field.kind == Kind::kQuantity) {
    value = parse_quantity(text, field.unit, key, place);
  } else {
    const auto parsed = parse_decimal(text);
    const bool whole_text = text.find_first_of(".eE") == std::string::npos;
    const bool fits = parsed && (field.kind == Kind::kReal ||
                                 (whole_text && std::abs(*parsed) <= kLargestExactInteger));
    if (!fits) refuse(key, shown(node), accepted(field), place);
    value = *parsed;
  }
  if (value < field.minimum || value > field.maximum) {
    refuse(key, text, range_text(field), place);
  }
  return value;
}

std::string canonical(const Field& field, double value) {
  if (field.kind == Kind::kInteger || field.kind == Kind::kIntegers) {
    return fmt::format("{}", static_cast<int64_t>(value));
  }
  return format_quantity(value, field.kind == Kind::kQuantity ? field.unit : std::string_view{});
}

}  // namespace

std::string shown(const YAML::Node& node) {
  if (node.IsScalar()) return node.Scalar().empty() ? "an empty text" : node.Scalar();
  if (node.IsSequence()) return "a list";
  return node.IsMap() ? "a mapping" : "nothing";
}

Loader::Entry Loader::read(const YAML::Node& node, const Field& field, const std::string& key,
                           const std::string& place) {
  Entry entry;
  entry.kind = field.kind;
  entry.origin.place = place;
  entry.given = shown(node);
  if (node.IsNull()) {
    if (!field.fallback.empty()) refuse(key, "nothing", accepted(field), place);
    entry.is_null = true;
  } else if (is_list(field.kind)) {
    read_list(node, field, key, entry);
  } else if (is_number(field.kind)) {
    read_number(node, field, key, entry);
  } else {
    read_scalar(node, field, key, entry);
  }
  return entry;
}

void Loader::read_number(const YAML::Node& node, const Field& field, const std::string& key,
                         Entry& entry) {
  if (field.kind == Kind::kQuantity) entry.unit = field.unit;
  if (node.IsMap()) {
    read_constant(node, field, key, entry);
  } else {
    entry.number = number_of(node, field, key, entry.origin.place);
    entry.minimum = entry.maximum = entry.number;
  }
  entry.text = canonical(field, entry.number);
}

void Loader::read_constant(const YAML::Node& node, const Field& field, const std::string& key,
                           Entry& entry) {
  static const std::vector<std::string> parts{"value", "min", "max", "source", "seen"};
  const std::string& place = entry.origin.place;
  for (const auto& pair : node) {
    const std::string part = shown(pair.first);
    if (std::ranges::find(parts, part) != parts.end()) continue;
    const std::string near = core::nearest_name(part, parts);
    refuse(key + "." + part, "an unknown key", fmt::format("one of {}", fmt::join(parts, ", ")),
           place, near.empty() ? "" : "Did you mean " + key + "." + near + "?");
  }
  for (const char* part : {"value", "source", "seen"}) {
    if (!node[part]) refuse(key + "." + part, "nothing", "all of value, source and seen", place);
  }
  entry.number = number_of(node["value"], field, key + ".value", place);
  entry.given = shown(node["value"]);
  const auto bound = [&](const char* part) {
    return node[part] ? number_of(node[part], field, key + "." + part, place) : entry.number;
  };
  entry.minimum = bound("min");
  entry.maximum = bound("max");
  if (entry.minimum > entry.number || entry.maximum < entry.number) {
    refuse(key, shown(node["value"]), "min <= value <= max", place);
  }
  entry.source = shown(node["source"]);
  entry.seen = shown(node["seen"]);
  if (std::ranges::find(kSeen, entry.seen) == kSeen.end()) {
    refuse(key + ".seen", entry.seen, fmt::format("one of {}", fmt::join(kSeen, ", ")), place);
  }
}

void Loader::read_list(const YAML::Node& node, const Field& field, const std::string& key,
                       Entry& entry) {
  const std::string& place = entry.origin.place;
  if (!node.IsSequence()) refuse(key, shown(node), accepted(field), place, "Write [a, b].");
  Field element = field;
  element.kind = Kind::kInteger;
  for (const auto& item : node) {
    if (field.kind == Kind::kIntegers) {
      entry.items.push_back(canonical(element, number_of(item, element, key, place)));
      continue;
    }
    if (!item.IsScalar())
      refuse(key, "a list with " + shown(item) + " in it", accepted(field), place);
    if (!field.allowed.empty()) {
      const auto choices = choices_of(field);
      if (std::ranges::find(choices, item.Scalar()) == choices.end()) {
        refuse(key, item.Scalar(), fmt::format("any of {}", fmt::join(choices, ", ")), place);
      }
    }
    entry.items.push_back(item.Scalar());
  }
  entry.given = fmt::format("[{}]", fmt::join(entry.items, ", "));
}

void Loader::read_scalar(const YAML::Node& node, const Field& field, const std::string& key,
                         Entry& entry) {
  const std::string& place = entry.origin.place;
  if (!node.IsScalar()) refuse(key, shown(node), accepted(field), place);
  entry.text = node.Scalar();
  if (field.kind == Kind::kBoolean) {
    if (entry.text != "true" && entry.text != "false") {
      refuse(key, shown(node), accepted(field), place);
    }
    entry.number = entry.text == "true" ? 1 : 0;
  } else if (field.kind == Kind::kChoice) {
    const auto choices = choices_of(field);
    if (std::ranges::find(choices, entry.text) == choices.end()) {
      const std::string near = core::nearest_name(entry.text, choices);
      refuse(key, shown(node), accepted(field), place,
             near.empty() ? "" : "Did you mean " + near + "?");
    }
  }
}

}  // namespace ranvier::config
