// `ranvier map` with and without a search.

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
using Json = nlohmann::ordered_json;

class MapCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("map_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    write_small_bundle(directory_ / "run", "hnn-graded", ir::NetworkKind::kHnn, "graded(2)", 1);
    write_small_config(directory_ / "run",
                       "hardware: {chips_x: 2, mesh: 8, neurons_per_core: 128}\n");
  }
  void TearDown() override { fs::remove_all(directory_); }

  Outcome run(const std::string& flags) const {
    return run_ranvier("map run " + flags, directory_);
  }

  fs::path directory_;
};

TEST_F(MapCommand, ReportsTheGainAndTheCycleSimulationConfirmsIt) {
  const Outcome outcome = run("--objective latency --confirm --format json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json found = Json::parse(outcome.out).at(0);
  const Json& candidates = found.at("candidates");
  const double naive = candidates.at("naive").at("latency_us").get<double>();
  const double best =
      candidates.at(found.at("chosen").get<std::string>()).at("latency_us").get<double>();
  EXPECT_NEAR(found.at("gain_analytic").at("latency_us").get<double>(), naive / best, 1e-9);
  EXPECT_GE(naive / best, 1.3);
  EXPECT_GE(found.at("gain_cycle").at("latency_us").get<double>(), 1.3);
}

TEST_F(MapCommand, TheSameSeedFindsTheSame) {
  const std::string flags = "--objective edp --format json --seed ";
  EXPECT_EQ(run(flags + "3").out, run(flags + "3").out);
  EXPECT_NE(run(flags + "3").out, run(flags + "4").out);
}

TEST_F(MapCommand, ShowsTheMappingThatTheRunUses) {
  const Json naive = Json::parse(run("--format json").out).at(0);
  const Json searched = Json::parse(run("--set mapping.search=latency --format json").out).at(0);
  EXPECT_GT(searched.at("cores").get<int>(), naive.at("cores").get<int>());
}

TEST_F(MapCommand, SaysWhatMulticastSaves) {
  const Json unicast = Json::parse(run("--format json").out).at(0);
  EXPECT_EQ(unicast.at("delivery"), "unicast");
  EXPECT_FALSE(unicast.contains("multicast"));
  const std::string wanted = "--set mapping.delivery=multicast ";
  const Json forked = Json::parse(run(wanted + "--format json").out).at(0);
  EXPECT_EQ(forked.at("delivery"), "multicast");
  const Json& saved = forked.at("multicast").at(0);
  EXPECT_GT(saved.at("trees").get<int>(), 0);
  EXPECT_GT(saved.at("unicast").at("flit_hops").get<int>(),
            saved.at("multicast").at("flit_hops").get<int>());
  EXPECT_THAT(run(wanted).out, HasSubstr("against unicast, analytic: "));
  const Json found = Json::parse(run(wanted + "--objective bits --format json").out).at(0);
  EXPECT_GE(found.at("multicast").at("gain_analytic").at("die_to_die_bits").get<double>(), 1);
}

TEST_F(MapCommand, SaysWhichCutsToKeep) {
  const Json cuts = Json::parse(run("--cuts --format json").out).at(0);
  const Json& candidate = cuts.at("candidates").at(0);
  EXPECT_NEAR(
      candidate.at("bits").get<double>(),
      candidate.at("bits_per_activation").get<double>() * candidate.at("neurons").get<int>(), 1e-6);
  const Json& choices = cuts.at("choices");
  ASSERT_EQ(choices.size(), 2U) << "one chip holds it, two may";
  EXPECT_EQ(choices.at(0).at("cuts"), Json::array());
  EXPECT_EQ(choices.at(0).at("bits"), 0.0);
  EXPECT_EQ(choices.at(1).at("cuts"), Json::array({candidate.at("cut")}));
  EXPECT_EQ(choices.at(1).at("bits"), candidate.at("bits"));
  EXPECT_THAT(run("--cuts").out, HasSubstr("cuts of least bits"));
}

TEST_F(MapCommand, RefusesFlagsThatNeedAnObjective) {
  const auto refused = [&](const std::string& flags, const std::string& why) {
    const Outcome outcome = run(flags);
    EXPECT_EQ(outcome.exit_code, 2) << flags;
    EXPECT_THAT(outcome.err, HasSubstr(why));
    EXPECT_EQ(outcome.out, "");
  };
  refused("--confirm", "[--confirm] got it without --objective");
  refused("--preset ucie16nm", "[--preset] got it without --objective");
  refused("--objective speed", "speed");
  refused("--cuts --objective bits", "[--cuts] got it beside --objective");
  refused("--objective bits --preset pcb", "need one of ucie16nm");
  refused("--set mapping.search=fast", "none, bits, latency, energy, edp");
  refused("--set mapping.delivery=broadcast", "unicast, multicast");
  refused("--set mapping.delivery=multicast --set hardware.serdes.bit_error_rate=1e-6",
          "[mapping.delivery]");
}

}  // namespace
}  // namespace ranvier::tests
