// Threads and MPI ranks share one simulation: the same files, byte for byte, and one message when
// something is wrong.

#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>

#include "tests/cli/program.hpp"
#include "tests/cli/small_run.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ParallelSimulate : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("parallel_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    make_small_run(directory_ / "run");
  }
  void TearDown() override { fs::remove_all(directory_); }

  /// Four chips, two of them idle, so that three threads have work to share.
  static std::string flags(const std::string& name) {
    return "simulate run --quiet --set hardware.chips_y=2 --power-window '50 ns' --out " + name +
           " --trace " + name + "/traces --timeline " + name + "/timelines";
  }

  /// Every file of a result; what names the time and the command is left out.
  std::map<std::string, std::string> files(const std::string& name) const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(directory_ / name)) {
      const std::string file = fs::relative(entry.path(), directory_ / name).string();
      if (!entry.is_regular_file() || file == "provenance.json" || file == "details.json" ||
          file == "report.html") {
        continue;
      }
      all[file] = slurp(entry.path());
    }
    return all;
  }

  fs::path directory_;
};

/// Names of the files that differ.
std::vector<std::string> differences(const std::map<std::string, std::string>& a,
                                     const std::map<std::string, std::string>& b) {
  std::vector<std::string> names;
  for (const auto& [name, content] : a) {
    const auto other = b.find(name);
    if (other == b.end() || other->second != content) names.push_back(name);
  }
  return names;
}

TEST_F(ParallelSimulate, OneTwoAndThreeThreadsWriteTheSameFiles) {
  ASSERT_EQ(run_ranvier(flags("one") + " --threads 1", directory_).exit_code, 0);
  const auto one = files("one");
  ASSERT_GE(one.size(), 12U);
  for (const char* threads : {"2", "3", "5"}) {
    const auto outcome =
        run_ranvier(flags(std::string("t") + threads) + " --threads " + threads, directory_);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(differences(one, files(std::string("t") + threads)), ::testing::IsEmpty());
  }
}

TEST_F(ParallelSimulate, AReplayPrintsTheSameForAnyNumberOfThreads) {
  ASSERT_EQ(run_ranvier(flags("one"), directory_).exit_code, 0);
  const std::string replay =
      "simulate --replay one/traces/hnn-graded.ucie16nm.0.h5 --format json --preset "
      "one/presets/ucie16nm.resolved.yaml --threads ";
  const Outcome one = run_ranvier(replay + "1", directory_);
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(one.out, run_ranvier(replay + "2", directory_).out);
  EXPECT_EQ(one.out, run_ranvier(replay + "3", directory_).out);
}

#ifdef RANVIER_MPIRUN

TEST_F(ParallelSimulate, OneTwoAndThreeRanksWriteTheSameFiles) {
  ASSERT_EQ(run_ranvier(flags("one") + " --threads 1", directory_).exit_code, 0);
  const auto one = files("one");
  for (const int ranks : {1, 2, 3}) {
    const std::string name = "r" + std::to_string(ranks);
    const Outcome outcome = run_ranks(ranks, flags(name), directory_);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(differences(one, files(name)), ::testing::IsEmpty()) << ranks;
  }
  ASSERT_EQ(run_ranks(2, flags("both") + " --threads 2", directory_).exit_code, 0);
  EXPECT_THAT(differences(one, files("both")), ::testing::IsEmpty());
}

TEST_F(ParallelSimulate, RanksPrintOnce) {
  ASSERT_EQ(run_ranvier(flags("one"), directory_).exit_code, 0);
  const std::string replay =
      "simulate --replay one/traces/hnn-graded.ucie16nm.0.h5 --format json --preset "
      "one/presets/ucie16nm.resolved.yaml";
  EXPECT_EQ(run_ranks(2, replay, directory_).out, run_ranvier(replay, directory_).out);
}

TEST_F(ParallelSimulate, AnErrorOfAllRanksIsSaidOnceWithItsExitCode) {
  const Outcome missing = run_ranks(2, "simulate --replay nowhere.csv", directory_);
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_EQ(occurrences(missing.err, "[--replay]") + occurrences(missing.err, "[trace]"), 1U)
      << missing.err;
  const Outcome flag = run_ranks(2, "simulate run --thread 2", directory_);
  EXPECT_EQ(flag.exit_code, 2);
  EXPECT_EQ(occurrences(flag.err, "did you mean '--threads'?"), 1U) << flag.err;
}

TEST_F(ParallelSimulate, AnErrorOfOneRankEndsTheOthers) {
  // Only the first rank writes, so only it can fail here; the others wait for it meanwhile.
  core::write_file_atomic(directory_ / "file", "in the way");
  const Outcome outcome = run_ranks(2, "simulate run --out file", directory_);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(occurrences(outcome.err, "[--out]"), 1U) << outcome.err;
}

TEST_F(ParallelSimulate, OtherCommandsRefuseRanks) {
  const Outcome outcome = run_ranks(2, "noc --mesh 4x4", directory_);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("[mpirun -n] got 2 ranks for noc"));
  EXPECT_EQ(outcome.out, "");
}

#endif

}  // namespace
}  // namespace ranvier::tests
