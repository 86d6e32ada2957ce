// `ranvier sweep` as a user meets it: killed at random moments, interrupted,
// sharded, refused.

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/sqlite/database.hpp"
#include "ranvier/sweep/test_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

constexpr int kKills = 20;
constexpr int64_t kResultsOfAPoint = 4 * 2;  // variants, presets

const std::string kMany =
    "name: many\nbase: run\naxes:\n"
    "  - {key: hardware.serdes.lanes, values: [1, 2, 3, 4, 6, 8, 12, 16]}\n"
    "  - {key: hardware.serdes.lane_rate, from: 0.5 Gbit/s, to: 16 Gbit/s, "
    "steps: 16, scale: log}\n"
    "  - {key: cost.d2d_bit, values: [1 pJ/bit, 2 pJ/bit]}\n";
const std::string kFew =
    "name: few\nbase: run\nfidelity: analytic\naxes:\n"
    "  - {key: hardware.serdes.lanes, values: [1, 2, 4]}\n";

class SweepCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("sweep_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    sweep::testing::write_test_run(directory_ / "run");
    // As a trained experiment says it: the command knows the training keys.
    core::write_file_atomic(directory_ / "run/config.resolved.yaml",
                            "name: small\nhardware: {chips_x: 2, mesh: 4}\n"
                            "presets: [paper45nm, ucie16nm]\nvariants:\n"
                            "  snn: {kind: snn, steps: 2}\n"
                            "  hnn-graded: {kind: hnn, codec: graded(2)}\n");
    write("many.yaml", kMany);
    write("few.yaml", kFew);
  }
  void TearDown() override { fs::remove_all(directory_); }

  void write(const std::string& name, const std::string& content) const {
    core::write_file_atomic(directory_ / name, content);
  }
  Outcome run(const std::string& arguments) const { return run_ranvier(arguments, directory_); }

  /// Starts a sweep, kills it after `delay`; true when it had ended before.
  bool kill_after(std::chrono::microseconds delay) const {
    const pid_t child = fork();
    if (child == 0) {
      fs::current_path(directory_);
      freopen("/dev/null", "w", stdout);
      execl(RANVIER_PROGRAM, "ranvier", "sweep", "many.yaml", "--out", "killed", "-j", "2",
            "--quiet", static_cast<char*>(nullptr));
      _exit(127);
    }
    int status = 0;
    const auto moment = std::chrono::steady_clock::now() + delay;
    while (std::chrono::steady_clock::now() < moment) {
      if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return WIFEXITED(status);
  }

  /// Points done, after checking that the file is sound and no point is half
  /// there.
  int64_t check_database(const fs::path& path) const {
    sqlite::Database database(path, sqlite::Mode::kCreate, "test");
    EXPECT_EQ(database.integrity(), "ok");
    auto tables = database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'points'");
    if (!tables.step() || tables.integer(0) == 0) return 0;
    auto half = database.prepare(
        "SELECT count(*) FROM points WHERE state <> 'done' OR "
        "(SELECT count(*) FROM results WHERE point = hash) <> ?");
    half.bind(0, kResultsOfAPoint);
    EXPECT_TRUE(half.step());
    EXPECT_EQ(half.integer(0), 0) << "points without all of their results";
    auto lost = database.prepare(
        "SELECT count(*) FROM results AS r LEFT JOIN "
        "simulations AS s ON s.hash = r.simulation "
        "WHERE s.state IS NOT 'done'");
    EXPECT_TRUE(lost.step());
    EXPECT_EQ(lost.integer(0), 0) << "results without their simulation";
    auto done = database.prepare("SELECT count(*) FROM points");
    return done.step() ? done.integer(0) : -1;
  }

  /// Whether a sweep that is running has finished a point.
  bool has_points(const fs::path& path) const {
    if (!fs::exists(path)) return false;
    try {
      sqlite::Database database(path, sqlite::Mode::kRead, "test");
      auto points = database.prepare("SELECT count(*) FROM points WHERE state = 'done'");
      return points.step() && points.integer(0) > 0;
    } catch (const core::Error&) {
      return false;  // not there yet
    }
  }

  fs::path directory_;
};

TEST_F(SweepCommand, SurvivesKillAtRandomMoments) {
  const auto since = [](std::chrono::steady_clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 start);
  };
  auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(run("sweep many.yaml --out whole -j 2 --quiet").exit_code, 0);
  auto whole = since(start);
  core::Rng rng(static_cast<uint64_t>(getpid()));
  const fs::path database = directory_ / "killed/runs.sqlite";
  int64_t done = 0;
  int killed_at_work = 0;
  // On a busy machine more of them come too early: then there are more.
  const auto is_enough = [&] { return killed_at_work > kKills / 4; };
  for (int kill = 0; kill < kKills || (!is_enough() && kill < 4 * kKills); ++kill) {
    start = std::chrono::steady_clock::now();
    const bool ended = kill_after(std::chrono::microseconds(
        static_cast<int64_t>(rng.uniform() * static_cast<double>(whole.count()))));
    // What else the machine did in the first run is over: moments to kill at are nearer.
    if (ended && done == 0) whole = std::min(whole, since(start));
    if (!fs::exists(database)) continue;
    const int64_t now = check_database(database);
    EXPECT_GE(now, done) << "a finished point was lost";
    killed_at_work += now > 0 && !ended;
    done = now;
    if (ended || now == 256) {
      fs::remove_all(directory_ / "killed");
      done = 0;
    }
  }
  EXPECT_TRUE(is_enough()) << killed_at_work;
  ASSERT_EQ(run("sweep many.yaml --out killed -j 2 --quiet").exit_code, 0);
  EXPECT_EQ(check_database(database), 256);
  EXPECT_EQ(slurp(directory_ / "killed/points.csv"), slurp(directory_ / "whole/points.csv"));
  EXPECT_EQ(slurp(directory_ / "killed/links.csv"), slurp(directory_ / "whole/links.csv"));
}

TEST_F(SweepCommand, StopsAtAnInterruptAndGoesOn) {
  const Outcome stopped = run_and_signal("sweep many.yaml --out out -j 2 --quiet", directory_,
                                         SIGINT, "out/runs.sqlite");
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("run the same command again"));
  EXPECT_EQ(run("sweep many.yaml --out out -j 2 --quiet").exit_code, 0);
  EXPECT_EQ(check_database(directory_ / "out/runs.sqlite"), 256);
}

TEST_F(SweepCommand, StopsInTheMiddleOfItsSimulationsAndGoesOn) {
  const fs::path database = directory_ / "out/runs.sqlite";
  const Outcome stopped = run_and_signal("sweep many.yaml --out out -j 2 --quiet", directory_,
                                         SIGINT, [&] { return has_points(database); });
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  const int64_t done = check_database(database);
  EXPECT_GT(done, 0);
  EXPECT_LT(done, 256) << "it was stopped";
  EXPECT_EQ(run("sweep many.yaml --out out -j 2 --quiet").exit_code, 0);
  EXPECT_EQ(check_database(database), 256);
}

TEST_F(SweepCommand, WritesDatabaseTableAndPageAndComparesThem) {
  const Outcome outcome = run("sweep few.yaml --out few.sqlite --format json -j 1");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json.at("points"), 3);
  EXPECT_EQ(json.at("failed"), 0);
  for (const char* name : {"few.sqlite", "few.csv", "few.links.csv", "few.html"}) {
    EXPECT_TRUE(fs::exists(directory_ / name)) << name;
  }
  const Outcome table = run("compare few.sqlite");
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_THAT(table.out, HasSubstr("hardware.serdes.lanes"));
  EXPECT_THAT(table.out, HasSubstr("\n*"));
  EXPECT_THAT(run("compare few.sqlite --x bits_per_activation --y "
                  "metric_deployed --front")
                  .out,
              HasSubstr("bits_per_activation and metric_deployed"));
  const Outcome ratios = run("compare few.sqlite --against ann-burst4 --format json");
  ASSERT_EQ(ratios.exit_code, 0) << ratios.err;
  const Json rows = Json::parse(run("compare few.sqlite --format json").out).at("rows");
  const auto energy_of = [&](int point, const std::string& variant, const std::string& preset) {
    size_t column = 0;
    const Json columns = Json::parse(run("compare few.sqlite --format json").out).at("columns");
    while (columns.at(column).at("name") != "energy_uj") ++column;
    for (const auto& row : rows) {
      if (row.at("position") == point && row.at("variant") == variant &&
          row.at("preset") == preset) {
        return row.at("values").at(column).get<double>();
      }
    }
    return 0.0;
  };
  const Json gained = Json::parse(ratios.out);
  EXPECT_EQ(gained.size(), 3u * 3u * 2u) << "points, other variants, presets";
  const Json& last = gained.back();
  EXPECT_EQ(last.at("settings").at("hardware.serdes.lanes"), "4");
  EXPECT_DOUBLE_EQ(last.at("energy").get<double>(),
                   energy_of(2, "ann-burst4", "ucie16nm") / energy_of(2, "snn", "ucie16nm"));
  EXPECT_THAT(run("compare few.sqlite --against ann-burst4").out, HasSubstr("activity measured"));
  const Outcome nobody = run("compare few.sqlite --against ann-burst");
  EXPECT_EQ(nobody.exit_code, 2);
  EXPECT_THAT(nobody.err, HasSubstr("ann-burst8"));
  const Outcome over = run("compare few.sqlite --over hardware.serdes.lanes --format json");
  ASSERT_EQ(over.exit_code, 0) << over.err;
  const Json spread = Json::parse(over.out);
  EXPECT_EQ(spread.size(), 4u * 2u) << "variants, presets";
  double mean = 0;
  for (const int point : {0, 1, 2}) mean += energy_of(point, "snn", "ucie16nm") / 3;
  EXPECT_EQ(spread.back().at("variant"), "snn");
  EXPECT_EQ(spread.back().at("results"), 3);
  EXPECT_NEAR(spread.back().at("energy_uj").at("mean").get<double>(), mean, 1e-9 * mean);
  EXPECT_THAT(run("compare few.sqlite --over hardware.serdes.lanes --against ann-burst4").out,
              HasSubstr("change_of_metric_deployed"));
  EXPECT_THAT(run("compare few.sqlite --over lanes").err, HasSubstr("hardware.serdes.lanes"));
  const Outcome unknown = run("compare few.sqlite --x energy");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("energy_uj"));
}

TEST_F(SweepCommand, ShardsMergeIntoTheWhole) {
  ASSERT_EQ(run("sweep few.yaml --out whole.sqlite -j 1").exit_code, 0);
  for (const char* shard : {"1", "2"}) {
    ASSERT_EQ(run(std::string("sweep few.yaml --out s") + shard + ".sqlite --shard " + shard + "/2")
                  .exit_code,
              0);
  }
  const Outcome merged = run("sweep merge merged.sqlite s1.sqlite s2.sqlite --quiet");
  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_EQ(slurp(directory_ / "merged.csv"), slurp(directory_ / "whole.csv"));
  EXPECT_EQ(slurp(directory_ / "merged.html"), slurp(directory_ / "whole.html"));
  EXPECT_EQ(run("sweep few.yaml --out x.sqlite --shard 3/2").exit_code, 2);
}

TEST_F(SweepCommand, RefusesBeforeAnyPointRuns) {
  const auto refusal = [&](const std::string& axis) {
    write("bad.yaml", "name: bad\nbase: run\naxes:\n  - " + axis + "\n");
    const Outcome outcome = run("sweep bad.yaml --out bad --quiet");
    EXPECT_EQ(outcome.exit_code, 2) << axis << outcome.err;
    EXPECT_FALSE(fs::exists(directory_ / "bad/points.csv"));
    return outcome.err;
  };
  const std::string unknown = refusal("{key: hardware.serdes.lane, values: [1]}");
  EXPECT_THAT(unknown, HasSubstr("bad.yaml:4"));
  EXPECT_THAT(unknown, HasSubstr("Did you mean hardware.serdes.lanes?"));
  EXPECT_THAT(refusal("{key: hardware.mesh, values: [8, 0]}"), HasSubstr("[hardware.mesh] got 0"));
  EXPECT_THAT(refusal("{key: finetune.epochs, values: [1]}"), HasSubstr("trained run"));
  EXPECT_EQ(run("sweep absent.yaml --out bad").exit_code, 2);
  EXPECT_EQ(run("sweep few.yaml").exit_code, 2);
  EXPECT_EQ(run("sweep few.yaml --base nowhere --out bad").exit_code, 2);
  EXPECT_THAT(run("describe sweep").out, HasSubstr("axes.#.key"));
}

TEST_F(SweepCommand, TellsFailuresFromRefusalsByItsExitCode) {
  write("fit.yaml", "name: fit\nbase: run\naxes: [{key: hardware.mesh, values: [2, 4]}]\n");
  const Outcome some = run("sweep fit.yaml --out fit --quiet");
  EXPECT_EQ(some.exit_code, 0) << some.err;
  EXPECT_THAT(some.out, HasSubstr("1 point refused"));
  write("none.yaml", "name: none\nbase: run\naxes: [{key: hardware.mesh, values: [1, 2]}]\n");
  EXPECT_EQ(run("sweep none.yaml --out none --quiet").exit_code, 2);
  const fs::path activity = directory_ / "run/bundle/hnn-graded/activity.h5";
  auto damaged = ir::read_activity(activity);
  damaged.boundaries.at("cut").value[17] += 1;
  ir::write_activity(damaged, activity);
  const Outcome failed = run("sweep fit.yaml --out failed --quiet");
  EXPECT_EQ(failed.exit_code, 3) << failed.err;
  EXPECT_THAT(failed.err, HasSubstr("hnn-graded under paper45nm"));
  EXPECT_TRUE(fs::exists(directory_ / "failed/points.csv")) << "the rest is there";
}

#ifdef RANVIER_MPIRUN

const std::string kCycle =
    "name: few\nbase: run\naxes:\n  - {key: hardware.mesh, values: [2, 4]}\n"
    "  - {key: hardware.serdes.lanes, values: [1, 2, 4]}\n";

TEST_F(SweepCommand, OneTwoAndThreeRanksWriteTheTablesOfOneProcess) {
  write("cycle.yaml", kCycle);
  ASSERT_EQ(run("sweep cycle.yaml --out one --quiet -j 1").exit_code, 0);
  for (const int ranks : {1, 2, 3}) {
    const std::string name = "r" + std::to_string(ranks);
    const Outcome outcome =
        run_ranks(ranks, "sweep cycle.yaml --quiet --format json --out " + name, directory_);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(Json::parse(outcome.out).at("points"), 6) << "printed once";
    for (const char* file : {"points.csv", "links.csv", "sweep.html"}) {
      EXPECT_EQ(slurp(directory_ / name / file), slurp(directory_ / "one" / file)) << ranks << file;
    }
  }
  const Outcome more = run_ranks(2, "sweep cycle.yaml --quiet -j 2 --out more", directory_);
  ASSERT_EQ(more.exit_code, 0) << more.err;
  EXPECT_THAT(more.out, HasSubstr("4 workers busy"));
  EXPECT_EQ(slurp(directory_ / "more/points.csv"), slurp(directory_ / "one/points.csv"));
}

constexpr int64_t kSomePoints = 128;
const std::string kSome =
    "name: some\nbase: run\naxes:\n"
    "  - {key: hardware.serdes.lanes, values: [1, 2, 3, 4, 6, 8, 12, 16]}\n"
    "  - {key: hardware.serdes.lane_rate, from: 0.5 Gbit/s, to: 16 Gbit/s, steps: 16, scale: "
    "log}\n";

TEST_F(SweepCommand, AKilledRankCostsWhatWasUnderWay) {
  write("some.yaml", kSome);
  const fs::path database = directory_ / "out/runs.sqlite";
  const std::string command = "sweep some.yaml --out out --quiet";
  const Outcome killed = run_ranks_and_signal(3, command, directory_, SIGKILL, 2,
                                              [&] { return has_points(database); });
  EXPECT_NE(killed.exit_code, 0);
  const int64_t done = check_database(database);
  EXPECT_GT(done, 0);
  EXPECT_LT(done, kSomePoints) << "mpirun ends the others";
  const Outcome again = run_ranks(2, command, directory_);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(check_database(database), kSomePoints);
  ASSERT_EQ(run("sweep some.yaml --out whole -j 2 --quiet").exit_code, 0);
  EXPECT_EQ(slurp(directory_ / "out/points.csv"), slurp(directory_ / "whole/points.csv"));
}

TEST_F(SweepCommand, RanksStopAtAnInterruptOfAnyOfThemAndGoOn) {
  write("some.yaml", kSome);
  for (const std::optional<int> to : {std::optional<int>{0}, {1}, {}}) {
    const std::string name = to ? "rank" + std::to_string(*to) : "mpirun";
    const fs::path database = directory_ / name / "runs.sqlite";
    const std::string command = "sweep some.yaml --quiet --out " + name;
    const Outcome stopped = run_ranks_and_signal(2, command, directory_, SIGINT, to,
                                                 [&] { return has_points(database); });
    if (to) {
      EXPECT_EQ(stopped.exit_code, 130) << name << stopped.err;
    } else {
      EXPECT_NE(stopped.exit_code, 0) << "mpirun has an exit code of its own";
    }
    const int64_t done = check_database(database);
    EXPECT_GT(done, 0);
    // mpirun may take longer to pass a signal on than the ranks need for the rest.
    if (to || done < kSomePoints) {
      EXPECT_EQ(occurrences(stopped.err, "run the same command again"), 1U) << name << stopped.err;
      EXPECT_LT(done, kSomePoints) << name;
    }
    EXPECT_EQ(run_ranks(2, command, directory_).exit_code, 0);
    EXPECT_EQ(check_database(database), kSomePoints);
  }
}

TEST_F(SweepCommand, RanksSayFailuresAndRefusalsOnceWithTheirExitCode) {
  write("cycle.yaml", kCycle);
  const fs::path activity = directory_ / "run/bundle/hnn-graded/activity.h5";
  auto damaged = ir::read_activity(activity);
  damaged.boundaries.at("cut").value[17] += 1;
  ir::write_activity(damaged, activity);
  const Outcome failed = run_ranks(3, "sweep cycle.yaml --out failed --quiet", directory_);
  EXPECT_EQ(failed.exit_code, 3) << failed.err;
  EXPECT_EQ(occurrences(failed.err, "3 of 6 points failed"), 1U) << failed.err;
  EXPECT_TRUE(fs::exists(directory_ / "failed/points.csv")) << "the rest is there";
  write("bad.yaml", "name: bad\nbase: run\naxes: [{key: hardware.mesh, values: [4, 0]}]\n");
  const Outcome bad = run_ranks(2, "sweep bad.yaml --out bad --quiet", directory_);
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_EQ(occurrences(bad.err, "[hardware.mesh] got 0"), 1U) << bad.err;
  const Outcome merge = run_ranks(2, "sweep merge x.sqlite failed/runs.sqlite", directory_);
  EXPECT_EQ(merge.exit_code, 2);
  EXPECT_THAT(merge.err, HasSubstr("2 ranks for sweep merge"));
}

#endif

}  // namespace
}  // namespace ranvier::tests
