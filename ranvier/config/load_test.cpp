#include "ranvier/config/layers.hpp"
#include "ranvier/config/values.hpp"
#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ranvier::config {
namespace {

using ::testing::ElementsAre;

constexpr Field kLoadSchema[] = {
    {.key = "name", .kind = Kind::kText, .fallback = "untitled"},
    {.key = "seed", .kind = Kind::kInteger, .fallback = "1", .minimum = 0, .maximum = 1e9},
    {.key = "note", .kind = Kind::kText},
    {.key = "flag", .kind = Kind::kBoolean, .fallback = "false"},
    {.key = "train.rate", .kind = Kind::kReal, .fallback = "0.1", .minimum = 0, .maximum = 1},
    {.key = "train.kind", .kind = Kind::kChoice, .fallback = "sgd", .allowed = "sgd|adamw"},
    {.key = "hardware.clock",
     .kind = Kind::kQuantity,
     .fallback = "200 MHz",
     .minimum = 1e6,
     .maximum = 4e9,
     .unit = "Hz"},
    {.key = "widths", .kind = Kind::kIntegers, .fallback = "[16, 32]", .minimum = 1},
    {.key = "presets", .kind = Kind::kTexts, .fallback = "[a, b]"},
    {.key = "variants.*.codec", .kind = Kind::kText, .fallback = "dense(8)"},
    {.key = "variants.*.lambda", .kind = Kind::kReal, .minimum = 0},
    {.key = "axes.#.key", .kind = Kind::kText, .fallback = kRequired},
    {.key = "axes.#.steps", .kind = Kind::kInteger, .minimum = 2},
};

Values load_text(const std::string& yaml, std::vector<std::string> overrides = {}) {
  const Source source{"exp.yaml", yaml};
  return load(std::span(&source, 1), overrides, kLoadSchema);
}

TEST(Load, FillsEveryKeyFromDefaults) {
  const Values values = load_text("");
  EXPECT_EQ(values.text("name"), "untitled");
  EXPECT_EQ(values.integer("seed"), 1);
  EXPECT_FALSE(values.boolean("flag"));
  EXPECT_EQ(values.real("hardware.clock"), 200e6);
  EXPECT_THAT(values.integers("widths"), ElementsAre(16, 32));
  EXPECT_THAT(values.texts("presets"), ElementsAre("a", "b"));
  EXPECT_FALSE(values.given("seed"));
  EXPECT_EQ(values.origin("seed").place, "default");
}

TEST(Load, AnOptionalKeyIsAbsentNotZero) {
  EXPECT_FALSE(load_text("").has("note"));
  EXPECT_FALSE(load_text("note: null").has("note"));
  EXPECT_TRUE(load_text("note: \"\"").has("note"));
}

TEST(Load, ReadsEveryKindAndRemembersTheLine) {
  const Values values = load_text(
      "name: x y\nseed: 7\nflag: true\ntrain: {rate: 1e-2, kind: adamw}\n"
      "hardware:\n  clock: 1.2 GHz\nwidths: [3]\npresets: [p]\n");
  EXPECT_EQ(values.text("name"), "x y");
  EXPECT_TRUE(values.boolean("flag"));
  EXPECT_EQ(values.real("train.rate"), 0.01);
  EXPECT_EQ(values.text("train.kind"), "adamw");
  EXPECT_EQ(values.real("hardware.clock"), 1.2e9);
  EXPECT_EQ(values.origin("hardware.clock").place, "exp.yaml:6");
  EXPECT_TRUE(values.given("hardware.clock"));
}

TEST(Load, DottedKeysAndNestedKeysAreTheSame) {
  EXPECT_EQ(load_text("hardware.clock: 1 GHz").hash(),
            load_text("hardware: {clock: 1 GHz}").hash());
}

TEST(Load, LaterSourcesWinKeyByKeyAndOverridesWinOverAll) {
  const std::vector<Source> sources{{"preset p", "seed: 2\nname: preset\n"},
                                    {"exp.yaml", "name: mine\n"}};
  const std::vector<std::string> overrides{"widths=[1,2,3]", "train.rate=0.5"};
  const Values values = load(sources, overrides, kLoadSchema);
  EXPECT_EQ(values.integer("seed"), 2);
  EXPECT_EQ(values.origin("seed").place, "preset p:1");
  EXPECT_EQ(values.text("name"), "mine");
  EXPECT_THAT(values.integers("widths"), ElementsAre(1, 2, 3));
  EXPECT_EQ(values.origin("train.rate").place, "--set");
}

TEST(Load, AStarStandsForNamesTheUserChooses) {
  const Values values =
      load_text("variants:\n  snn:\n  hnn-b: {lambda: 0.1}\n  ann: {codec: dense(4)}\n",
                {"variants.late.codec=graded(3,signed)"});
  EXPECT_THAT(values.children("variants"), ElementsAre("snn", "hnn-b", "ann", "late"));
  EXPECT_EQ(values.text("variants.snn.codec"), "dense(8)");
  EXPECT_EQ(values.text("variants.ann.codec"), "dense(4)");
  EXPECT_EQ(values.text("variants.late.codec"), "graded(3,signed)");
  EXPECT_EQ(values.real("variants.hnn-b.lambda"), 0.1);
  EXPECT_FALSE(values.has("variants.ann.lambda"));
}

TEST(Load, ItemsOfAListAreCalledByTheirNumber) {
  const Values values =
      load_text("axes:\n  - {key: a, steps: 3}\n  - key: b\n", {"axes.2.steps=4"});
  EXPECT_THAT(values.children("axes"), ElementsAre("1", "2"));
  EXPECT_EQ(values.text("axes.1.key"), "a");
  EXPECT_EQ(values.integer("axes.2.steps"), 4);
  EXPECT_EQ(values.origin("axes.2.key").place, "exp.yaml:3");
  const Values again = load_text(values.to_yaml());
  EXPECT_EQ(again.hash(), values.hash()) << values.to_yaml();
}

TEST(Load, OnlyListsTakeItems) {
  EXPECT_THROW(load_text("variants: [{codec: a}]"), core::UserError);
  EXPECT_THROW(load_text("axes: 3"), core::UserError);
  EXPECT_THROW(load_text("axes: [3]"), core::UserError);
  EXPECT_THROW(load_text("axes: {first: {key: a}}"), core::UserError);
  EXPECT_THROW(load_text("axes: [{kye: a}]"), core::UserError);
}

TEST(Load, LayersReadOnceEqualLoadingAgain) {
  const Source source{"exp.yaml", "seed: 7\nvariants: {a: {lambda: 1}}\n"};
  const Layers layers(std::span(&source, 1), kLoadSchema);
  for (const auto& overrides :
       {std::vector<std::string>{}, {"seed=8"}, {"variants.b.codec=rate(2)", "seed=9"}}) {
    EXPECT_EQ(layers.load(overrides).to_yaml(),
              load(std::span(&source, 1), overrides, kLoadSchema).to_yaml());
  }
  const std::string bad[]{"sede=8"};
  EXPECT_THROW(layers.load(bad), core::UserError);
}

TEST(Load, ItemsAreThePresentValuesWithoutOrigin) {
  std::string text;
  for (const auto& item : load_text("hardware.clock: 0.4 GHz\nwidths: [3]").items()) {
    text += std::string(item.key) + "=" + item.text + "\n";
  }
  EXPECT_THAT(text, ::testing::HasSubstr("hardware.clock=400 MHz\nwidths=[3]\n"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("note"))) << "absent";
}

TEST(Load, ANumberMayCarryItsRangeAndSource) {
  const Values values = load_text(
      "hardware: {clock: {value: 1 GHz, min: 100 MHz, max: 1.3 GHz, source: \"[GEM]\", seen: "
      "seen}}");
  const Constant clock = values.constant("hardware.clock");
  EXPECT_EQ(clock.value, 1e9);
  EXPECT_EQ(clock.minimum, 1e8);
  EXPECT_EQ(clock.maximum, 1.3e9);
  EXPECT_EQ(clock.source, "[GEM]");
  EXPECT_EQ(clock.seen, "seen");
}

TEST(Load, APlainNumberReplacesTheSourceWithTheValue) {
  const Values values = load_text(
      "hardware: {clock: {value: 1 GHz, source: \"[GEM]\", seen: seen}}", {"hardware.clock=2 GHz"});
  EXPECT_EQ(values.constant("hardware.clock").source, "");
  EXPECT_EQ(values.constant("hardware.clock").maximum, 2e9);
}

TEST(Load, ReadingAKeyWronglyIsADefectNotAUserError) {
  const Values values = load_text("");
  EXPECT_THROW(values.integer("no.such.key"), core::ContractViolation);
  EXPECT_THROW(values.integer("name"), core::ContractViolation);
  EXPECT_THROW(values.text("note"), core::ContractViolation);
  EXPECT_THROW(values.constant("name"), core::ContractViolation);
}

TEST(Load, ASchemaWithTheSameKeyTwiceIsADefect) {
  constexpr Field twice[] = {{.key = "a", .fallback = "1"}, {.key = "a", .fallback = "2"}};
  EXPECT_THROW(load({}, {}, twice), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::config
