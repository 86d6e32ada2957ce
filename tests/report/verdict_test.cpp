// The verdict says a loss first, names its break-even link, and never claims more than the numbers.

#include "ranvier/report/verdict.hpp"

#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report/fixture.hpp"

namespace ranvier::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

VariantResult variant(const std::string& name, double quality, double energy, double latency) {
  return {.name = name,
          .metric_float = quality,
          .metric_deployed = quality,
          .neurons = 100,
          .events_per_neuron = 0.25,
          .bits_per_activation = 2,
          .wire_format = "bitmap",
          .chips = 2,
          .cores = 20,
          .presets = {{"paper45nm", latency, {}, energy, {}}}};
}

Summary summary(std::vector<VariantResult> variants) {
  return {"test", "cycle", "accuracy_percent", std::move(variants)};
}

/// One preset; the HNN breaks even with ann-burst4 as given.
Details details(Threshold energy, Threshold latency) {
  Details all;
  all.presets = {{"paper45nm", 2, 1, 8, 200, 0.68, 26}};
  all.variants = {{"hnn-a",
                   "hnn",
                   "graded(3)",
                   {{"paper45nm", {}, {}, {}, {{"ann-burst4", energy, latency}}}},
                   {}}};
  return all;
}

TEST(Verdict, FirstSentenceStatesTheLossAndNamesTheBreakEvenLink) {
  const auto verdict =
      judge(summary({variant("ann-burst4", 57, 10, 10), variant("hnn-a", 56, 12, 15)}),
            details({Wins::kAbove, 41}, {Wins::kBelow, 0.25}));
  EXPECT_TRUE(verdict.loses);
  const std::string first = verdict.headline.substr(0, verdict.headline.find(". "));
  EXPECT_THAT(first, StartsWith("The best HNN, hnn-a, loses to a dense baseline"));
  EXPECT_THAT(first,
              HasSubstr("1.20 times as much energy and 1.50 times as much time as ann-burst4"));
  EXPECT_THAT(first, HasSubstr("dearer than 41.0 pJ/bit (here 26)"));
  EXPECT_THAT(first, HasSubstr("slower than 0.25 Gb/s (here 0.68)"));
}

TEST(Verdict, OneLostQuantityIsALoss) {
  const auto verdict =
      judge(summary({variant("ann-burst4", 57, 10, 10), variant("hnn-a", 56, 5, 11)}),
            details({Wins::kAlways, 0}, {Wins::kNever, 0}));
  EXPECT_TRUE(verdict.loses);
  EXPECT_THAT(verdict.headline, HasSubstr("2.00 times less energy but 1.10 times as much time"));
  EXPECT_THAT(verdict.headline, HasSubstr("would not win in time at any link rate"));
}

TEST(Verdict, SaysWhenTheModelledBreakEvenContradictsTheSimulation) {
  const auto verdict =
      judge(summary({variant("ann-burst4", 57, 10, 10), variant("hnn-a", 56, 5, 11)}),
            details({Wins::kAlways, 0}, {Wins::kBelow, 0.9}));
  EXPECT_TRUE(verdict.loses);
  EXPECT_THAT(verdict.headline, HasSubstr("expects a win already at 0.90 Gb/s"));
  EXPECT_THAT(verdict.headline, HasSubstr("simulation (here 0.68 Gb/s) decides"));
}

TEST(Verdict, WinsOnlyWhenNothingIsLost) {
  const auto verdict =
      judge(summary({variant("ann-packet", 57, 40, 50), variant("ann-burst4", 57, 10, 12),
                     variant("hnn-a", 56, 5, 4)}),
            details({Wins::kAlways, 0}, {Wins::kAlways, 0}));
  EXPECT_FALSE(verdict.loses);
  EXPECT_THAT(verdict.headline, HasSubstr("loses to no dense baseline"));
  EXPECT_THAT(verdict.headline, HasSubstr("2.00 times less energy and 3.00 times less time"));
}

TEST(Verdict, HalfAPercentIsATie) {
  const auto verdict =
      judge(summary({variant("ann-burst4", 57, 10, 10), variant("hnn-a", 56, 10.04, 9.97)}),
            details({Wins::kNever, 0}, {Wins::kNever, 0}));
  EXPECT_FALSE(verdict.loses);
  EXPECT_THAT(verdict.headline, HasSubstr("as much energy and as much time"));
}

TEST(Verdict, LosingToTheSpikingNetworkAloneIsNoDenseLoss) {
  const auto verdict = judge(summary({variant("ann-burst4", 57, 10, 10), variant("snn", 50, 1, 1),
                                      variant("hnn-a", 56, 5, 5)}),
                             details({}, {}));
  EXPECT_FALSE(verdict.loses);
  EXPECT_THAT(verdict.points.back(), HasSubstr("5.00 times as much energy"));
}

TEST(Verdict, BestHnnKeepsQualityBeforeCost) {
  const auto verdict = judge(summary({variant("ann-burst4", 57, 10, 10), variant("hnn-a", 56, 6, 6),
                                      variant("hnn-b", 55.5, 5, 5), variant("hnn-c", 40, 1, 1)}),
                             details({}, {}));
  EXPECT_EQ(verdict.best, "hnn-b");
}

TEST(Verdict, LowerIsBetterForBitsPerByte) {
  Summary bytes = summary({variant("ann-burst4", 2.2, 10, 10), variant("hnn-a", 2.21, 6, 6),
                           variant("hnn-b", 3.5, 1, 1)});
  bytes.metric = "bits_per_byte";
  const auto verdict = judge(bytes, details({}, {}));
  EXPECT_EQ(verdict.best, "hnn-a");
  EXPECT_THAT(verdict.points.front(), HasSubstr("0.010 bits per byte worse than ann-burst4"));
}

TEST(Verdict, QualityStandsBesideTheCost) {
  const auto verdict = judge(
      summary({variant("ann-burst4", 57, 10, 10), variant("hnn-a", 56.25, 5, 5)}), details({}, {}));
  EXPECT_THAT(verdict.points.front(), HasSubstr("56.25 %"));
  EXPECT_THAT(verdict.points.front(), HasSubstr("0.75 points worse than ann-burst4"));
}

TEST(Verdict, SaysWhenThereIsNothingToCompare) {
  EXPECT_THAT(judge(summary({variant("ann-burst4", 57, 1, 1)}), {}).headline, HasSubstr("no HNN"));
  EXPECT_THAT(judge(summary({variant("hnn-a", 57, 1, 1)}), {}).headline,
              HasSubstr("no dense baseline"));
}

TEST(Verdict, RefusesALossWithoutABreakEven) {
  Details none = details({}, {});
  none.variants[0].presets[0].break_even.clear();
  try {
    judge(summary({variant("ann-burst4", 57, 1, 1), variant("hnn-a", 56, 2, 2)}), none);
    FAIL() << "expected a refusal";
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "details.json:variants.hnn-a.break_even");
    EXPECT_THAT(error.what(), HasSubstr("ann-burst4 on paper45nm"));
  }
}

TEST(Readable, ThreeDigitsAndGroups) {
  EXPECT_EQ(readable(0), "0");
  EXPECT_EQ(readable(0.0123), "0.012");
  EXPECT_EQ(readable(3.14159), "3.14");
  EXPECT_EQ(readable(41.25), "41.2");
  EXPECT_EQ(readable(1234567), "1,234,567");
  EXPECT_EQ(readable(-1234), "-1,234");
  EXPECT_EQ(readable(1e-9), "1.00e-09");
}

}  // namespace
}  // namespace ranvier::report
