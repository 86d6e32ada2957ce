// details.json: what is written is what is read, and what is wrong is refused by its path.

#include "ranvier/report/details.hpp"

#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>

#include "tests/report/fixture.hpp"

namespace ranvier::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// The refusal of details.json after `edit`.
core::Refusal refusal_after(const std::function<void(json&)>& edit) {
  json root = json::parse(to_json(fixture::details()));
  edit(root);
  try {
    details_from_json(root.dump(), "run/details.json");
  } catch (const core::UserError& error) {
    return error.refusal();
  }
  return {};
}

TEST(Details, RoundTripKeepsEveryByte) {
  const std::string text = to_json(fixture::details());
  EXPECT_EQ(to_json(details_from_json(text, "details.json")), text);
}

TEST(Details, ReadsRunsOfVersionsWithoutATornado) {
  json root = json::parse(to_json(fixture::details()));
  EXPECT_EQ(root.at("tornados").size(), 2U);
  root.erase("tornados");
  EXPECT_TRUE(details_from_json(root.dump(), "details.json").tornados.empty());
  EXPECT_EQ(refusal_after([](json& r) { r["tornados"][1]["rows"][0]["min"]["latency"] = 0; }).key,
            "details.json:tornados[1].rows[0].min.latency");
}

TEST(Details, RefusesAnotherSchema) {
  const auto refusal = refusal_after([](json& root) { root["schema"] = 2; });
  EXPECT_EQ(refusal.key, "details.json:schema");
  EXPECT_EQ(refusal.given, "2");
  EXPECT_EQ(refusal.place, "run/details.json");
}

TEST(Details, RefusesAMissingKeyByItsPath) {
  const auto refusal = refusal_after(
      [](json& root) { root["variants"][1]["presets"][0]["latency_ns"].erase("queue"); });
  EXPECT_EQ(refusal.key, "details.json:variants[1].presets[0].latency_ns.queue");
}

TEST(Details, RefusesUnknownSidesAndThresholds) {
  EXPECT_THAT(refusal_after([](json& root) {
                root["variants"][0]["presets"][0]["links"][0]["side"] = "up";
              }).allowed,
              HasSubstr("north"));
  EXPECT_THAT(refusal_after([](json& root) {
                root["variants"][4]["presets"][0]["break_even"][0]["link_gbps"]["wins"] = "maybe";
              }).key,
              HasSubstr("break_even[0].link_gbps.wins"));
}

TEST(Details, RefusesEventsOutsideTheTensor) {
  const auto refusal = refusal_after([](json& root) {
    root["variants"][4]["boundaries"][0]["raster"] = {16384, 0, 1};
  });
  EXPECT_THAT(refusal.given, HasSubstr("element 16384"));
  EXPECT_THAT(refusal_after([](json& root) {
                root["variants"][4]["boundaries"][0]["raster"] = {1, 2};
              }).allowed,
              HasSubstr("triples"));
}

TEST(Details, RefusesNegativeAndNonFiniteNumbers) {
  EXPECT_THAT(refusal_after([](json& root) {
                root["variants"][0]["presets"][0]["latency_ns"]["compute"] = -1;
              }).allowed,
              HasSubstr("0 or more"));
  EXPECT_THAT(refusal_after([](json& root) { root["presets"][0]["link_gbps"] = nullptr; }).allowed,
              HasSubstr("finite"));
}

TEST(Thin, KeepsShortListsAndCapsLongOnes) {
  EXPECT_EQ(thin(std::vector<RasterEvent>(kMaxRasterEvents)).size(), kMaxRasterEvents);
  EXPECT_LE(thin(std::vector<RasterEvent>(kMaxRasterEvents + 1)).size(), kMaxRasterEvents);
  EXPECT_TRUE(thin({}).empty());
}

TEST(BreakEven, SolvesTheCrossingOfTwoLines) {
  // 10 + 2x against 7 + 5x: cheaper above x = 1.
  const Threshold above = break_even(10, 2, 7, 5);
  EXPECT_EQ(above.wins, Wins::kAbove);
  EXPECT_DOUBLE_EQ(above.value, 1);
  const Threshold below = break_even(7, 5, 10, 2);
  EXPECT_EQ(below.wins, Wins::kBelow);
  EXPECT_DOUBLE_EQ(below.value, 1);
}

TEST(BreakEven, KnowsWhenNoLinkDecides) {
  EXPECT_EQ(break_even(1, 1, 2, 2).wins, Wins::kAlways);
  EXPECT_EQ(break_even(2, 2, 1, 1).wins, Wins::kNever);
  EXPECT_EQ(break_even(1, 1, 1, 1).wins, Wins::kNever);
  EXPECT_EQ(break_even(1, 2, 1, 1).wins, Wins::kNever);
}

}  // namespace
}  // namespace ranvier::report
