// Budgets are held where they count: in the frames of the mapped network, at the prices of its
// links.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

/// Frames of at most 48 elements: a header weighs five times as much as in frames of 256.
constexpr const char* kBudgets = R"yaml(name: budgets
data: {kind: procedural, train_samples: 512, test_samples: 128}
network: {model: msresnet, widths: [8, 16], blocks: [1, 1], cuts: [stage1]}
train: {epochs: 2, batch: 32, learning_rate: 0.05}
finetune: {epochs: 4, calibration_samples: 128}
record_samples: 128
variants:
  hnn-bits: {kind: hnn, codec: "graded(2)", objective: budget, bits_per_activation: 2.1}
  hnn-energy: {kind: hnn, codec: "graded(2)", objective: energy, energy_nj: 115, preset: paper45nm}
  hnn-latency: {kind: hnn, codec: "graded(2)", objective: latency, latency_ns: 5900}
presets: [paper45nm, ucie16nm]
hardware: {chips_x: 2, mesh: 16, neurons_per_core: 48}
)yaml";

class Budget : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) / ("budget_" + std::to_string(getpid()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    std::ofstream(directory_ / "exp.yaml") << kBudgets;
  }
  void TearDown() override { fs::remove_all(directory_); }

  Json json(const std::string& file) const { return Json::parse(slurp(directory_ / file)); }
  Json metrics(const std::string& variant) const {
    return json("out/bundle/" + variant + "/metrics.json");
  }

  fs::path directory_;
};

TEST_F(Budget, HoldsForTheMappedNetworkAndItsLinks) {
  const Outcome outcome = run_ranvier("run exp.yaml --out out --quiet", directory_);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json summary = json("out/summary.json").at("variants");
  const auto mapped_bits = [&](const std::string& variant) {
    return summary.at(variant).at("boundary").at("bits_per_activation").get<double>();
  };
  EXPECT_NEAR(mapped_bits("hnn-bits"), 2.1, 0.05 * 2.1);
  for (const char* variant : {"ann-packet", "ann-burst8", "hnn-bits", "hnn-energy"}) {
    EXPECT_NEAR(metrics(variant).at("bits_per_activation").get<double>(), mapped_bits(variant),
                1e-9)
        << variant << ": training and mapping count the same frames";
  }
  for (const char* variant : {"hnn-bits", "hnn-energy", "hnn-latency"}) {
    const Json budget = metrics(variant).at("budget");
    EXPECT_LT(std::abs(budget.at("deviation_percent").get<double>()), 5.0) << budget.dump();
  }
  EXPECT_EQ(metrics("hnn-energy").at("budget").at("unit"), "link_energy_nj");
  EXPECT_EQ(metrics("hnn-latency").at("budget").at("unit"), "link_latency_ns");
}

/// A burst has the same bits for every sample: what training would be charged is what the
/// simulation counts and the preset prices.
TEST_F(Budget, ChargesWhatTheSimulationCounts) {
  const Outcome outcome = run_ranvier(
      "run exp.yaml --out out --quiet --set train.epochs=1 --set finetune.epochs=1", directory_);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json parts =
      json("out/ledger.json").at("variants").at("ann-burst8").at("paper45nm").at("parts_pj");
  const double nanojoules = 1e-3 * (parts.at("emio").get<double>() + parts.at("d2d").get<double>());
  const Json burst = metrics("ann-burst8");
  EXPECT_NEAR(burst.at("link_energy_nj").get<double>(), nanojoules, 1e-9 * nanojoules);
  // 8 x 16 x 16 values, at 0.68 Gbit/s and one bit per beat.
  const double bits = burst.at("bits_per_activation").get<double>() * 8 * 16 * 16;
  const double crossing = 5.0 + 0.35 + 7 * 5.0 + 4 / 0.68;  // PHY, flight, core and link clocks
  EXPECT_NEAR(burst.at("link_latency_ns").get<double>(), bits / 0.68 + crossing, 1e-3);
  const double simulated = json("out/summary.json")
                               .at("variants")
                               .at("ann-burst8")
                               .at("presets")
                               .at("paper45nm")
                               .at("latency_us")
                               .get<double>();
  EXPECT_LT(burst.at("link_latency_ns").get<double>(), 1e3 * simulated);
}

TEST_F(Budget, RefusesPresetsAndTimesThatThereAreNot) {
  const auto refusal = [&](const std::string& set) {
    const Outcome outcome = run_ranvier("run exp.yaml --out out --quiet --set " + set, directory_);
    EXPECT_EQ(outcome.exit_code, 2) << set << "\n" << outcome.err;
    return outcome.err;
  };
  const std::string preset = refusal("variants.hnn-energy.preset=pcb");
  EXPECT_THAT(preset, HasSubstr("variants.hnn-energy.preset"));
  EXPECT_THAT(preset, HasSubstr("paper45nm, ucie16nm"));
  EXPECT_THAT(preset, HasSubstr("Add pcb to presets"));
  const std::string time = refusal("variants.hnn-latency.latency_ns=40");
  EXPECT_THAT(time, HasSubstr("variants.hnn-latency.latency_ns"));
  EXPECT_THAT(time, HasSubstr("more than 46.23 ns"));
}

}  // namespace
}  // namespace ranvier::tests
