// `ranvier run` of a network without weights: results as of a trained one, and `assumed` on each.

#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

const std::string kExperiment = R"yaml(name: shapes
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
    core::write_file_atomic(directory_ / "exp.yaml", kExperiment);
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

TEST_F(RunShapes, RefusesWhatCannotBe) {
  const Outcome small = run("run exp.yaml --out out --quiet --set hardware.chips_x=1");
  EXPECT_EQ(small.exit_code, 2);
  EXPECT_THAT(small.err, HasSubstr("hardware.chips_x"));
  EXPECT_EQ(run("run exp.yaml --out out --quiet --set shapes.cuts=[stage9]").exit_code, 2);
  const Outcome bits =
      run("run exp.yaml --out out --quiet --set 'variants.x={kind: hnn, objective: budget, "
          "bits_per_activation: 1}'");
  EXPECT_EQ(bits.exit_code, 2);
}

}  // namespace
}  // namespace ranvier::tests
