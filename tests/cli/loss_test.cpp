// Accuracy under loss, as a user asks for it: trained, simulated again on other links, compared,
// refused where there are no weights.

#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include "tests/cli/program.hpp"
#include "tests/cli/small_run.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kLossy =
    " --set hardware.serdes.bit_error_rate=5e-4 --set hardware.serdes.crc_bits=16";

class Loss : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        fs::path(::testing::TempDir()) /
        (std::string("loss_") + ::testing::UnitTest::GetInstance()->current_test_info()->name() +
         "_" + std::to_string(getpid()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  Outcome ranvier(const std::string& arguments) const {
    Outcome outcome = run_ranvier(arguments, directory_);
    EXPECT_EQ(outcome.exit_code, 0) << arguments << "\n" << outcome.err;
    return outcome;
  }

  json errors(const std::string& run, const std::string& variant) const {
    return json::parse(slurp(directory_ / run / "summary.json"))
        .at("variants")
        .at(variant)
        .at("presets")
        .at("ucie16nm")
        .at("link_errors");
  }

  /// Column -> value of the one row of link_errors.csv of a variant.
  std::map<std::string, std::string> counted(const std::string& run,
                                             const std::string& variant) const {
    std::istringstream file(slurp(directory_ / run / "link_errors.csv"));
    std::string header, line;
    std::getline(file, header);
    while (std::getline(file, line) && !line.starts_with(variant + ",")) {
    }
    std::istringstream names(header), values(line);
    std::map<std::string, std::string> row;
    for (std::string name, value;
         std::getline(names, name, ',') && std::getline(values, value, ',');)
      row[name] = value;
    return row;
  }

  json score(const std::string& run, const std::string& variant) const {
    return json::parse(slurp(directory_ / run / "link_loss" / (variant + ".ucie16nm.score.json")));
  }

  fs::path directory_;
};

TEST_F(Loss, IsScoredBesideTheLosslessNetworkFromTheFirstRunOn) {
  core::write_file_atomic(directory_ / "tiny.yaml", tiny_experiment());
  const Outcome run = ranvier("run tiny.yaml --out a --threads 2" + std::string(kLossy));
  EXPECT_THAT(run.out, HasSubstr("acc % under loss"));
  const auto summary = json::parse(slurp(directory_ / "a" / "summary.json"));
  for (const char* variant : {"snn", "hnn-graded"}) {
    const json quality = errors("a", variant).at("quality");
    EXPECT_EQ(quality.at("metric_deployed_without_loss"),
              summary.at("variants").at(variant).at("metric_deployed"))
        << "the whole test set, the same arithmetic";
    EXPECT_EQ(quality.at("test_samples"), 128);
    EXPECT_GT(quality.at("changed_values_fraction"), 0.001) << variant;
  }
  EXPECT_THAT(ranvier("compare a").out, HasSubstr("acc % under loss"));
  EXPECT_THAT(slurp(directory_ / "a" / "report.html"), HasSubstr("metric_deployed_without_loss"));

  // The recorded samples are simulated too: both sides must have lost the same values.
  ranvier("simulate a --out b --threads 1 --set simulate.samples=4 --set simulate.loss_samples=4");
  for (const char* variant : {"snn", "hnn-graded"}) {
    const auto row = counted("b", variant);
    const json lost = score("b", variant).at("boundaries").at(0);
    EXPECT_EQ(row.at("changed_values"), lost.at("changed_values").dump()) << variant;
    EXPECT_EQ(row.at("values"), lost.at("values").dump()) << variant;
    EXPECT_EQ(row.at("damaged_blocks"), lost.at("damaged_blocks").dump()) << variant;
    EXPECT_EQ(row.at("lost_blocks"), lost.at("lost_blocks").dump()) << variant;
    EXPECT_NE(row.at("changed_values"), "0") << variant;
  }
  ranvier("simulate a --out c --threads 3 --set simulate.samples=4 --set simulate.loss_samples=4");
  for (const char* variant : {"snn", "hnn-graded"})
    EXPECT_EQ(score("b", variant), score("c", variant));

  // Other links: nothing is lost, so nothing is said.
  const Outcome clean = ranvier("simulate a --out d --set hardware.serdes.retry=go_back_n");
  EXPECT_THAT(clean.out, Not(HasSubstr("under loss")));
  EXPECT_FALSE(errors("d", "snn").contains("quality"));
  EXPECT_FALSE(fs::exists(directory_ / "d" / "link_loss"));
  EXPECT_FALSE(errors("b", "snn").empty());
  ranvier("simulate a --out e --set simulate.loss_samples=0");
  EXPECT_FALSE(errors("e", "snn").contains("quality"));
}

TEST_F(Loss, WithoutWeightsIsSaidToBeUnknownAndRefusedWhereItIsAskedFor) {
  make_small_run(directory_ / "run");
  const Outcome told = ranvier("simulate run" + std::string(kLossy));
  EXPECT_THAT(told.err, HasSubstr("a bundle has no weights"));
  EXPECT_FALSE(errors("run", "hnn-graded").contains("quality"));
  EXPECT_GT(errors("run", "hnn-graded").at("damaged_flits"), 0);
  const Outcome refused =
      run_ranvier("simulate run --set simulate.loss_samples=10" + std::string(kLossy), directory_);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("simulate.loss_samples"));
  EXPECT_THAT(refused.err, HasSubstr("no weights"));
}

}  // namespace
}  // namespace ranvier::tests
