// A sweep that trains: an axis over what training reads, interrupted, resumed, repeated.

#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <sstream>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kSweep =
    "name: budgets\nbase: tiny.yaml\nfidelity: analytic\nvariants: [hnn-graded]\naxes:\n"
    "  - {key: variants.hnn-graded.events_per_neuron, values: [0.1, 0.5]}\n";

class SweepTraining : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) / ("train_sweep_" + std::to_string(getpid()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    core::write_file_atomic(directory_ / "tiny.yaml", tiny_experiment());
    core::write_file_atomic(directory_ / "sweep.yaml", kSweep);
  }
  void TearDown() override { fs::remove_all(directory_); }

  static std::string command(const std::string& out) {
    return "sweep sweep.yaml --quiet --format json --out " + out;
  }

  /// Trained runs, or those begun.
  std::vector<fs::path> runs(const std::string& out, bool finished) const {
    std::vector<fs::path> found;
    if (!fs::exists(directory_ / out / "runs")) return found;
    for (const auto& entry : fs::directory_iterator(directory_ / out / "runs")) {
      if (!finished || fs::exists(entry.path() / "config.resolved.yaml")) {
        found.push_back(entry.path());
      }
    }
    return found;
  }

  /// When each file below was last written.
  static std::map<fs::path, fs::file_time_type> times(const fs::path& below) {
    std::map<fs::path, fs::file_time_type> all;
    for (const auto& entry : fs::recursive_directory_iterator(below)) {
      if (entry.is_regular_file()) all[entry.path()] = fs::last_write_time(entry.path());
    }
    return all;
  }

  /// Column `name` of points.csv, by row.
  std::vector<double> column(const std::string& out, const std::string& name) const {
    std::istringstream csv(slurp(directory_ / out / "points.csv"));
    const auto cells = [](const std::string& line) {
      std::vector<std::string> all(1);
      bool is_quoted = false;
      for (const char c : line) {
        if (c == '"') is_quoted = !is_quoted;
        if (c == ',' && !is_quoted) {
          all.emplace_back();
        } else {
          all.back() += c;
        }
      }
      return all;
    };
    std::string line;
    std::getline(csv, line);
    const auto header = cells(line);
    const auto at = std::ranges::find(header, name) - header.begin();
    std::vector<double> values;
    while (std::getline(csv, line)) values.push_back(std::stod(cells(line).at(at)));
    return values;
  }

  fs::path directory_;
};

TEST_F(SweepTraining, TrainsEveryPointOnceWhateverInterruptsIt) {
  const Outcome stopped = run_and_signal(command("out"), directory_, SIGINT, [&] {
    return !runs("out", true).empty() && runs("out", false).size() == 2;
  });
  ASSERT_EQ(stopped.exit_code, 130) << stopped.err;
  const auto first = runs("out", true);
  ASSERT_EQ(first.size(), 1U) << "the second training was under way";
  const auto before = times(first.front() / "bundle");

  const Outcome resumed = run_ranvier(command("out"), directory_);
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(times(first.front() / "bundle"), before) << "the first one was not trained again";
  EXPECT_EQ(Json::parse(resumed.out).at("known"), 1);

  const auto trained = times(directory_ / "out/runs");
  const Outcome repeated = run_ranvier(command("out"), directory_);
  ASSERT_EQ(repeated.exit_code, 0) << repeated.err;
  EXPECT_EQ(Json::parse(repeated.out).at("known"), 2);
  EXPECT_EQ(Json::parse(repeated.out).at("simulated"), 0);
  EXPECT_EQ(times(directory_ / "out/runs"), trained);

  ASSERT_EQ(run_ranvier(command("whole"), directory_).exit_code, 0);
  EXPECT_EQ(slurp(directory_ / "out/points.csv"), slurp(directory_ / "whole/points.csv"))
      << "as if it had never been stopped";

  const auto events = column("out", "events_per_neuron");
  const auto accuracy = column("out", "metric_deployed");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_LT(events[0], events[1]) << "two trainings, each with its own budget";
  std::vector<double> reported;
  for (const auto& run : runs("out", true)) {
    const auto metrics = Json::parse(slurp(run / "bundle/hnn-graded/metrics.json"));
    reported.push_back(metrics.at("metric_deployed").get<double>());
    EXPECT_GT(reported.back(), 0);
  }
  EXPECT_THAT(reported, ::testing::UnorderedElementsAreArray(accuracy));

  // Shards of the same sweep, which find their trainings done.
  for (const std::string shard : {"1", "2"}) {
    fs::create_directories(directory_ / ("shard" + shard));
    fs::copy(directory_ / "whole/runs", directory_ / ("shard" + shard) / "runs",
             fs::copy_options::recursive);
    const auto done =
        run_ranvier(command("shard" + shard) + " --shard " + shard + "/2", directory_);
    ASSERT_EQ(done.exit_code, 0) << done.err;
  }
  ASSERT_EQ(
      run_ranvier("sweep merge merged shard1/runs.sqlite shard2/runs.sqlite", directory_).exit_code,
      0);
  EXPECT_EQ(slurp(directory_ / "merged/points.json"), slurp(directory_ / "whole/points.json"));
  fs::remove_all(directory_ / "shard1/runs");
  fs::remove_all(directory_ / "shard2/runs");
  ASSERT_EQ(run_ranvier("sweep merge again shard1 shard2", directory_).exit_code, 0);
  EXPECT_TRUE(fs::exists(directory_ / "again/points.csv"));
  EXPECT_FALSE(fs::exists(directory_ / "again/points.json")) << "what was trained is gone";
}

}  // namespace
}  // namespace ranvier::tests
