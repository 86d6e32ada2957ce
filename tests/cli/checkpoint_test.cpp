// `ranvier simulate --checkpoint`: killed at any moment and resumed, the results are those of a run
// that was never stopped, byte for byte.

#include "ranvier/core/file.hpp"
#include "ranvier/core/rng.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kKilled = R"yaml(name: killed
shapes: {model: msresnet, widths: [8, 16], blocks: [1, 1], image_size: 32}
variants:
  hnn-graded: {kind: hnn, codec: "graded(2)", objective: budget, events_per_neuron: 0.25}
  snn: {kind: snn, steps: 2}
presets: [paper45nm]
hardware: {chips_x: 4, chips_y: 3, mesh: 8, neurons_per_core: 256}
)yaml";

class SimulateCheckpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("killed_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    for (const char* copy : {"whole", "killed"}) fs::create_directories(directory_ / copy);
    core::write_file_atomic(directory_ / "whole/exp.yaml", kKilled);
    const Outcome made = run_ranvier("train exp.yaml --out run --quiet", directory_ / "whole");
    ASSERT_EQ(made.exit_code, 0) << made.err;
    fs::copy(directory_ / "whole/run", directory_ / "killed/run", fs::copy_options::recursive);
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::vector<fs::path> states() const {
    std::vector<fs::path> found;
    if (!fs::exists(directory_ / "killed/states")) return found;
    for (const auto& entry : fs::directory_iterator(directory_ / "killed/states")) {
      if (entry.path().extension() == ".state") found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  Outcome killed(const std::string& flags, const std::string& prefix = {}) const {
    return run_ranvier("simulate run --quiet --threads 1 --checkpoint states " + flags,
                       directory_ / "killed", prefix);
  }

  fs::path directory_;
};

constexpr auto kOften = "--checkpoint-every 0.02";

TEST_F(SimulateCheckpoint, KilledAtRandomMomentsAndResumedGivesTheSameBytes) {
  ASSERT_EQ(run_ranvier("simulate run --quiet --threads 1", directory_ / "whole").exit_code, 0);
  core::Rng rng(11);
  int kills = 0, half_done = 0;
  Outcome last;
  last.exit_code = -SIGKILL;
  // Later attempts live longer, so that the test ends on any machine.
  double longest = 0.2;  // [s]
  for (int attempt = 0; attempt < 40; ++attempt, longest *= 1.2) {
    const double seconds = longest * rng.uniform();
    const bool resumes = !states().empty();
    last = killed(std::string(kOften) + (attempt > 0 ? " --resume" : ""),
                  fmt::format("( sleep {:.3f}; kill -9 $$ ) 2>/dev/null >/dev/null & ", seconds));
    if (last.exit_code == 0) break;
    ASSERT_EQ(last.exit_code, -SIGKILL) << last.err;
    ++kills;
    half_done += resumes;
    // The summary is written after all tables: where it is, they are.
    if (!fs::exists(directory_ / "killed/run/summary.json")) continue;
    for (const char* file : {"ledger.json", "details.json", "provenance.json", "links.csv"}) {
      EXPECT_TRUE(fs::exists(directory_ / "killed/run" / file)) << file;
    }
  }
  ASSERT_EQ(last.exit_code, 0) << last.err;
  EXPECT_GT(kills, 2);
  EXPECT_GT(half_done, 0) << "killed again after it had gone on from a checkpoint";
  for (const char* file : {"summary.json", "ledger.json", "layers.csv", "links.csv", "routers.csv",
                           "boundaries.csv", "details.json", "provenance.json", "report.html"}) {
    EXPECT_EQ(slurp(directory_ / "whole/run" / file), slurp(directory_ / "killed/run" / file))
        << file;
  }
  EXPECT_TRUE(states().empty()) << "removed when the results are written";
}

TEST_F(SimulateCheckpoint, OfOtherHardwareOrDamagedIsRefused) {
  const Outcome stopped =
      run_and_signal("simulate run --quiet --threads 1 --checkpoint states --checkpoint-every 0",
                     directory_ / "killed", SIGKILL, "states/ann-packet.paper45nm.0.state");
  ASSERT_EQ(stopped.exit_code, -SIGKILL);
  ASSERT_FALSE(states().empty());
  const Outcome other = killed("--resume --out other --set hardware.router.buffer_flits=8");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("another simulation"));
  std::string bytes = slurp(states().front());
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  core::write_file_atomic(states().front(), bytes);
  const Outcome damaged = killed("--resume");
  EXPECT_EQ(damaged.exit_code, 2);
  EXPECT_THAT(damaged.err, HasSubstr("damaged"));
  EXPECT_EQ(killed("").exit_code, 0) << "without --resume it starts anew";
}

TEST_F(SimulateCheckpoint, FlagsThatNeedItAreRefusedWithoutIt) {
  for (const char* flags : {"--resume", "--checkpoint-every 5"}) {
    const Outcome outcome =
        run_ranvier(std::string("simulate run ") + flags, directory_ / "killed");
    EXPECT_EQ(outcome.exit_code, 2) << flags;
    EXPECT_THAT(outcome.err, HasSubstr("--checkpoint FOLDER")) << flags;
  }
}

}  // namespace
}  // namespace ranvier::tests
