// Every command that README.md shows runs as it stands; training ones are made short.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "build/release/ranvier ";

constexpr const char* kOnRanks = "mpirun -n 2 build/release/ranvier ";

/// What stands behind `program` in README's code blocks, without comments.
std::vector<std::string> readme_commands(const std::string& program = kProgram) {
  std::istringstream readme(slurp(fs::path(RANVIER_SOURCE_DIR) / "README.md"));
  std::vector<std::string> commands;
  for (std::string line; std::getline(readme, line);) {
    if (!line.starts_with(program)) continue;
    line = line.substr(program.size());
    commands.push_back(line.substr(0, line.find(" #")));
  }
  return commands;
}

/// A training that a test can wait for; commands on data that the code does not ship are left out.
std::string shortened(const std::string& command) {
  if (!command.starts_with("run ")) return command;
  return command +
         " --set train.epochs=1 --set finetune.epochs=1 --set data.train_samples=200"
         " --set data.test_samples=100";
}

class Readme : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::temp_directory_path() / ("ranvier_readme_" + std::to_string(getpid()));
    fs::create_directories(directory_);
    for (const char* folder : {"configs", "docs"}) {
      fs::create_directory_symlink(fs::path(RANVIER_SOURCE_DIR) / folder, directory_ / folder);
    }
  }
  void TearDown() override { fs::remove_all(directory_); }

  fs::path directory_;
};

TEST_F(Readme, EveryCommandRuns) {
  int ran = 0;
  for (const auto& command : readme_commands()) {
    if (command.find("data.path=") != std::string::npos) continue;
    const Outcome outcome = run_ranvier(shortened(command), directory_);
    EXPECT_EQ(outcome.exit_code, 0) << command << "\n" << outcome.err;
    ++ran;
  }
  EXPECT_GE(ran, 4) << "README shows at least these commands";
  const auto on_ranks = readme_commands(kOnRanks);
  EXPECT_FALSE(on_ranks.empty());
#ifdef RANVIER_MPIRUN
  for (const auto& command : on_ranks) {
    const Outcome outcome = run_ranks(2, command, directory_);
    EXPECT_EQ(outcome.exit_code, 0) << command << "\n" << outcome.err;
  }
#endif
}

TEST_F(Readme, ShowsTheStoredResults) {
  const Outcome outcome = run_ranvier("compare docs/results/cifar100_msresnet", directory_);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(slurp(fs::path(RANVIER_SOURCE_DIR) / "README.md"), ::testing::HasSubstr(outcome.out));
}

}  // namespace
}  // namespace ranvier::tests
