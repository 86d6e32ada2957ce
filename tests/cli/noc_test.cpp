// `ranvier noc`: keys of its JSON, its refusals, and that threads change nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <utility>
#include <vector>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

class NocCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        fs::path(::testing::TempDir()) /
        (std::string("noc_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  Outcome run(const std::string& flags) { return run_ranvier("noc " + flags, directory_); }

  Json json(const std::string& flags) {
    const Outcome outcome = run(flags + " --format json");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return Json::parse(outcome.out);
  }

  fs::path directory_;
};

TEST_F(NocCommand, CountsWhatLinksRepeat) {
  const std::string flags =
      "--mesh 8x4 --chips 2x1 --rate 0.05 --cycles 3000 --set hardware.serdes.bit_error_rate=1e-3 "
      "--set hardware.serdes.crc_bits=16 --set hardware.serdes.retry=go_back_n";
  const Json links = json(flags).at("rows").at(0).at("links");
  ASSERT_EQ(links.size(), 2U);
  for (const Json& link : links) {
    EXPECT_GT(link.at("resent_flits"), 0);
    EXPECT_EQ(link.at("damaged_flits"), 0);
    EXPECT_GT(link.at("utilisation_fraction").get<double>(), 0);
  }
  EXPECT_THAT(run(flags).out, HasSubstr("chip 0 to 1: of"));
}

TEST_F(NocCommand, GivesOneRowPerRateWithAllKeys) {
  const Json out = json(
      "--mesh 8x8 --traffic uniform --rate 0.1:0.3:0.1 --packet-flits 2 --vcs 2 --buffer-flits 8 "
      "--router-cycles 2 --link-cycles 1 --warmup 200 --cycles 800 --seed 3 --threads 2");
  ASSERT_EQ(out.at("rows").size(), 3U);
  EXPECT_EQ(out.at("mesh"), "8x8");
  EXPECT_EQ(out.at("seed"), 3);
  double rate = 0.1;
  for (const Json& row : out.at("rows")) {
    EXPECT_NEAR(row.at("offered_flits_per_node_cycle").get<double>(), rate, 0.1 * rate);
    EXPECT_NEAR(row.at("accepted_flits_per_node_cycle").get<double>(), rate, 0.1 * rate);
    for (const char* key : {"packet_latency_cycles", "network_latency_cycles"}) {
      const Json& latency = row.at(key);
      EXPECT_LE(latency.at("p50").get<double>(), latency.at("p99").get<double>());
      EXPECT_LE(latency.at("p99").get<double>(), latency.at("max").get<double>());
      EXPECT_GT(latency.at("mean").get<double>(), 15);
    }
    EXPECT_NEAR(row.at("hops_mean").get<double>(), 6.25, 0.3);
    EXPECT_GT(row.at("flit_hops").get<int64_t>(), 1000);
    EXPECT_EQ(row.at("saturated"), false);
    EXPECT_GT(row.at("wall_s").get<double>(), 0);
    EXPECT_GT(row.at("flit_hops_per_s").get<double>(), 0);
    rate += 0.1;
  }
}

TEST_F(NocCommand, ExplainsSaturationAndSucceeds) {
  const Json row = json("--rate 0.9 --warmup 200 --cycles 1000").at("rows").at(0);
  EXPECT_EQ(row.at("saturated"), true);
  EXPECT_THAT(row.at("saturation_reason").get<std::string>(), HasSubstr("piles up"));
  EXPECT_LT(row.at("accepted_flits_per_node_cycle"), 0.5);
}

TEST_F(NocCommand, CutsTheMeshIntoDies) {
  const std::string flags = "--mesh 8x8 --rate 0.02 --warmup 200 --cycles 2000 ";
  const Json one = json(flags).at("rows").at(0);
  const Json four = json(flags + "--chips 2x2").at("rows").at(0);
  EXPECT_EQ(one.at("hops_mean"), four.at("hops_mean"));
  EXPECT_GT(four.at("packet_latency_cycles").at("mean").get<double>(),
            one.at("packet_latency_cycles").at("mean").get<double>() + 5);
  // A slower link shows: hardware keys are free.
  const Json slow = json(flags + "--chips 2x2 --set hardware.serdes.phy_latency=\"40 ns\"");
  EXPECT_GT(slow.at("rows").at(0).at("packet_latency_cycles").at("mean").get<double>(),
            four.at("packet_latency_cycles").at("mean").get<double>() + 30);
}

TEST_F(NocCommand, IsTheSameForAnyNumberOfThreadsAndForOneRateAlone) {
  const std::string flags = "--mesh 4x4 --rate 0.1:0.5:0.2 --cycles 500 --threads ";
  Json one = json(flags + "1");
  Json three = json(flags + "3");
  Json alone = json("--mesh 4x4 --rate 0.3 --cycles 500");
  for (Json* out : {&one, &three, &alone}) {
    for (Json& row : out->at("rows")) {
      row.erase("wall_s");
      row.erase("flit_hops_per_s");
    }
  }
  EXPECT_EQ(one, three);
  EXPECT_EQ(one.at("rows").at(1), alone.at("rows").at(0));
}

TEST_F(NocCommand, PrintsATableForPeople) {
  const Outcome outcome = run("--mesh 4x4 --rate 0.1:0.9:0.8 --cycles 500");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("accepted"));
  EXPECT_THAT(outcome.out, HasSubstr("0.9000 saturates: "));
}

TEST_F(NocCommand, WritesItsPacketsAsATraceThatReplays) {
  const Outcome traced = run(
      "--mesh 16x8 --chips 2x1 --rate 0.05 --cycles 300 --warmup 0 --trace t.csv --format json");
  ASSERT_EQ(traced.exit_code, 0) << traced.err;
  const Json row = Json::parse(traced.out)["rows"][0];
  const Outcome replayed = run_ranvier(
      "simulate --replay t.csv --preset ucie16nm --set hardware.chips_x=2 --set hardware.mesh=8 "
      "--format json",
      directory_);
  ASSERT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(Json::parse(replayed.out)["messages"], row["packets_created"]);
  const Outcome curve = run("--rate 0.1:0.2:0.1 --trace t.csv");
  EXPECT_EQ(curve.exit_code, 2);
  EXPECT_THAT(curve.err, ::testing::AllOf(HasSubstr("--trace"), HasSubstr("one rate")));
}

TEST_F(NocCommand, RefusesWhatItCannotRunNamingFlagValueAndRange) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"--mesh 8by8", {"--mesh", "8by8", "WIDTHxHEIGHT"}},
      {"--mesh 8x4", {"--mesh", "8x4", "square dies"}},
      {"--mesh 8x8 --chips 3x3", {"--chips", "3x3", "8x8"}},
      {"--traffic unifrom", {"--traffic", "unifrom", "'uniform'"}},
      {"--mesh 8x4 --chips 2x1 --traffic transpose", {"--mesh", "8x4", "equal sides"}},
      {"--mesh 3x3 --traffic shuffle", {"--mesh", "3x3", "power of two"}},
      {"--rate 1.5", {"--rate", "1.5", "0.000001..1 "}},
      {"--rate 0", {"--rate", "got 0,"}},
      {"--rate 0.1:0.05:0.1", {"--rate", "FIRST:LAST:STEP"}},
      {"--rate 0.1:0.5", {"--rate", "FIRST:LAST:STEP"}},
      {"--vcs 13", {"--vcs", "13", "1..12"}},
      {"--buffer-flits 0", {"--buffer-flits", "got 0,", "1..32767"}},
      {"--router-cycles 0", {"--router-cycles", "1..4096"}},
      {"--packet-flits 0", {"--packet-flits", "1..65536"}},
      {"--cycles 0", {"--cycles", "1.."}},
      {"--threads 0", {"--threads", "1..1024"}},
      {"--hotspot-tile 9,9", {"--hotspot-tile", "9,9", "0..7"}},
      {"--preset ucie", {"ucie", "ucie16nm"}},
      {"--set hardware.serdes.lane=3", {"hardware.serdes.lanes"}},
      {"--buffer-flit 8", {"--buffer-flits"}},
      {"--rate x", {"--rate", "got x,"}},
      {"--trace blocked/t.csv", {"--trace", "'blocked'", "a directory that can be written"}},
      {"--trace .", {"--trace", "'.'", "a file to write"}},
  };
  std::ofstream(directory_ / "blocked") << "a file";
  for (const auto& [flags, parts] : cases) {
    const Outcome outcome = run(flags + " --format json");
    EXPECT_EQ(outcome.exit_code, 2) << flags << "\n" << outcome.err;
    EXPECT_EQ(outcome.out, "") << flags;
    for (const auto& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part)) << flags;
  }
}

}  // namespace
}  // namespace ranvier::tests
