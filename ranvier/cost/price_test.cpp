#include "ranvier/cost/price.hpp"

#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

namespace ranvier::cost {
namespace {

using core::Event;

constexpr std::string_view kAllParts[] = {"compute", "memory",    "noc",    "emio",
                                          "d2d",     "converter", "leakage"};

/// One price per event, all different, parts in turn.
CostSpec some_spec() {
  CostSpec spec;
  for (size_t i = 0; i < core::kEventKinds; ++i) {
    const double price = 0.1 * static_cast<double>(i + 1);
    spec.prices.push_back({static_cast<Event>(i),
                           kAllParts[i % 7],
                           {price, 0.5 * price, 2 * price, "cost.x", "here"}});
  }
  return spec;
}

TEST(Price, EveryLineIsCountTimesCoefficient) {
  core::Ledger ledger;
  ledger.add(Event::kMac, 1000);
  ledger.add(Event::kAc, 7);
  const PricedLedger priced = price(ledger, 1e-6, some_spec());
  EXPECT_EQ(priced.lines[0].event, "mac");
  EXPECT_EQ(priced.lines[0].count, 1000);
  EXPECT_EQ(priced.lines[0].picojoules, 1000 * 0.1);
  EXPECT_EQ(priced.lines[0].unit, "pJ/operation");
  EXPECT_EQ(priced.lines[1].picojoules, 7 * 0.2);
  EXPECT_DOUBLE_EQ(priced.total_pj, 101.4);
  EXPECT_DOUBLE_EQ(priced.average_watts, 101.4e-12 / 1e-6);
}

TEST(Price, ListsEveryPartEvenWithoutEnergy) {
  const PricedLedger priced = price({}, 1e-6, some_spec());
  EXPECT_EQ(priced.parts_pj.size(), 7u);
  EXPECT_EQ(priced.total_pj, 0);
  EXPECT_EQ(priced.lines.size(), core::kEventKinds);
}

TEST(Price, BoundsOrderTheTotals) {
  core::Ledger ledger;
  ledger.add(Event::kDieToDieBits, 12345);
  const CostSpec spec = some_spec();
  const double nominal = price(ledger, 1, spec).total_pj;
  EXPECT_DOUBLE_EQ(price(ledger, 1, spec, Bound::kMinimum).total_pj, 0.5 * nominal);
  EXPECT_DOUBLE_EQ(price(ledger, 1, spec, Bound::kMaximum).total_pj, 2 * nominal);
}

TEST(Price, ACountWithoutAPriceIsADefect) {
  for (size_t i = 0; i < core::kEventKinds; ++i) {
    const auto event = static_cast<Event>(i);
    core::Ledger ledger;
    ledger.add(event, 1);
    if (is_informative(event)) {
      EXPECT_EQ(price(ledger, 1, CostSpec{}).total_pj, 0);
    } else {
      EXPECT_THROW(price(ledger, 1, CostSpec{}), core::ContractViolation);
    }
  }
}

TEST(Price, NegativeCountsRunsWithoutTimeAndUnknownPartsAreDefects) {
  core::Ledger ledger;
  ledger.add(Event::kMac, -1);
  EXPECT_THROW(price(ledger, 1, some_spec()), core::ContractViolation);
  EXPECT_THROW(price({}, 0, some_spec()), core::ContractViolation);
  CostSpec strange;
  strange.prices.push_back({Event::kMac, "magic", {}});
  EXPECT_THROW(price({}, 1, strange), core::ContractViolation);
}

core::Ledger any_ledger() {
  core::Ledger ledger;
  for (size_t i = 0; i < core::kEventKinds; ++i) {
    ledger.add(static_cast<Event>(i), *rc::gen::inRange<int64_t>(0, int64_t{1} << 50));
  }
  return ledger;
}

RC_GTEST_PROP(Conservation, PartsAddUpToTheTotalAndLinesToTheParts, ()) {
  const PricedLedger priced = price(any_ledger(), 1e-3, some_spec());
  double total = 0;
  for (const auto& [part, picojoules] : priced.parts_pj) {
    double lines = 0;
    for (const auto& line : priced.lines) {
      if (line.part == part) lines += line.picojoules;
    }
    RC_ASSERT(lines == picojoules);
    total += picojoules;
  }
  RC_ASSERT(total == priced.total_pj);
}

RC_GTEST_PROP(Conservation, MoreOfAnEventNeverCostsLess, ()) {
  core::Ledger ledger = any_ledger();
  const double before = price(ledger, 1e-3, some_spec()).total_pj;
  const auto event = static_cast<Event>(*rc::gen::inRange<size_t>(0, core::kEventKinds));
  ledger.add(event, *rc::gen::inRange<int64_t>(0, 1000000));
  RC_ASSERT(price(ledger, 1e-3, some_spec()).total_pj >= before);
}

TEST(Json, CarriesEveryLineWithItsSource) {
  core::Ledger ledger;
  ledger.add(Event::kMac, 3);
  const PricedLedger priced = price(ledger, 1e-6, some_spec());
  const auto json = nlohmann::json::parse(to_json(priced));
  EXPECT_EQ(json["total_pj"].get<double>(), priced.total_pj);
  EXPECT_EQ(json["lines"].size(), priced.lines.size());
  EXPECT_EQ(json["lines"][0]["event"], "mac");
  EXPECT_EQ(json["lines"][0]["count"], 3);
  EXPECT_EQ(json["lines"][0]["unit"], "pJ/operation");
  EXPECT_EQ(json["lines"][0]["source"], "here");
  double parts = 0;
  for (const auto& [name, value] : json["parts_pj"].items()) parts += value.get<double>();
  EXPECT_EQ(parts, priced.total_pj);
}

}  // namespace
}  // namespace ranvier::cost
