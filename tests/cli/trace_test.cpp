// `ranvier simulate` around traces and power: bundles in, files out, traces in, refusals.

#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <utility>
#include <vector>

#include "tests/cli/program.hpp"
#include "tests/cli/small_run.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

const std::string kMinimal =
    "time_cycles,source_x,source_y,target_x,target_y,bits\n"
    "0,0,0,7,7,340\n"
    "5,7,0,0,7,34\n";

class SimulateTraces : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("traces_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    core::write_file_atomic(directory_ / "minimal.csv", kMinimal);
  }
  void TearDown() override { fs::remove_all(directory_); }

  void make_run() const { make_small_run(directory_ / "run"); }

  Outcome run(const std::string& flags) const {
    return run_ranvier("simulate " + flags, directory_);
  }
  Json replay(const std::string& flags) const {
    const Outcome outcome = run("--format json --replay " + flags);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return Json::parse(outcome.out);
  }

  fs::path directory_;
};

TEST_F(SimulateTraces, WritesATracePerSampleAndReplaysItOnTheSameHardware) {
  make_run();
  const std::string hardware = " --preset run/presets/ucie16nm.resolved.yaml";
  for (const std::string delivery : {"unicast", "multicast"}) {
    const std::string flags = "run --quiet --trace traces --set mapping.delivery=" + delivery;
    const Outcome h5 = run(flags + " --power-window '50 ns'");
    ASSERT_EQ(h5.exit_code, 0) << h5.err;
    ASSERT_EQ(run(flags + " --trace-format csv").exit_code, 0);
    for (const char* sample : {"0", "1"}) {
      const std::string name = std::string("traces/hnn-graded.ucie16nm.") + sample;
      const std::string csv = core::read_file(directory_ / (name + ".csv"), "trace");
      if (delivery == "unicast") {
        EXPECT_EQ(csv.find("shares"), std::string::npos);
      }
      const Json from_h5 = replay(name + ".h5" + hardware);
      EXPECT_EQ("traces/" + from_h5.at("trace").get<std::string>(), name);
      EXPECT_EQ(from_h5, replay(name + ".csv" + hardware));
      EXPECT_GT(from_h5.at("link_bits").get<int64_t>(), 0);
      const Json slow =
          replay(name + ".h5" + hardware + " --set 'hardware.serdes.phy_latency=1 us'");
      EXPECT_GT(slow.at("latency_us").get<double>(), from_h5.at("latency_us").get<double>() + 0.9);
    }
  }
}

TEST_F(SimulateTraces, WritesPowerOverTime) {
  make_run();
  ASSERT_EQ(run("run --quiet --power-window '50 ns'").exit_code, 0);
  EXPECT_THAT(slurp(directory_ / "run/power.csv"),
              HasSubstr("variant,preset,start_us,end_us,total_mw,compute_mw,converter_mw,d2d_mw,"
                        "emio_mw,leakage_mw,memory_mw,noc_mw\nhnn-graded,ucie16nm,0,0.05,"));
  ASSERT_EQ(run("run --quiet").exit_code, 0);
  EXPECT_FALSE(fs::exists(directory_ / "run/power.csv")) << "of an earlier run";
}

TEST_F(SimulateTraces, RunsAMinimalTraceOfOthers) {
  const Json out = replay("minimal.csv --preset paper45nm");
  EXPECT_EQ(out.at("messages"), 2);
  EXPECT_EQ(out.at("flit_hops"), 10 * 15 + 15) << "10 flits of 34 bits over 15 routers, and 1";
  EXPECT_EQ(out.at("link_bits"), 0);
  EXPECT_GT(out.at("energy_uj").at("noc").get<double>(), 0);
  EXPECT_EQ(out.at("energy_uj").at("total"), out.at("energy_uj").at("noc"));
  const Outcome text = run("--replay minimal.csv");
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, HasSubstr("flit hops        165"));
}

TEST_F(SimulateTraces, RefusesBadTracesNamingFileLineAndColumn) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"0,0,0,8,0,34\n", {"[target_x]", "got 8", "0..7", "bad.csv:2"}},
      {"-1,0,0,1,0,34\n", {"[time_cycles]", "got -1", "0..", "bad.csv:2"}},
      {"0,0,0,1,0,\n", {"[bits]", "whole number", "bad.csv:2"}},
      {"0,0,0,1\n", {"4 cells", "truncated", "bad.csv:2"}},
  };
  const std::string header = kMinimal.substr(0, kMinimal.find('\n') + 1);
  for (const auto& [rows, parts] : cases) {
    core::write_file_atomic(directory_ / "bad.csv", header + rows);
    const Outcome outcome = run("--format json --replay bad.csv");
    EXPECT_EQ(outcome.exit_code, 2) << rows << outcome.err;
    EXPECT_EQ(outcome.out, "");
    for (const auto& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part)) << rows;
  }
  core::write_file_atomic(directory_ / "bad.h5", kMinimal);
  const Outcome outcome = run("--replay bad.h5");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("bad.h5"));
}

TEST_F(SimulateTraces, RefusesFlagsThatDoNotGoTogether) {
  make_run();
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"", {"DIR", "--replay FILE"}},
      {"run --replay minimal.csv", {"DIR", "beside --replay"}},
      {"--replay minimal.csv --trace out", {"--trace", "beside --replay"}},
      {"--replay minimal.csv --power-window '1 us'", {"--power-window", "beside --replay"}},
      {"--replay minimal.csv --preset ucie", {"--preset", "ucie16nm"}},
      {"--replay minimal.csv --set hardware.serdes.lane=3", {"hardware.serdes.lanes"}},
      {"--replay nowhere.csv", {"nowhere.csv"}},
      {"run --preset ucie16nm", {"--preset", "--replay"}},
      {"run --power-window '1 pJ'", {"--power-window", "1 pJ", "200 cycles"}},
      {"run --power-window '1 ps'", {"--power-window", "1 ps", "core cycle"}},
      {"run --trace t --trace-format xml", {"--trace-format", "xml"}},
  };
  for (const auto& [flags, parts] : cases) {
    const Outcome outcome = run(flags);
    EXPECT_EQ(outcome.exit_code, 2) << flags << "\n" << outcome.err;
    for (const auto& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part)) << flags;
  }
}

}  // namespace
}  // namespace ranvier::tests
