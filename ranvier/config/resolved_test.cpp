#include "ranvier/config/values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ranvier::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Field kResolvedSchema[] = {
    {.key = "name", .kind = Kind::kText, .fallback = "untitled", .doc = "What it is called."},
    {.key = "note", .kind = Kind::kText},
    {.key = "hardware.mesh", .kind = Kind::kInteger, .fallback = "8", .minimum = 1, .maximum = 256},
    {.key = "variants.*.codec", .kind = Kind::kText, .fallback = "dense(8)"},
    {.key = "hardware.clock",
     .kind = Kind::kQuantity,
     .fallback = "200 MHz",
     .minimum = 1e6,
     .maximum = 4e9,
     .unit = "Hz",
     .source = "[NOX]"},
    {.key = "rate", .kind = Kind::kReal, .fallback = "0.1", .unit = "per step"},
    {.key = "texts", .kind = Kind::kTexts, .fallback = "[]"},
    {.key = "widths", .kind = Kind::kIntegers, .fallback = "[]"},
    {.key = "flag", .kind = Kind::kBoolean, .fallback = "true"},
};

Values load_text(const std::string& name, const std::string& yaml) {
  const Source source{name, yaml};
  return load(std::span(&source, 1), {}, kResolvedSchema);
}

TEST(Resolved, SaysWhereEveryValueCameFrom) {
  const std::string yaml = load_text("exp.yaml", "hardware:\n  mesh: 4\n").to_yaml();
  EXPECT_THAT(yaml, HasSubstr("hardware:\n  mesh: 4  # exp.yaml:2\n"));
  EXPECT_THAT(yaml, HasSubstr("  clock: 200 MHz  # default\n"));
  EXPECT_THAT(yaml, Not(HasSubstr("note:")));
}

TEST(Resolved, LoadsAgainToEqualValues) {
  const Values values = load_text(
      "exp.yaml",
      "name: 'null'\nvariants: {zeta: , alpha: {codec: 'graded(3,signed)'}}\nwidths: [3, -1]\n"
      "hardware: {clock: {value: 1 GHz, min: 0.1 GHz, max: 1.3 GHz, source: 'a: \"b\" # c', seen: "
      "memory}}\n");
  const Values again = load_text("config.resolved.yaml", values.to_yaml());
  EXPECT_EQ(again.hash(), values.hash());
  EXPECT_EQ(again.text("name"), "null");
  EXPECT_EQ(again.children("variants"), (std::vector<std::string>{"zeta", "alpha"}));
  EXPECT_EQ(again.text("variants.alpha.codec"), "graded(3,signed)");
  EXPECT_EQ(again.constant("hardware.clock").source, "a: \"b\" # c");
  EXPECT_EQ(again.constant("hardware.clock").minimum, 0.1e9);
  EXPECT_FALSE(again.has("note"));
}

RC_GTEST_PROP(Resolved, AnyTextAndAnyNumberSurvive, (std::string text, double rate)) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x7F || c == 0; });
  Values values = load_text("exp.yaml", "");
  std::string quoted = "\"";
  for (const char c : text) {
    constexpr char kHex[] = "0123456789abcdef";
    quoted += std::string("\\x") + kHex[c >> 4] + kHex[c & 15];
  }
  const std::string number = std::to_string(rate);
  values =
      load_text("exp.yaml", "name: " + quoted + "\"\ntexts: [" + quoted + "\"]\nrate: " + number);
  RC_ASSERT(values.text("name") == text);
  const Values again = load_text("again.yaml", values.to_yaml());
  RC_ASSERT(again.text("name") == text);
  RC_ASSERT(again.texts("texts") == std::vector<std::string>{text});
  RC_ASSERT(again.real("rate") == values.real("rate"));
}

TEST(Hash, IsIndependentOfOriginAndSpellingButNotOfValues) {
  const auto hash = [](const std::string& yaml) { return load_text("a.yaml", yaml).hash(); };
  EXPECT_EQ(hash("hardware: {clock: 0.2 GHz}"), load_text("b.yaml", "# hello\n").hash());
  EXPECT_EQ(hash("name: untitled"), hash(""));
  EXPECT_NE(hash("hardware: {clock: 0.3 GHz}"), hash(""));
  EXPECT_NE(hash("variants: {a: }"), hash("variants: {b: }"));
  EXPECT_NE(hash("note: ''"), hash(""));
}

TEST(Describe, NamesKeyUnitDefaultRangeAndSource) {
  const std::string text = describe("experiment", kResolvedSchema);
  EXPECT_THAT(text, HasSubstr("experiment\n"));
  EXPECT_THAT(text, HasSubstr("hardware.clock  (default 200 MHz)"));
  EXPECT_THAT(text, HasSubstr("Hz, kHz, MHz or GHz, 1 MHz..4 GHz"));
  EXPECT_THAT(text, HasSubstr("source: [NOX]"));
  EXPECT_THAT(text, HasSubstr("What it is called."));
  EXPECT_THAT(text, HasSubstr("note  (optional)"));
}

}  // namespace
}  // namespace ranvier::config
