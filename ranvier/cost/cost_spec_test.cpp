// Prices against the closed forms of docs/models/cost.md and the derived rows of the preset table.

#include "ranvier/core/error.hpp"
#include "ranvier/cost/price.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace ranvier::cost {
namespace {

using core::Event;
using ::testing::HasSubstr;

config::Values values_of(std::string_view preset, std::vector<std::string> overrides = {}) {
  std::vector<config::Field> schema(arch::hardware_schema().begin(), arch::hardware_schema().end());
  schema.insert(schema.end(), cost_schema().begin(), cost_schema().end());
  std::vector<config::Source> sources;
  if (!preset.empty()) {
    sources.push_back({"preset " + std::string(preset), std::string(arch::preset_yaml(preset))});
  }
  return config::load(sources, overrides, schema);
}

CostSpec spec_of(std::string_view preset, std::vector<std::string> overrides = {}) {
  const config::Values values = values_of(preset, std::move(overrides));
  return cost_from(values, arch::package_from(values));
}

/// Sum of all prices of one event [pJ].
double price_of(const CostSpec& spec, Event event, Bound bound = Bound::kNominal) {
  core::Ledger one;
  one.add(event, 1);
  return price(one, 1.0, spec, bound).total_pj;
}

struct Derived {
  const char* preset;
  double hop_pj;       // 34 bits, one router, one link of 1 mm
  double crossing_pj;  // 34 bits, EMIO and link in full use
  double over_hop;
  double over_mac;
};

class DerivedRows : public ::testing::TestWithParam<Derived> {};

TEST_P(DerivedRows, FollowFromThePrices) {
  const Derived row = GetParam();
  const CostSpec spec = spec_of(row.preset);
  const double hop =
      34 * (price_of(spec, Event::kRouterBitHops) + price_of(spec, Event::kLinkBitHops));
  const double crossing =
      34 * (price_of(spec, Event::kEmioBits) + price_of(spec, Event::kDieToDieBits));
  // The table is rounded to two digits (hops) and to whole picojoules (crossings).
  EXPECT_NEAR(hop, row.hop_pj, 0.05);
  EXPECT_NEAR(crossing, row.crossing_pj, 0.5);
  EXPECT_NEAR(crossing / hop, row.over_hop, 0.5);
  EXPECT_NEAR(crossing / price_of(spec, Event::kMac) / row.over_mac, 1.0, 0.015);
}

INSTANTIATE_TEST_SUITE_P(Presets, DerivedRows,
                         ::testing::Values(Derived{"paper45nm", 6.1, 952, 156, 207},
                                           Derived{"ucie16nm", 4.4, 31, 7, 610},
                                           Derived{"pcb", 5.4, 204, 38, 1300}));

struct Row {
  const char* preset;
  double mac, ac, lif, sram, write_ratio, emio, d2d, idle;
};

class PresetTable : public ::testing::TestWithParam<Row> {};

TEST_P(PresetTable, IsWhatIsPriced) {
  const Row row = GetParam();
  const CostSpec spec = spec_of(row.preset);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kMac), row.mac);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kAc), row.ac);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kLifUpdate), row.lif);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kStateReadBits), row.sram / 64);  // 8 KiB of state
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kStateWriteBits), row.sram / 64 * row.write_ratio);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kWeightReadBits), row.sram * std::sqrt(8.0) / 64);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kEmioBits), row.emio);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kDieToDieBits), row.d2d);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kDieToDieIdleBits), row.d2d * row.idle);
}

INSTANTIATE_TEST_SUITE_P(
    Presets, PresetTable,
    ::testing::Values(Row{"paper45nm", 4.6, 0.9, 5.5, 10, 1.0, 2.0, 26, 0},
                      Row{"ucie16nm", 0.05, 0.017, 0.19, 1.0, 1.1, 0.4, 0.5, 0.15},
                      Row{"pcb", 0.155, 0.052, 0.57, 5.3, 1.1, 1.0, 5.0, 0.8}));

TEST(Arithmetic, SwitchesTheRatioOfMacToAccumulate) {
  const CostSpec fp32 = spec_of("paper45nm");
  const CostSpec int8 = spec_of("paper45nm", {"cost.arithmetic=int8"});
  EXPECT_NEAR(price_of(fp32, Event::kMac) / price_of(fp32, Event::kAc), 5.1, 0.05);
  EXPECT_NEAR(price_of(int8, Event::kMac) / price_of(int8, Event::kAc), 3.0, 1e-9);
  EXPECT_DOUBLE_EQ(price_of(int8, Event::kLifUpdate), 1.1);
}

TEST(Link, IdleAndUsedBitsGiveTheLinkPower) {
  const CostSpec spec = spec_of("pcb");
  const double rate = 100e9;
  const double seconds = 1e-3;
  for (const double utilisation : {0.0, 0.25, 1.0}) {
    core::Ledger ledger;
    const auto capacity = static_cast<int64_t>(rate * seconds);
    const auto used = static_cast<int64_t>(utilisation * rate * seconds);
    ledger.add(Event::kDieToDieBits, used);
    ledger.add(Event::kDieToDieIdleBits, capacity - used);
    const double watts = 5e-12 * rate * (0.8 + (1 - 0.8) * utilisation);
    EXPECT_NEAR(price(ledger, seconds, spec).total_pj, watts * seconds * 1e12,
                1e-9 * watts * seconds * 1e12);
    EXPECT_NEAR(price(ledger, seconds, spec).average_watts, watts, 1e-9 * watts);
  }
}

TEST(Leakage, IsAShareOfPeakPowerPlusTheSram) {
  EXPECT_EQ(price_of(spec_of("paper45nm"), Event::kTileCycles), 0);
  const double logic = 0.10 * (256 * 0.05 + 34 * 0.05);  // pJ per cycle
  const double sram = 1e-6 * (64 + 8) / 1e9 * 1e12;      // 1 uW/KiB, 72 KiB, 1 GHz
  EXPECT_NEAR(price_of(spec_of("ucie16nm"), Event::kTileCycles), logic + sram, 1e-12);
}

TEST(Converter, CountsLogicAndState) {
  const CostSpec spec = spec_of("paper45nm");
  const double state = 2 * 24 * 0.015;
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kClpEncodeElements), 0.3 + state);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kClpEncodeEvents), 0.3);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kClpDecodeEvents), 0.05 + state);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kClpDecodeElements), 0.8);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kRansSymbols), 10.0 + 3.1);
}

TEST(Bounds, BracketTheNominalPriceOfEveryEventInEveryPreset) {
  for (const auto preset : arch::preset_names()) {
    const CostSpec spec = spec_of(preset);
    for (const auto& item : spec.prices) {
      const Coefficient& c = item.picojoules_per_count;
      EXPECT_LE(c.minimum, c.nominal) << preset << " " << c.key;
      EXPECT_GE(c.maximum, c.nominal) << preset << " " << c.key;
      EXPECT_FALSE(c.source.empty());
    }
  }
}

TEST(Bounds, OfASmallSramTakeTheOppositeExponent) {
  const CostSpec spec = spec_of("ucie16nm", {"hardware.weight_sram=2 KiB"});
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kWeightReadBits, Bound::kMaximum), 1.5 * 0.5 / 64);
  EXPECT_DOUBLE_EQ(price_of(spec, Event::kWeightReadBits, Bound::kMinimum),
                   0.59 * std::pow(0.25, 0.78) / 64);
}

TEST(Sources, NameTheLiteratureOrThePlaceOfAnOverride) {
  const CostSpec preset = spec_of("paper45nm");
  EXPECT_THAT(preset.prices.front().picojoules_per_count.source, HasSubstr("(seen)"));
  const CostSpec given = spec_of("paper45nm", {"cost.mac_fp32=5 pJ"});
  EXPECT_EQ(given.prices.front().picojoules_per_count.source, "given at --set");
  EXPECT_DOUBLE_EQ(given.prices.front().picojoules_per_count.maximum, 5);
}

TEST(Presets, GiveEveryConstantWithRangeAndSource) {
  for (const auto preset : arch::preset_names()) {
    const config::Values values = values_of(preset);
    for (const auto& field : cost_schema()) {
      ASSERT_TRUE(values.has(field.key)) << preset << " " << field.key;
      if (field.kind == config::Kind::kChoice) continue;
      EXPECT_FALSE(values.constant(field.key).source.empty()) << preset << " " << field.key;
    }
  }
}

TEST(Refuses, PricesWithoutAPreset) {
  try {
    spec_of("");
    FAIL();
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "cost.arithmetic");
    EXPECT_THAT(error.refusal().hint, HasSubstr("preset"));
  }
}

TEST(Refuses, EnergiesWithoutPrefixUnitOrSense) {
  EXPECT_THROW(spec_of("paper45nm", {"cost.mac_fp32=4.6"}), core::UserError);
  EXPECT_THROW(spec_of("paper45nm", {"cost.mac_fp32=4.6 J"}), core::UserError);
  EXPECT_THROW(spec_of("paper45nm", {"cost.mac_fp32=-1 pJ"}), core::UserError);
  EXPECT_THROW(spec_of("paper45nm", {"cost.d2d_bit=26 pJ"}), core::UserError);
  EXPECT_THROW(spec_of("paper45nm", {"cost.d2d_idle_fraction=1.5"}), core::UserError);
  EXPECT_THROW(spec_of("paper45nm", {"cost.arithmetic=int4"}), core::UserError);
  EXPECT_THROW(spec_of("paper45nm", {"cost.mac=4.6 pJ"}), core::UserError);
}

}  // namespace
}  // namespace ranvier::cost
