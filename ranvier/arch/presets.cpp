#include "ranvier/arch/package.hpp"
#include "ranvier/arch/preset_table.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ranvier::arch {

std::string_view preset_yaml(std::string_view name) {
  const auto names = preset_names();
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return preset_texts()[i];
  }
  const std::string near =
      core::nearest_name(name, std::vector<std::string>(names.begin(), names.end()));
  throw core::UserError({.key = "presets",
                         .given = std::string(name),
                         .allowed = fmt::format("one of {}", fmt::join(names, ", ")),
                         .place = {},
                         .hint = near.empty() ? "" : fmt::format("Did you mean {}?", near)});
}

}  // namespace ranvier::arch
