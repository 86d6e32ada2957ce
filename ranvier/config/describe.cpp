#include "ranvier/config/field_text.hpp"
#include "ranvier/config/values.hpp"

#include <fmt/format.h>

namespace ranvier::config {
namespace {

std::string fallback_text(const Field& field) {
  if (field.fallback == kRequired) return "required";
  if (field.fallback.empty()) return "optional";
  return fmt::format("default {}", field.fallback);
}

}  // namespace

std::string describe(std::string_view title, std::span<const Field> fields) {
  std::string text = fmt::format("{}\n", title);
  for (const auto& field : fields) {
    text += fmt::format("\n{}  ({})\n", field.key, fallback_text(field));
    if (!field.doc.empty()) text += fmt::format("    {}\n", field.doc);
    text += fmt::format("    {}", accepted(field));
    if (!field.unit.empty() && field.kind != Kind::kQuantity) {
      text += fmt::format(" [{}]", field.unit);
    }
    text += "\n";
    if (!field.source.empty()) text += fmt::format("    source: {}\n", field.source);
  }
  return text;
}

}  // namespace ranvier::config
