#include "ranvier/sweep/experiment.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace ranvier::sweep {
namespace {

namespace fs = std::filesystem;

class ExperimentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  Experiment load_text(const std::string& yaml, const std::vector<std::string>& set = {}) {
    core::write_file_atomic(directory_ / "exp.yaml", yaml);
    return load_experiment(directory_ / "exp.yaml", set, {});
  }

  fs::path directory_;
};

TEST_F(ExperimentTest, LowersEveryPresetWithTheFilesOverridesOnTop) {
  const auto e = load_text("name: x\npresets: [paper45nm, ucie16nm]\nhardware:\n  mesh: 4\n");
  ASSERT_EQ(e.presets.size(), 2u);
  EXPECT_EQ(e.presets[0].package.chip.mesh, 4);
  EXPECT_EQ(e.presets[1].package.chip.mesh, 4);
  EXPECT_DOUBLE_EQ(e.presets[0].package.core_clock.value(), 200e6);
  EXPECT_DOUBLE_EQ(e.presets[1].package.core_clock.value(), 1e9);
}

TEST_F(ExperimentTest, AResolvedFileLeavesThePresetsAlone) {
  const auto first = load_text("name: x\nhardware:\n  mesh: 4\n");
  const auto again = load_text(first.values.to_yaml());
  for (size_t p = 0; p < first.presets.size(); ++p) {
    EXPECT_EQ(again.presets[p].values.hash(), first.presets[p].values.hash());
  }
}

TEST_F(ExperimentTest, OverridesReachTheHardware) {
  const auto e = load_text("name: x\n", {"hardware.mesh=6"});
  EXPECT_EQ(e.presets[0].package.chip.mesh, 6);
}

TEST_F(ExperimentTest, RefusesUnknownPresetsKeysAndMissingFiles) {
  EXPECT_THROW(load_text("name: x\npresets: [paper46nm]\n"), core::UserError);
  EXPECT_THROW(load_text("name: x\npresets: []\n"), core::UserError);
  EXPECT_THROW(load_text("name: x\nhardware:\n  mesh: 0\n"), core::UserError);
  EXPECT_THROW(load_text("presets: [paper45nm]\n"), core::UserError);
  EXPECT_THROW(load_experiment(directory_ / "absent.yaml", {}, {}), core::UserError);
  try {
    load_text("name: x\nsimulate:\n  sampels: 2\n");
    FAIL() << "an unknown key went unnoticed";
  } catch (const core::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("samples"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("exp.yaml:3"), std::string::npos) << error.what();
  }
}

TEST_F(ExperimentTest, BaselinesKnowTheirWireFormats) {
  const auto e = load_text("name: x\n");
  EXPECT_EQ(wire_of(e.values, "ann-packet"), codec::WireKind::kPacket);
  EXPECT_EQ(wire_of(e.values, "ann-burst4"), codec::WireKind::kBurst);
  EXPECT_EQ(wire_of(e.values, "hnn-graded"), codec::WireKind::kAuto);
}

}  // namespace
}  // namespace ranvier::sweep
