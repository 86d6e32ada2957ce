// `ranvier breakeven` on a simulated run: the numbers agree with the run's, what it cannot answer
// is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/cli/program.hpp"
#include "tests/cli/small_run.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::ordered_json;

class BreakEven : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("breakeven_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    write_small_bundle(directory_ / "run", "ann-burst8", ir::NetworkKind::kAnn, "dense(8)", 1);
    write_small_bundle(directory_ / "run", "hnn-graded", ir::NetworkKind::kHnn, "graded(2)", 1);
    write_small_config(directory_ / "run", "hardware: {chips_x: 2, mesh: 6}\n");
  }
  void TearDown() override { fs::remove_all(directory_); }

  Outcome simulate() const { return run_ranvier("simulate run", directory_); }
  Outcome run(const std::string& flags) const {
    return run_ranvier("breakeven run " + flags, directory_);
  }

  fs::path directory_;
};

TEST_F(BreakEven, JsonAgreesWithTheSummaryOfTheRun) {
  ASSERT_EQ(simulate().exit_code, 0);
  const Outcome outcome = run("--format json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json all = Json::parse(outcome.out);
  const Json& found = all.at("presets").at("ucie16nm");
  const Json summary = Json::parse(slurp(directory_ / "run/summary.json"));
  for (const char* name : {"ann-burst8", "hnn-graded"}) {
    const Json& here = found.at("variants").at(name);
    const Json& there = summary.at("variants").at(name).at("presets").at("ucie16nm");
    const double energy = there.at("energy_uj").at("total").get<double>();
    EXPECT_NEAR(here.at("energy_uj").at("nominal").get<double>(), energy, 1e-9 * energy);
    EXPECT_DOUBLE_EQ(here.at("latency_us").get<double>(), there.at("latency_us").get<double>());
    const double link = there.at("energy_uj").at("d2d").get<double>();
    EXPECT_NEAR(here.at("energy_without_link_uj").get<double>(), energy - link, 1e-9 * energy);
  }
  const Json& ratio = summary.at("ratios").at("hnn-graded").at("ann-burst8").at("ucie16nm");
  for (const Json& row : found.at("tornado")) {
    if (row.at("fidelity") != "cycle") continue;
    EXPECT_NEAR(row.at("nominal").at("energy").get<double>(), ratio.at("energy").get<double>(),
                1e-9);
    EXPECT_NEAR(row.at("nominal").at("latency").get<double>(), ratio.at("latency").get<double>(),
                1e-9);
  }
}

TEST_F(BreakEven, PricesMayBeSetAndMoveTheVerdict) {
  ASSERT_EQ(simulate().exit_code, 0);
  const auto energy = [&](const std::string& flags) {
    const Json all = Json::parse(run(flags + " --format json").out);
    return all.at("presets").at("ucie16nm").at("variants").at("hnn-graded").at("energy_uj");
  };
  EXPECT_GT(energy("--set \"cost.d2d_bit=50 pJ/bit\"").at("nominal").get<double>(),
            energy("").at("nominal").get<double>());
}

TEST_F(BreakEven, TheFirstLineIsOneSentence) {
  ASSERT_EQ(simulate().exit_code, 0);
  const Outcome outcome = run("--preset ucie16nm --quantity latency");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("On ucie16nm, hnn-graded needs "));
  EXPECT_EQ(outcome.out.find(".\n\n"), outcome.out.find('\n') - 1);
}

TEST_F(BreakEven, RefusesWhatItCannotAnswer) {
  const auto refused = [&](const std::string& flags, const std::string& why) {
    const Outcome outcome = run(flags);
    EXPECT_EQ(outcome.exit_code, 2) << flags;
    EXPECT_THAT(outcome.err, HasSubstr(why));
    EXPECT_EQ(outcome.out, "");
  };
  refused("", "without summary.json");
  ASSERT_EQ(simulate().exit_code, 0);
  refused("--preset pcb", "[--preset] got pcb, need one of ucie16nm");
  refused("--set hardware.mesh=8", "need cost.* keys");
  refused("--quantity watts", "watts");
  fs::remove(directory_ / "run/ledger.json");
  refused("", "without ledger.json");
}

}  // namespace
}  // namespace ranvier::tests
