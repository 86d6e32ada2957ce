# Writes OUTPUT, a C++ file that holds the text of every preset.
# usage: cmake -DOUTPUT=presets_table.cpp -DPRESETS=a.yaml,b.yaml -P embed_presets.cmake
string(REPLACE "," ";" files "${PRESETS}")
set(names "")
set(texts "")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" text)
  string(APPEND names "\"${name}\",")
  string(APPEND texts "R\"preset(${text})preset\",")
endforeach()
file(
  WRITE "${OUTPUT}"
  "#include \"ranvier/arch/package.hpp\"
#include \"ranvier/arch/preset_table.hpp\"
namespace ranvier::arch {
namespace {
constexpr std::string_view kNames[] = {${names}};
constexpr std::string_view kTexts[] = {${texts}};
}  // namespace
std::span<const std::string_view> preset_names() { return kNames; }
std::span<const std::string_view> preset_texts() { return kTexts; }
}  // namespace ranvier::arch
")
