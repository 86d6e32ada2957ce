#include "ranvier/arch/package.hpp"
#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ranvier::arch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Presets, AreCompiledInByName) {
  const auto names = preset_names();
  EXPECT_THAT(std::vector<std::string_view>(names.begin(), names.end()),
              ElementsAre("paper45nm", "ucie16nm", "pcb"));
  for (const auto name : names) {
    EXPECT_THAT(std::string(preset_yaml(name)), HasSubstr("hardware:"));
    EXPECT_THAT(std::string(preset_yaml(name)), HasSubstr("cost:"));
  }
  EXPECT_THAT(std::string(preset_yaml("paper45nm")), HasSubstr("26 pJ/bit"));
}

TEST(Presets, RefuseAnUnknownNameAndListTheKnown) {
  try {
    preset_yaml("ucie12nm");
    FAIL();
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().given, "ucie12nm");
    EXPECT_EQ(error.refusal().allowed, "one of paper45nm, ucie16nm, pcb");
    EXPECT_EQ(error.refusal().hint, "Did you mean ucie16nm?");
  }
}

}  // namespace
}  // namespace ranvier::arch
