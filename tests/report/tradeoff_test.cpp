// Trade-off curves as SVG: where a point stands, what joins points, what is refused.

#include "ranvier/report/tradeoff.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <regex>
#include <set>

namespace ranvier::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

json point(const std::string& variant, const std::string& codec, bool baseline, double b,
           double accuracy) {
  return {{"variant", variant},
          {"codec", codec},
          {"format", "auto"},
          {"baseline", baseline},
          {"b", b},
          {"events_per_neuron", b / 10},
          {"accuracy_percent", accuracy},
          {"reference_accuracy_percent_float", 63.0},
          {"energy_uj", {{"pcb", 2 * b}}}};
}

json some_points() {
  return {{"schema", 1},
          {"metric", "accuracy_percent"},
          {"points",
           {point("a", "graded(2)", false, 1, 60), point("c", "graded(2)", false, 4, 62),
            point("b", "graded(2)", false, 2, 61), point("d<", "dense(4)", true, 5, 62.5),
            point("e", "topk(0.1)", true, 3, 30)}}};
}

struct Circle {
  double x = 0;
  double y = 0;
};

/// Centres of the marks of spikes, by variant.
Circle circle_of(const std::string& svg, const std::string& variant) {
  const std::regex mark("<title>" + variant +
                        ":[^<]*</title>\\s*<circle cx=\"([0-9.]+)\" cy=\"([0-9.]+)\"");
  std::smatch found;
  EXPECT_TRUE(std::regex_search(svg, found, mark)) << variant;
  return found.empty() ? Circle{} : Circle{std::stod(found[1]), std::stod(found[2])};
}

TEST(TradeoffSvg, PutsBetterPointsHigherAndDoublesAtEqualDistances) {
  const std::string svg = tradeoff_svg(some_points().dump(), "b", "curves & more");
  const Circle a = circle_of(svg, "a"), b = circle_of(svg, "b"), c = circle_of(svg, "c");
  EXPECT_NEAR(b.x - a.x, c.x - b.x, 0.2) << "1, 2, 4 bits";
  EXPECT_GT(b.x, a.x + 10);
  EXPECT_NEAR(a.y - b.y, b.y - c.y, 0.2) << "60, 61, 62 %";
  EXPECT_LT(b.y, a.y - 5) << "up is better";
  EXPECT_THAT(svg, HasSubstr("curves &amp; more"));
  EXPECT_THAT(svg, HasSubstr("d&lt;"));
}

TEST(TradeoffSvg, JoinsTheBudgetsOfOneCodecFromLeftToRight) {
  const std::string svg = tradeoff_svg(some_points().dump(), "b", "t");
  const std::regex line("<polyline points=\"([0-9.]+),[0-9.]+ ([0-9.]+),[0-9.]+ ([0-9.]+),");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(svg, found, line));
  EXPECT_LT(std::stod(found[1]), std::stod(found[2]));
  EXPECT_LT(std::stod(found[2]), std::stod(found[3]));
  const std::string rest = found.suffix();
  EXPECT_FALSE(std::regex_search(rest, line)) << "one point is no curve";
}

TEST(TradeoffSvg, TellsEighteenCodecsApartAndNamesAll) {
  json points = some_points();
  for (int i = 0; i < 18; ++i) {
    points["points"].push_back(point("x", fmt::format("graded({},signed)", i), false, 2, 61));
    points["points"].push_back(point("y", fmt::format("dense({})", i), true, 2, 61));
  }
  const std::string svg = tradeoff_svg(points.dump(), "b", "t");
  const std::regex mark("<title>x:[^<]*</title>\\s*<circle [^>]*r=\"[0-9]\" ([^>]*)/>");
  std::set<std::string> looks;
  for (std::sregex_iterator at(svg.begin(), svg.end(), mark), end; at != end; ++at) {
    looks.insert((*at)[1]);
  }
  EXPECT_EQ(looks.size(), 18u);
  const std::regex height("<svg [^>]*height=\"([0-9.]+)\"");
  const std::regex text("<text x=\"[0-9.]+\" y=\"([0-9.]+)\"");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(svg, found, height));
  const double end = std::stod(found[1]);
  for (std::sregex_iterator at(svg.begin(), svg.end(), text), last; at != last; ++at) {
    EXPECT_LT(std::stod((*at)[1]), end) << "the legend is inside the picture";
  }
}

TEST(TradeoffSvg, DrawsAPointFarBelowAtTheEdgeWithItsValue) {
  const std::string svg = tradeoff_svg(some_points().dump(), "b", "t");
  EXPECT_THAT(svg, HasSubstr("30 \u2193"));
  EXPECT_THAT(svg, Not(HasSubstr("60 \u2193")));
}

TEST(TradeoffSvg, LowerBitsPerByteAreBetter) {
  json points = some_points();
  points["metric"] = "bits_per_byte";
  double quality = 2.30;
  for (json& p : points["points"]) {
    p["bits_per_byte"] = quality -= 0.01;
    p["reference_bits_per_byte_float"] = 2.2;
  }
  const std::string svg = tradeoff_svg(points.dump(), "energy_uj.pcb", "t");
  EXPECT_LT(circle_of(svg, "b").y, circle_of(svg, "a").y);
  EXPECT_THAT(svg, HasSubstr("energy [uJ] of one inference under pcb"));
}

TEST(TradeoffSvg, RefusesWhatHasNoSuchNumber) {
  const std::string points = some_points().dump();
  EXPECT_THROW(tradeoff_svg(points, "energy_uj.paper45nm", "t"), core::UserError);
  EXPECT_THROW(tradeoff_svg(points, "bits", "t"), core::UserError);
  EXPECT_THROW(tradeoff_svg("[]", "b", "t"), core::UserError);
  EXPECT_THROW(tradeoff_svg(R"({"metric": "accuracy_percent", "points": []})", "b", "t"),
               core::UserError);
  json negative = some_points();
  negative["points"][0]["b"] = -1;
  EXPECT_THROW(tradeoff_svg(negative.dump(), "b", "t"), core::UserError);
}

TEST(TradeoffSvg, SaysHowManyPointsAtZeroItLeavesOut) {
  json points = some_points();
  points["points"][0]["b"] = 0;
  EXPECT_THAT(tradeoff_svg(points.dump(), "b", "t"), HasSubstr("1 at 0 not shown"));
}

}  // namespace
}  // namespace ranvier::report
