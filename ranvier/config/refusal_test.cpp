#include "ranvier/config/values.hpp"
#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ranvier::config {
namespace {

using ::testing::HasSubstr;

constexpr Field kRefusalSchema[] = {
    {.key = "hardware.mesh", .kind = Kind::kInteger, .fallback = "8", .minimum = 1, .maximum = 256},
    {.key = "hardware.serdes.lanes", .kind = Kind::kInteger, .fallback = "1", .minimum = 1},
    {.key = "hardware.clock",
     .kind = Kind::kQuantity,
     .fallback = "200 MHz",
     .minimum = 1e6,
     .maximum = 4e9,
     .unit = "Hz"},
    {.key = "flag", .kind = Kind::kBoolean, .fallback = "false"},
    {.key = "rate", .kind = Kind::kReal, .fallback = "0.1", .minimum = 0, .maximum = 1},
    {.key = "optimizer", .kind = Kind::kChoice, .fallback = "sgd", .allowed = "sgd|adamw"},
    {.key = "widths", .kind = Kind::kIntegers, .fallback = "[16]", .minimum = 1, .maximum = 4096},
    {.key = "presets", .kind = Kind::kTexts, .fallback = "[a]", .allowed = "a|b"},
    {.key = "variants.*.codec", .kind = Kind::kText, .fallback = kRequired, .doc = "The code."},
};

core::Refusal refusal_of(const std::string& yaml, std::vector<std::string> overrides = {}) {
  const Source source{"exp.yaml", yaml};
  try {
    load(std::span(&source, 1), overrides, kRefusalSchema);
  } catch (const core::UserError& error) {
    return error.refusal();
  }
  ADD_FAILURE() << "accepted: " << yaml;
  return {};
}

TEST(Refuses, UnknownKeysAndNamesTheNearest) {
  const auto refusal = refusal_of("flag: true\nhardware:\n  mehs: 4\n");
  EXPECT_EQ(refusal.key, "hardware.mehs");
  EXPECT_EQ(refusal.place, "exp.yaml:3");
  EXPECT_EQ(refusal.allowed, "one of mesh, serdes, clock");
  EXPECT_EQ(refusal.hint, "Did you mean hardware.mesh?");
}

TEST(Refuses, AKeyInTheWrongGroupAndSaysWhereItLives) {
  EXPECT_EQ(refusal_of("hardware: {lanes: 4}").hint, "Did you mean hardware.serdes.lanes?");
}

TEST(Refuses, KeysBelowAValue) {
  EXPECT_THAT(refusal_of("rate.x: 1").hint, HasSubstr("rate is a value"));
  EXPECT_EQ(refusal_of("", {"rate.x=1"}).place, "--set");
}

TEST(Refuses, NumbersOutOfRange) {
  const auto refusal = refusal_of("hardware:\n  mesh: 0\n");
  EXPECT_EQ(refusal.key, "hardware.mesh");
  EXPECT_EQ(refusal.given, "0");
  EXPECT_EQ(refusal.allowed, "1..256");
  EXPECT_EQ(refusal.place, "exp.yaml:2");
  EXPECT_EQ(refusal_of("hardware.clock: 5 GHz").allowed, "1 MHz..4 GHz");
  EXPECT_EQ(refusal_of("hardware.serdes.lanes: 0").allowed, "at least 1");
  EXPECT_EQ(refusal_of("widths: [8, 0]").given, "0");
}

TEST(Refuses, AQuantityWithoutItsUnit) {
  const auto refusal = refusal_of("hardware:\n  clock: 200\n");
  EXPECT_EQ(refusal.given, "200");
  EXPECT_THAT(refusal.allowed, HasSubstr("Hz, kHz, MHz or GHz"));
  EXPECT_EQ(refusal.place, "exp.yaml:2");
}

TEST(Refuses, ValuesOfTheWrongKind) {
  EXPECT_EQ(refusal_of("hardware.mesh: 8.5").given, "8.5");
  EXPECT_EQ(refusal_of("hardware.mesh: eight").given, "eight");
  EXPECT_EQ(refusal_of("hardware.mesh: [8]").given, "a list");
  EXPECT_EQ(refusal_of("hardware.mesh: 99999999999999999999").key, "hardware.mesh");
  EXPECT_EQ(refusal_of("hardware.mesh:").given, "nothing");
  EXPECT_EQ(refusal_of("hardware: 8").allowed, "a mapping of keys to values");
  EXPECT_EQ(refusal_of("flag: yes").allowed, "true or false");
  EXPECT_EQ(refusal_of("rate: .nan").given, ".nan");
  EXPECT_EQ(refusal_of("rate: inf").given, "inf");
  EXPECT_EQ(refusal_of("widths: 8").given, "8");
  EXPECT_EQ(refusal_of("widths: [8, [9]]").given, "a list");
  EXPECT_EQ(refusal_of("presets: [[a]]").given, "a list with a list in it");
  EXPECT_EQ(refusal_of("presets: [c]").allowed, "any of a, b");
  EXPECT_EQ(refusal_of("variants: {x: {codec: {a: 1}}}").given, "a mapping");
}

TEST(Refuses, ChoicesThatDoNotExist) {
  const auto refusal = refusal_of("optimizer: adam");
  EXPECT_EQ(refusal.allowed, "one of sgd, adamw");
  EXPECT_EQ(refusal.hint, "Did you mean adamw?");
}

TEST(Refuses, DuplicateKeys) {
  EXPECT_EQ(refusal_of("rate: 0.1\nrate: 0.2\n").place, "exp.yaml:2");
  EXPECT_EQ(refusal_of("hardware: {mesh: 4}\nhardware.mesh: 8\n").key, "hardware.mesh");
  EXPECT_EQ(refusal_of("hardware: {mesh: 4}\nhardware: {clock: 1 GHz}\n").key, "hardware");
}

TEST(Refuses, MissingRequiredKeys) {
  const auto refusal = refusal_of("variants:\n  hnn: {}\n");
  EXPECT_EQ(refusal.key, "variants.hnn.codec");
  EXPECT_EQ(refusal.given, "nothing");
  EXPECT_EQ(refusal.place, "exp.yaml");
  EXPECT_EQ(refusal.hint, "The code.");
  EXPECT_EQ(refusal_of("variants: {hnn: {codec: null}}").given, "nothing");
}

TEST(Refuses, ChosenNamesThatWouldBreakPaths) {
  EXPECT_EQ(refusal_of("variants: {'a b': {codec: x}}").given, "the name 'a b'");
  EXPECT_EQ(refusal_of("variants: {/x: {codec: x}}").key, "variants./x");
}

TEST(Refuses, BrokenYamlWithItsLine) {
  EXPECT_EQ(refusal_of("rate: 0.1\nhardware: [1, 2\n").allowed, "valid YAML");
  EXPECT_EQ(refusal_of("rate: 0.1\n  bad: : 1\n").place, "exp.yaml:2");
  EXPECT_EQ(refusal_of("rate: 0.1\n---\nrate: 0.2\n").given, "2 documents");
  EXPECT_EQ(refusal_of("just text").allowed, "a mapping of keys to values");
  EXPECT_EQ(refusal_of("- a\n").given, "a list");
}

TEST(Refuses, OverridesThatAreNotKeyEqualsValue) {
  for (const char* text : {"rate", "=1", "rate="}) {
    EXPECT_EQ(refusal_of("", {text}).key, "--set") << text;
  }
  EXPECT_EQ(refusal_of("", {"rate=2"}).place, "--set");
  EXPECT_EQ(refusal_of("", {"rat=0.2"}).hint, "Did you mean rate?");
  EXPECT_EQ(refusal_of("", {"widths=[1"}).allowed, "valid YAML");
}

TEST(Refuses, ConstantsThatDoNotSayWhatTheyAre) {
  EXPECT_EQ(refusal_of("rate: {value: 0.5}").key, "rate.source");
  EXPECT_EQ(refusal_of("rate: {value: 0.5, source: x}").key, "rate.seen");
  EXPECT_EQ(refusal_of("rate: {source: x, seen: seen}").key, "rate.value");
  EXPECT_EQ(refusal_of("rate: {value: 0.5, source: x, seen: read}").key, "rate.seen");
  EXPECT_EQ(refusal_of("rate: {value: 0.5, mim: 0.1, source: x, seen: seen}").hint,
            "Did you mean rate.min?");
  EXPECT_EQ(refusal_of("rate: {value: 0.5, min: 0.6, source: x, seen: seen}").allowed,
            "min <= value <= max");
  EXPECT_EQ(refusal_of("rate: {value: 0.5, max: 2, source: x, seen: seen}").allowed, "0..1");
  EXPECT_EQ(refusal_of("hardware.clock: {value: 2, source: x, seen: seen}").key,
            "hardware.clock.value");
}

TEST(Refuses, WithTheSpellingOfTheUserAndItsPlace) {
  const Source source{"exp.yaml", "hardware:\n  clock: 0.2 GHz\n"};
  const Values values = load(std::span(&source, 1), {}, kRefusalSchema);
  try {
    values.refuse("hardware.clock", "less than 100 MHz", "Slow down.");
  } catch (const core::UserError& error) {
    EXPECT_STREQ(error.what(),
                 "[hardware.clock] got 0.2 GHz, need less than 100 MHz. Set it at exp.yaml:2. Slow "
                 "down.");
  }
}

}  // namespace
}  // namespace ranvier::config
