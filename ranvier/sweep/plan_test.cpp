#include "ranvier/sweep/plan.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/sweep/experiment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <set>

namespace ranvier::sweep {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<config::Field>& fields() {
  static const config::Field wire{
      .key = "variants.*.wire", .kind = config::Kind::kText, .fallback = ""};
  static const std::vector<config::Field> all = full_schema({&wire, 1});
  return all;
}

SweepSpec plan_of(const std::string& yaml) {
  const fs::path file =
      fs::path(::testing::TempDir()) / ("plan_" + std::to_string(getpid()) + ".yaml");
  core::write_file_atomic(file, "name: t\nbase: b\n" + yaml);
  const SweepSpec spec = load_sweep(file, {}, fields());
  fs::remove(file);
  return spec;
}

std::string refusal_of(const std::string& yaml) {
  try {
    plan_of(yaml);
  } catch (const core::UserError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Plan, AGridIsEveryCombinationTheLastAxisFastest) {
  const auto spec = plan_of(
      "axes:\n  - {key: hardware.mesh, values: [4, 8]}\n"
      "  - {key: variants.hnn.wire, values: [aer, bitmap]}\n");
  EXPECT_THAT(points_of(spec), ElementsAre(Assignment{"4", "aer"}, Assignment{"4", "bitmap"},
                                           Assignment{"8", "aer"}, Assignment{"8", "bitmap"}));
  EXPECT_THAT(overrides_of(spec, {"4", "aer"}),
              ElementsAre("hardware.mesh=4", "variants.hnn.wire=aer"));
}

TEST(Plan, AListTakesTheValuesSideBySide) {
  const auto spec = plan_of(
      "combine: list\naxes:\n  - {key: hardware.mesh, values: [4, 8]}\n"
      "  - {key: hardware.chips_x, values: [2, 3]}\n");
  EXPECT_THAT(points_of(spec), ElementsAre(Assignment{"4", "2"}, Assignment{"8", "3"}));
}

TEST(Plan, RangesIncludeBothEndsAndKeepTheirUnit) {
  EXPECT_THAT(plan_of("axes: [{key: cost.d2d_bit, from: 0.25 pJ/bit, to: 25 pJ/bit, steps: 3, "
                      "scale: log}]")
                  .axes[0]
                  .values,
              ElementsAre("250 fJ/bit", "2.5 pJ/bit", "25 pJ/bit"));
  EXPECT_THAT(plan_of("axes: [{key: hardware.serdes.lane_rate, from: 1 Gbit/s, to: 2 Gbit/s, "
                      "steps: 4, scale: linear}]")
                  .axes[0]
                  .values,
              ElementsAre("1 Gbit/s", "1.33333 Gbit/s", "1.66667 Gbit/s", "2 Gbit/s"));
  EXPECT_THAT(
      plan_of("axes: [{key: hardware.serdes.lanes, from: 1, to: 4, steps: 9}]").axes[0].values,
      ElementsAre("1", "2", "3", "4"))
      << "whole numbers, each once";
}

TEST(Plan, SamplesDependOnTheSeedAlone) {
  const std::string yaml =
      "combine: random\nsamples: 20\naxes:\n"
      "  - {key: hardware.serdes.lanes, from: 1, to: 64, scale: log}\n";
  EXPECT_EQ(points_of(plan_of(yaml)), points_of(plan_of(yaml)));
  EXPECT_NE(points_of(plan_of(yaml)), points_of(plan_of("seed: 2\n" + yaml)));
  for (const auto& point : points_of(plan_of(yaml))) {
    EXPECT_GE(std::stoi(point[0]), 1);
    EXPECT_LE(std::stoi(point[0]), 64);
  }
}

RC_GTEST_PROP(Plan, ALatinHypercubeHasOnePointInEveryStratum, ()) {
  const int samples = *rc::gen::inRange(1, 60);
  const int seed = *rc::gen::inRange(0, 1000);
  const auto points = points_of(plan_of(
      "combine: lhs\nseed: " + std::to_string(seed) + "\nsamples: " + std::to_string(samples) +
      "\naxes:\n  - {key: cost.logic_leak_fraction, from: 0, to: 1}\n"
      "  - {key: cost.sram_growth, from: 0.5, to: 1.5}\n"));
  std::set<int> first, second;
  for (const auto& point : points) {
    first.insert(static_cast<int>(std::stod(point[0]) * samples));
    second.insert(static_cast<int>((std::stod(point[1]) - 0.5) * samples));
  }
  RC_ASSERT(points.size() == static_cast<size_t>(samples));
  RC_ASSERT(first.size() == points.size());
  RC_ASSERT(second.size() == points.size());
}

TEST(Plan, ALatinHypercubeUsesEveryValueEquallyOften) {
  const auto points = points_of(
      plan_of("combine: lhs\nsamples: 12\naxes: [{key: hardware.mesh, values: [4, 8, 16]}]"));
  for (const char* value : {"4", "8", "16"}) {
    EXPECT_EQ(std::ranges::count(points, Assignment{value}), 4) << value;
  }
}

TEST(Plan, RefusesUnknownKeysWithNearestNameAndPlace) {
  const std::string text = refusal_of("axes:\n  - {key: hardware.serdes.lane, values: [1]}\n");
  EXPECT_THAT(text, HasSubstr("[hardware.serdes.lane]"));
  EXPECT_THAT(text, HasSubstr("hardware.serdes.lanes"));
  EXPECT_THAT(text, HasSubstr(".yaml:4"));
  EXPECT_THAT(refusal_of("axes: [{kye: hardware.mesh, values: [1]}]"), HasSubstr("axes.1.key"));
  EXPECT_THAT(refusal_of("axes: [{key: hardware.serdes, values: [1]}]"),
              HasSubstr("hardware.serdes"));
  EXPECT_THAT(refusal_of("combin: list\naxes: [{key: hardware.mesh, values: [1]}]"),
              HasSubstr("Did you mean combine?"));
}

TEST(Plan, RefusesAxesThatSayTooLittleOrTooMuch) {
  for (const char* axes :
       {"axes: []", "", "axes: [{key: hardware.mesh}]", "axes: [{key: hardware.mesh, values: []}]",
        "axes: [{key: hardware.mesh, from: 1, to: 4}]", "axes: [{key: hardware.mesh, from: 1}]",
        "axes: [{key: hardware.mesh, values: [1], from: 1, to: 2, steps: 2}]",
        "axes: [{key: hardware.mesh, values: [1], steps: 2}]",
        "axes: [{key: hardware.core_clock, from: 1, to: 2, steps: 2}]",
        "axes: [{key: hardware.mesh, from: 0, to: 4, steps: 2, scale: log}]",
        "axes: [{key: variants.a.wire, from: 0, to: 4, steps: 2}]",
        "axes: [{key: presets, values: [pcb]}]", "axes: [{key: name, values: [pcb]}]",
        "axes: [{key: hardware.mesh, values: [1]}, {key: hardware.mesh, values: [2]}]",
        "samples: 3\naxes: [{key: hardware.mesh, values: [1]}]",
        "combine: lhs\naxes: [{key: hardware.mesh, values: [1]}]",
        "combine: lhs\nsamples: 2\naxes: [{key: hardware.mesh, from: 1, to: 4, steps: 2}]",
        "combine: list\naxes: [{key: hardware.mesh, values: [1]}, {key: hardware.chips_x, values: "
        "[1, 2]}]"}) {
    EXPECT_NE(refusal_of(axes), "accepted") << axes;
  }
}

TEST(Plan, RefusesGridsBeyondAMillionPoints) {
  const auto spec = plan_of(
      "axes:\n  - {key: cost.sram_growth, from: 0, to: 1, steps: 1001}\n"
      "  - {key: cost.logic_leak_fraction, from: 0, to: 1, steps: 1001}\n");
  EXPECT_THROW(points_of(spec), core::UserError);
}

}  // namespace
}  // namespace ranvier::sweep
