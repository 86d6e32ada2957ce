#include "ranvier/sweep/spread.hpp"

#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace ranvier::sweep {
namespace {

TEST(Spread, IsMeanAndSampleDeviation) {
  const Spread three = spread_of(std::array{1.0, 2.0, 6.0});
  EXPECT_EQ(three.count, 3U);
  EXPECT_DOUBLE_EQ(three.mean, 3.0);
  EXPECT_DOUBLE_EQ(three.deviation, std::sqrt((4.0 + 1.0 + 9.0) / 2));
  EXPECT_EQ(three.least, 1.0);
  EXPECT_EQ(three.most, 6.0);
  EXPECT_EQ(spread_of(std::array{5.0}).deviation, 0.0);
  const Spread equal = spread_of(std::array{0.1, 0.1, 0.1});  // whose sum is above 0.3
  EXPECT_EQ(equal.mean, 0.1);
  EXPECT_EQ(equal.deviation, 0.0);
}

TableRow row(std::vector<std::string> settings, std::string variant, std::vector<double> values) {
  TableRow made;
  made.settings = std::move(settings);
  made.variant = std::move(variant);
  made.preset = "pcb";
  made.values = std::move(values);
  return made;
}

ResultTable table_of_seeds() {
  ResultTable table;
  table.axes = {{.key = "hardware.mesh", .unit = {}}, {.key = "seed", .unit = {}}};
  table.columns = {{.name = "metric_deployed", .doc = {}}};
  table.rows = {row({"8", "1"}, "hnn", {60}),  row({"8", "1"}, "ann", {63}),
                row({"8", "2"}, "hnn", {62}),  row({"8", "2"}, "ann", {64}),
                row({"16", "1"}, "hnn", {59}), row({"16", "2"}, "", {})};
  return table;
}

TEST(Spread, GathersWhatDiffersInTheAxisAlone) {
  const auto rows = spread_over(table_of_seeds(), "seed");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].settings, std::vector<std::string>{"8"});
  EXPECT_EQ(rows[0].variant, "hnn");
  EXPECT_EQ(rows[0].columns[0].count, 2U);
  EXPECT_DOUBLE_EQ(rows[0].columns[0].mean, 61);
  EXPECT_EQ(rows[1].variant, "ann");
  EXPECT_EQ(rows[2].settings, std::vector<std::string>{"16"});
  EXPECT_EQ(rows[2].columns[0].count, 1U) << "the other seed has no result";
}

TEST(Spread, RefusesAnAxisThatIsNotThere) {
  try {
    spread_over(table_of_seeds(), "sede");
    FAIL() << "nothing was refused";
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "--over");
    EXPECT_NE(error.refusal().hint.find("seed"), std::string::npos);
  }
}

}  // namespace
}  // namespace ranvier::sweep
