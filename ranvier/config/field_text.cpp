#include "ranvier/config/field_text.hpp"

#include "ranvier/config/quantity_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ranvier::config {
namespace {

constexpr double kUnbounded = 1e300;

std::string bound(const Field& field, double value) {
  return format_quantity(value, field.kind == Kind::kQuantity ? field.unit : std::string_view{});
}

}  // namespace

bool is_number(Kind kind) {
  return kind == Kind::kInteger || kind == Kind::kReal || kind == Kind::kQuantity;
}

bool is_list(Kind kind) { return kind == Kind::kIntegers || kind == Kind::kTexts; }

std::vector<std::string> choices_of(const Field& field) {
  std::vector<std::string> choices;
  for (size_t start = 0; start <= field.allowed.size();) {
    const size_t end = std::min(field.allowed.find('|', start), field.allowed.size());
    choices.emplace_back(field.allowed.substr(start, end - start));
    start = end + 1;
  }
  return choices;
}

std::string range_text(const Field& field) {
  const bool below = field.minimum > -kUnbounded;
  const bool above = field.maximum < kUnbounded;
  if (below && above) {
    return fmt::format("{}..{}", bound(field, field.minimum), bound(field, field.maximum));
  }
  if (below) return "at least " + bound(field, field.minimum);
  if (above) return "at most " + bound(field, field.maximum);
  return {};
}

std::string kind_name(const Field& field) {
  switch (field.kind) {
    case Kind::kBoolean:
      return "true or false";
    case Kind::kInteger:
      return "a whole number";
    case Kind::kReal:
      return "a number";
    case Kind::kQuantity:
      return "a number with its unit: " + accepted_units(field.unit);
    case Kind::kText:
      return "a text";
    case Kind::kChoice:
      return fmt::format("one of {}", fmt::join(choices_of(field), ", "));
    case Kind::kIntegers:
      return "a list of whole numbers";
    case Kind::kTexts:
      return "a list of texts";
  }
  return {};
}

std::string accepted(const Field& field) {
  const std::string range = range_text(field);
  return range.empty() ? kind_name(field) : fmt::format("{}, {}", kind_name(field), range);
}

}  // namespace ranvier::config
