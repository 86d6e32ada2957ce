#pragma once
// The texts of configs/presets/*.yaml, compiled in by embed_presets.cmake in the order of
// preset_names().

#include <span>
#include <string_view>

namespace ranvier::arch {

std::span<const std::string_view> preset_texts();

}  // namespace ranvier::arch
