#include "ranvier/sweep/tradeoff.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sweep/runner.hpp"
#include "ranvier/sweep/test_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace ranvier::sweep {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::ElementsAre;

std::span<const config::Field> trade_training() {
  static const config::Field fields[]{
      {.key = "variants.*.wire", .kind = config::Kind::kText, .fallback = ""}};
  return fields;
}

class TradeoffTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) / ("tradeoff_" + std::to_string(getpid()));
    fs::remove_all(directory_);
    testing::write_test_run(directory_ / "run");
    testing::write_test_bundle(directory_ / "run",
                               {"topk", ir::NetworkKind::kHnn, "topk(0.1)", 1, 0.1, 55});
    const fs::path config = directory_ / "run/config.resolved.yaml";
    core::write_file_atomic(config,
                            core::read_file(config, "test") + "  topk: {wire: bitmap}\nseed: 7\n");
    set_budget("hnn-graded");
  }
  void TearDown() override { fs::remove_all(directory_); }

  void set_budget(const std::string& variant) const {
    const fs::path path = directory_ / "run/bundle" / variant / "metrics.json";
    auto metrics = Json::parse(core::read_file(path, "test"));
    metrics["budget"] = {{"unit", "events_per_neuron"}, {"target", 0.24}, {"reached", 0.25}};
    metrics["epochs"] = 3;
    metrics["reference_metric_float"] = 61.5;
    core::write_file_atomic(path, metrics.dump());
  }

  ResultTable table() const {
    const fs::path file = directory_ / "sweep.yaml";
    core::write_file_atomic(file, "name: curves\nbase: " + (directory_ / "run").string() +
                                      "\nfidelity: analytic\naxes:\n"
                                      "  - {key: hardware.serdes.lanes, values: [1, 4]}\n");
    const auto fields = full_schema(trade_training());
    Store store = Store::create(directory_ / "a.sqlite");
    run_sweep(load_sweep(file, {}, fields), {.training = trade_training(), .program = "test"},
              store);
    return read_table(store);
  }

  RunOf run_of() const {
    return [this](const std::string&) { return directory_ / "run"; };
  }

  fs::path directory_;
};

TEST_F(TradeoffTest, AVariantAtAPointIsOnePointUnderAllPresets) {
  const auto all = table();
  const auto points = tradeoff_points(all, run_of(), trade_training());
  ASSERT_EQ(points.size(), 10U) << "five variants at two points";
  for (const auto& point : points) {
    EXPECT_EQ(point.presets.size(), 2U) << point.variant;
    EXPECT_EQ(point.seed, 7U);
  }
  for (const auto& row : all.rows) {
    const auto column = [&](const std::string& name) {
      size_t c = 0;
      while (all.columns[c].name != name) ++c;
      return row.values[c];
    };
    const auto found = std::ranges::find_if(points, [&](const TradeoffPoint& p) {
      return p.variant == row.variant && p.settings == row.settings;
    });
    ASSERT_NE(found, points.end());
    EXPECT_EQ(found->bits_per_activation, column("bits_per_activation"));
    EXPECT_EQ(found->metric_deployed, column("metric_deployed"));
    EXPECT_EQ(found->presets.at(row.preset).latency_us, column("latency_us"));
    EXPECT_EQ(found->presets.at(row.preset).energy_uj, column("energy_uj"));
  }
}

TEST_F(TradeoffTest, SaysWhatIsABaselineAndWhatABudgetReached) {
  const auto all = table();
  const auto points = tradeoff_points(all, run_of(), trade_training());
  const auto parsed = Json::parse(to_json(all, points));
  std::vector<std::string> baselines;
  for (const auto& point : parsed.at("points")) {
    if (point.at("settings").at("hardware.serdes.lanes") != "1") continue;
    if (point.at("baseline").get<bool>()) baselines.push_back(point.at("variant"));
    EXPECT_TRUE(point.contains("accuracy_percent"));
    if (point.at("variant") != "hnn-graded") {
      EXPECT_TRUE(point.at("budget").is_null());
      continue;
    }
    EXPECT_EQ(point.at("codec"), "graded(2)");
    EXPECT_EQ(point.at("format"), "auto");
    EXPECT_EQ(point.at("budget").at("reached"), 0.25);
    EXPECT_EQ(point.at("reference_accuracy_percent_float"), 61.5);
    EXPECT_EQ(point.at("epochs"), 3);
    EXPECT_EQ(point.at("energy_uj").size(), 2U);
  }
  EXPECT_THAT(baselines, ElementsAre("ann-burst4", "ann-burst8", "topk"));
}

TEST_F(TradeoffTest, RefusesARunThatIsGone) {
  const auto all = table();
  const RunOf nowhere = [this](const std::string&) { return directory_ / "gone"; };
  EXPECT_THROW(tradeoff_points(all, nowhere, trade_training()), core::UserError);
}

}  // namespace
}  // namespace ranvier::sweep
