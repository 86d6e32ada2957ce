// `ranvier compare` of a language model, and what refuses a text.

#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class Compare : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) / ("compare_" + std::to_string(getpid()));
    fs::remove_all(directory_);
    fs::create_directories(directory_ / "run");
  }
  void TearDown() override { fs::remove_all(directory_); }
  fs::path directory_;
};

TEST_F(Compare, ShowsBitsPerByteWithTheDigitsThatDiffer) {
  const std::string boundary =
      R"("boundary": {"neurons": 8, "events_per_neuron": 1, "bits_per_activation": 8.5, "wire_format": "burst"}, "presets": {})";
  core::write_file_atomic(
      directory_ / "run" / "summary.json",
      R"({"schema": 1, "experiment": "text", "fidelity": "cycle", "metric": "bits_per_byte", "variants": {"ann-burst8": {"metric_float": 2.2231, "metric_deployed": 2.2249, )" +
          boundary + "}}, \"ratios\": {}}");
  const Outcome outcome = run_ranvier("compare run", directory_);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("bits/byte deployed"));
  EXPECT_THAT(outcome.out, HasSubstr("2.2231"));
  EXPECT_THAT(outcome.out, HasSubstr("2.2249"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("%")));
}

}  // namespace
}  // namespace ranvier::tests
