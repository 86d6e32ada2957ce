#include "ranvier/sweep/power.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/test_network.hpp"
#include "ranvier/sim/simulator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace ranvier::sweep {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> cells(const std::string& line) {
  std::istringstream text(line);
  std::vector<std::string> parts;
  for (std::string part; std::getline(text, part, ',');) parts.push_back(part);
  return parts;
}

/// One variant under one preset, simulated in windows.
class PowerTest : public ::testing::Test {
 protected:
  PowerTest() {
    std::vector<config::Field> schema;
    for (const auto part : {arch::hardware_schema(), cost::cost_schema()}) {
      schema.insert(schema.end(), part.begin(), part.end());
    }
    const config::Source source{"preset", std::string(arch::preset_yaml("ucie16nm"))};
    const std::vector<std::string> overrides{"hardware.chips_x=2", "hardware.mesh=6"};
    PresetSetup setup{.name = "ucie16nm",
                      .values = config::load({&source, 1}, overrides, schema),
                      .package = {},
                      .cost = {}};
    setup.package = arch::package_from(setup.values);
    setup.cost = cost::cost_from(setup.values, setup.package);
    experiment_.presets.push_back(setup);
  }

  void simulate(const std::string& window) {
    const auto& setup = experiment_.presets.front();
    const auto network = map::testing::two_chip_network(ir::NetworkKind::kHnn,
                                                        codec::parse_codec("graded(2)", "t"), 1);
    const auto activity = map::testing::random_activity(network, 1, 0.3, 7);
    const auto workload = map::build_workload(network, map::map_network(network, setup.package),
                                              activity, 0, codec::WireKind::kAuto, setup.package);
    VariantResult variant;
    variant.name = "hnn-graded";
    variant.presets.emplace_back();
    variant.presets[0].preset = setup.name;
    variant.presets[0].core_period_s = 1 / setup.package.core_clock.value();
    variant.presets[0].first =
        sim::simulate(workload, setup.package, {.window = power_window(window, setup.package)});
    result_.variants = {variant};
  }

  const sim::Result& simulated() const { return result_.variants[0].presets[0].first; }

  Experiment experiment_;
  ExperimentResult result_;
};

TEST_F(PowerTest, PowerTimesLengthIsTheEnergyOfEveryPart) {
  simulate("0.1 us");
  std::istringstream csv(power_csv(experiment_, result_));
  std::string line;
  std::getline(csv, line);
  const auto header = cells(line);
  ASSERT_EQ(header[2], "start_us");
  std::map<std::string, double> picojoules;
  size_t rows = 0;
  for (; std::getline(csv, line); ++rows) {
    const auto row = cells(line);
    ASSERT_EQ(row.size(), header.size());
    const double length_us = std::stod(row[3]) - std::stod(row[2]);
    for (size_t c = 4; c < row.size(); ++c) {
      picojoules[header[c]] += std::stod(row[c]) * length_us * 1e3;  // mW x us = nJ
    }
  }
  EXPECT_EQ(rows, simulated().windows.size());
  EXPECT_GT(rows, 3U);
  const auto priced = cost::price(simulated().ledger, 1, experiment_.presets[0].cost);
  EXPECT_NEAR(picojoules.at("total_mw"), priced.total_pj, 1e-9 * priced.total_pj);
  for (const auto& [part, expected] : priced.parts_pj) {
    EXPECT_NEAR(picojoules.at(part + "_mw"), expected, 1e-9 * expected) << part;
    EXPECT_GT(expected, 0) << part;
  }
}

TEST_F(PowerTest, WindowsAreTimesOrCycles) {
  arch::PackageSpec package;
  package.core_clock = core::Hertz(200e6);
  EXPECT_EQ(power_window("1 us", package).value(), 200);
  EXPECT_EQ(power_window("200 cycles", package).value(), 200);
  EXPECT_EQ(power_window("7 ns", package).value(), 1) << "1.4 cycles";
}

TEST_F(PowerTest, RefusesOtherUnitsAndLessThanACycle) {
  const arch::PackageSpec package;
  for (const char* text : {"1", "1 pJ", "us", "0 us", "1 ps", "-1 us", "0 cycles", "-5 cycles",
                           "1.5 cycles", "cycles", "", " cycles"}) {
    try {
      power_window(text, package);
      FAIL() << text;
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.refusal().key, "--power-window") << text;
      EXPECT_EQ(error.refusal().given, text);
      EXPECT_THAT(error.refusal().allowed, HasSubstr("200 cycles"));
    }
  }
}

TEST_F(PowerTest, ResultsWithoutWindowsGiveOnlyTheHeader) {
  simulate("1 us");
  result_.variants[0].presets[0].first.windows.clear();
  const std::string csv = power_csv(experiment_, result_);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1);
}

}  // namespace
}  // namespace ranvier::sweep
