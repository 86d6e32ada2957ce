#include "ranvier/config/quantity_text.hpp"

#include "ranvier/config/values.hpp"
#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace ranvier::config {
namespace {

double parse(std::string_view text, std::string_view unit) {
  return parse_quantity(text, unit, "key", "f.yaml:1");
}

TEST(ParseQuantity, ReadsEveryPrefixExactly) {
  EXPECT_EQ(parse("1.2 GHz", "Hz"), 1.2e9);
  EXPECT_EQ(parse("200MHz", "Hz"), 2e8);
  EXPECT_EQ(parse("3 kHz", "Hz"), 3e3);
  EXPECT_EQ(parse("4 ns", "s"), 4e-9);
  EXPECT_EQ(parse("7 ps", "s"), 7e-12);
  EXPECT_EQ(parse("0.68 Gbit/s", "bit/s"), 0.68e9);
  EXPECT_EQ(parse("16 Gb/s", "bit/s"), 16e9);
  EXPECT_EQ(parse("0.5 pJ/bit", "J/bit"), 0.5e-12);
  EXPECT_EQ(parse("500 fJ/bit", "J/bit"), 500e-15);
  EXPECT_EQ(parse("1 uW/KiB", "W/KiB"), 1e-6);
  EXPECT_EQ(parse("417 um2", "m2"), 417e-12);
  EXPECT_EQ(parse("64 KiB", "B"), 65536);
  EXPECT_EQ(parse("1e3 ns", "s"), 1e-6);
}

TEST(ParseQuantity, LengthsBelowTheBarDivide) {
  EXPECT_DOUBLE_EQ(parse("0.1 pJ/bit/mm", "J/bit/m"), 0.1e-9);
  EXPECT_DOUBLE_EQ(parse("7 ps/mm", "s/m"), 7e-9);
}

TEST(ParseQuantity, RefusesWhatIsNoQuantityAndListsTheUnits) {
  for (const char* text : {"1.2", "", "GHz", "1.2 ghz", "1.2 ns", "nan GHz", "inf GHz", "0x10 Hz",
                           "1..2 GHz", "1,2 GHz", "1.2 GHz GHz", "1e999 Hz", "--1 Hz"}) {
    try {
      parse(text, "Hz");
      FAIL() << text;
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.refusal().key, "key");
      EXPECT_EQ(error.refusal().given, text);
      EXPECT_EQ(error.refusal().allowed, "a number with its unit: Hz, kHz, MHz or GHz");
      EXPECT_EQ(error.refusal().place, "f.yaml:1");
    }
  }
}

TEST(ParseQuantity, RefusesTheInverseAndMissingParts) {
  EXPECT_THROW(parse("1 pJ", "J/bit"), core::UserError);
  EXPECT_THROW(parse("1 bit/J", "J/bit"), core::UserError);
  EXPECT_THROW(parse("1 pJ/bit/mm", "J/bit"), core::UserError);
  EXPECT_THROW(parse("1 pJ/KiB", "J/bit"), core::UserError);
}

TEST(ParseQuantity, AnUnknownBaseUnitIsADefect) {
  EXPECT_THROW(parse("1 furlong", "furlong"), core::ContractViolation);
}

TEST(ParseDecimal, TakesWholeFiniteDecimalsOnly) {
  EXPECT_EQ(parse_decimal("-1.5e-3"), -1.5e-3);
  EXPECT_EQ(parse_decimal("+2"), 2.0);
  for (const char* text : {"", "1 ", "nan", "inf", "0x1", "1e", "e1", ".", "1e400", "1_000"}) {
    EXPECT_FALSE(parse_decimal(text).has_value()) << text;
  }
}

TEST(FormatQuantity, PicksTheUnitAPersonWouldWrite) {
  EXPECT_EQ(format_quantity(1.2e9, "Hz"), "1.2 GHz");
  EXPECT_EQ(format_quantity(4e-9, "s"), "4 ns");
  EXPECT_EQ(format_quantity(0.5e-12, "J/bit"), "500 fJ/bit");
  EXPECT_EQ(format_quantity(4.6e-12, "J"), "4.6 pJ");
  EXPECT_EQ(format_quantity(65536, "B"), "64 KiB");
  EXPECT_EQ(format_quantity(0.25, ""), "0.25");
}

RC_GTEST_PROP(FormatQuantity, ReadsBackToTheSameBits, ()) {
  const auto mantissa = *rc::gen::inRange(-1000000, 1000000);
  const auto exponent = *rc::gen::inRange(-20, 12);
  const double value = mantissa * std::pow(10.0, exponent);
  for (const char* unit : {"Hz", "s", "J/bit", "J/bit/m", "W/KiB", "B", "m2"}) {
    RC_ASSERT(parse(format_quantity(value, unit), unit) == value);
  }
}

}  // namespace
}  // namespace ranvier::config
