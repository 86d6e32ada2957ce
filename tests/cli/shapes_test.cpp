// `ranvier run` of a network without weights: results as of a trained one, and `assumed` on each.

#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

const std::string kShapes = R"yaml(name: shapes
shapes: {model: msresnet, widths: [4, 8], blocks: [1, 1], image_size: 8}
variants:
  hnn-graded: {kind: hnn, codec: "graded(2)", objective: budget, events_per_neuron: 0.25}
  snn: {kind: snn, steps: 2}
presets: [ucie16nm]
hardware: {chips_x: 5, chips_y: 2, mesh: 4, neurons_per_core: 32}
)yaml";

class RunShapes : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("shapes_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    core::write_file_atomic(directory_ / "exp.yaml", kShapes);
  }
  void TearDown() override { fs::remove_all(directory_); }

  Outcome run(const std::string& arguments) const { return run_ranvier(arguments, directory_); }
  Json json(const std::string& name) const { return Json::parse(slurp(directory_ / name)); }

  fs::path directory_;
};

TEST_F(RunShapes, LabelsEveryResultAndInventsNoAccuracy) {
  const Outcome table = run("run exp.yaml --out out --quiet");
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("assumed"));
  const Json summary = json("out/summary.json");
  EXPECT_EQ(summary.at("variants").size(), 5u);
  for (const auto& [name, variant] : summary.at("variants").items()) {
    EXPECT_EQ(variant.at("activity"), "assumed") << name;
    EXPECT_TRUE(variant.at("metric_float").is_null()) << name;
    EXPECT_TRUE(variant.at("metric_deployed").is_null()) << name;
    EXPECT_GT(variant.at("chips").get<int>(), 1) << name;
  }
  const Json provenance = json("out/provenance.json");
  EXPECT_EQ(provenance.at("training").at("snn").at("activity"), "assumed");
  const std::string report = slurp(directory_ / "out/report.html");
  EXPECT_THAT(report, HasSubstr("With assumed activity"));
  EXPECT_THAT(report, HasSubstr("Quality: not known"));
  EXPECT_EQ(run("compare out").exit_code, 0);
  EXPECT_EQ(run("map out").exit_code, 0);
}

TEST_F(RunShapes, GivesTheSameResultAgainAndFromItsBundles) {
  ASSERT_EQ(run("run exp.yaml --out a --quiet --threads 1").exit_code, 0);
  ASSERT_EQ(run("run exp.yaml --out b --quiet --threads 3").exit_code, 0);
  EXPECT_EQ(slurp(directory_ / "a/summary.json"), slurp(directory_ / "b/summary.json"));
  EXPECT_EQ(slurp(directory_ / "a/ledger.json"), slurp(directory_ / "b/ledger.json"));
  ASSERT_EQ(run("simulate b --quiet").exit_code, 0);
  EXPECT_EQ(slurp(directory_ / "a/summary.json"), slurp(directory_ / "b/summary.json"));
  ASSERT_EQ(run("run exp.yaml --out c --quiet --seed 2").exit_code, 0);
  EXPECT_NE(slurp(directory_ / "a/summary.json"), slurp(directory_ / "c/summary.json"));
}

/// A sweep may vary the network itself and what is assumed of it; each gets bundles of its own.
TEST_F(RunShapes, AreSweptOverTheirSizeAndActivity) {
  core::write_file_atomic(directory_ / "size.yaml",
                          "name: size\nbase: exp.yaml\nfidelity: analytic\naxes:\n"
                          "  - {key: shapes.widths, values: [\"[4, 8]\", \"[2, 4]\"]}\n"
                          "  - {key: variants.hnn-graded.events_per_neuron, values: [0.1, 0.9]}\n");
  const Outcome outcome = run("sweep size.yaml --out size --quiet");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("The activity is assumed"));
  const std::string csv = slurp(directory_ / "size/points.csv");
  EXPECT_THAT(csv, ::testing::Not(HasSubstr("metric_"))) << "nobody measured an accuracy";
  const auto rows = static_cast<size_t>(std::count(csv.begin(), csv.end(), '\n')) - 1;
  EXPECT_EQ(rows, 4u * 5u) << "points, variants";
  size_t labelled = 0;
  for (size_t at = 0; (at = csv.find(",assumed,", at)) != std::string::npos; ++at) ++labelled;
  EXPECT_EQ(labelled, rows);
  EXPECT_THAT(slurp(directory_ / "size/sweep.html"), HasSubstr("\"activity\":\"assumed\""));

  // What a single run of the same settings finds.
  ASSERT_EQ(run("run exp.yaml --out one --quiet --set shapes.widths=[2,4] --set "
                "variants.hnn-graded.events_per_neuron=0.9")
                .exit_code,
            0);
  const Json single = json("one/summary.json").at("variants").at("hnn-graded");
  const Json table = Json::parse(run("compare size/runs.sqlite --format json").out);
  const auto index = [&](const std::string& name) {
    size_t c = 0;
    while (table.at("columns").at(c).at("name") != name) ++c;
    return c;
  };
  int compared = 0;
  for (const auto& row : table.at("rows")) {
    if (row.at("position") != 3 || row.at("variant") != "hnn-graded") continue;
    EXPECT_EQ(row.at("values").at(index("bits_per_activation")),
              single.at("boundary").at("bits_per_activation"));
    EXPECT_EQ(row.at("values").at(index("latency_us")),
              single.at("presets").at("ucie16nm").at("latency_analytic_us"));
    ++compared;
  }
  EXPECT_EQ(compared, 1);
}

TEST_F(RunShapes, HasEntropyCodedBaselines) {
  ASSERT_EQ(run("run exp.yaml --out out --quiet --set 'variants.ann-rans4={kind: ann, codec: "
                "dense(4), wire: rans}'")
                .exit_code,
            0);
  const Json variants = json("out/summary.json").at("variants");
  const auto bits = [&](const char* name) {
    return variants.at(name).at("boundary").at("bits_per_activation").get<double>();
  };
  EXPECT_LT(bits("ann-rans4"), 0.9 * bits("ann-burst4"));
}

TEST_F(RunShapes, RefusesWhatCannotBe) {
  const Outcome small = run("run exp.yaml --out out --quiet --set hardware.chips_x=1");
  EXPECT_EQ(small.exit_code, 2);
  EXPECT_THAT(small.err, HasSubstr("hardware.chips_x"));
  EXPECT_EQ(run("run exp.yaml --out out --quiet --set shapes.cuts=[stage9]").exit_code, 2);
  const Outcome bits =
      run("run exp.yaml --out out --quiet --set 'variants.x={kind: hnn, objective: budget, "
          "bits_per_activation: 1}'");
  EXPECT_EQ(bits.exit_code, 2);
  const Outcome narrow =
      run("run exp.yaml --out out --quiet --set 'variants.x={kind: hnn, codec: "
          "\"bottleneck(2)+graded(2)\"}'");
  EXPECT_EQ(narrow.exit_code, 2);
  EXPECT_THAT(narrow.err, HasSubstr("variants.x.codec"));
}

}  // namespace
}  // namespace ranvier::tests
