#include "ranvier/sweep/evaluate.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/map/test_network.hpp"
#include "ranvier/sweep/link_errors.hpp"
#include "ranvier/sweep/summary.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ranvier::sweep {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class EvaluateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 (std::string("evaluate_") +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    using ir::NetworkKind;
    bundle("ann-packet", NetworkKind::kAnn, codec::parse_codec("dense(8)", "t"), 1);
    bundle("ann-burst8", NetworkKind::kAnn, codec::parse_codec("dense(8)", "t"), 1);
    bundle("snn", NetworkKind::kSnn, codec::parse_codec("rate(2)", "t"), 2);
    bundle("hnn-graded", NetworkKind::kHnn, codec::parse_codec("graded(2)", "t"), 1);
    core::write_file_atomic(directory_ / "exp.yaml",
                            "name: small\nhardware: {chips_x: 2, mesh: 4}\nsimulate: {samples: 2}\n"
                            "variants: {hnn-graded: {wire: auto}}\n");
  }
  void TearDown() override { fs::remove_all(directory_); }

  void bundle(const std::string& name, ir::NetworkKind kind, codec::CodecSpec spec, int steps) {
    const auto network = map::testing::two_chip_network(kind, spec, steps);
    const fs::path path = directory_ / "bundle" / name;
    fs::create_directories(path);
    ir::write_network(network, path / "network.json");
    auto activity = map::testing::random_activity(network, 2, 0.3, 7);
    activity.steps = steps;
    activity.labels = {1, 2};
    activity.predictions = {1, 2};
    ir::write_activity(activity, path / "activity.h5");
    const json metrics{{"metric", "accuracy_percent"}, {"metric_float", 50.0},
                       {"metric_deployed", 49.5},      {"events_per_neuron", 0.3},
                       {"boundary_neurons", 512},      {"test_samples", 100}};
    core::write_file_atomic(path / "metrics.json", metrics.dump());
  }

  ExperimentResult run(int threads, const std::vector<std::string>& set = {}) {
    static const config::Field wire{
        .key = "variants.*.wire", .kind = config::Kind::kText, .fallback = ""};
    return evaluate(load_experiment(directory_ / "exp.yaml", set, {&wire, 1}), directory_,
                    {.threads = threads, .quiet = true});
  }

  fs::path directory_;
};

TEST_F(EvaluateTest, WritesTheContractedSummary) {
  const json summary = json::parse(summary_json(run(2)));
  EXPECT_EQ(summary.at("schema"), 1);
  EXPECT_EQ(summary.at("fidelity"), "cycle");
  EXPECT_EQ(summary.at("metric"), "accuracy_percent");
  for (const char* name : {"ann-packet", "ann-burst8", "snn", "hnn-graded"}) {
    const json& variant = summary.at("variants").at(name);
    EXPECT_EQ(variant.at("chips"), 2) << name;
    EXPECT_GT(variant.at("boundary").at("bits_per_activation").get<double>(), 0) << name;
    for (const char* preset : {"paper45nm", "ucie16nm"}) {
      const json& p = variant.at("presets").at(preset);
      EXPECT_GT(p.at("latency_us").get<double>(), 0);
      EXPECT_GT(p.at("latency_analytic_us").get<double>(), 0);
      double parts = 0;
      for (const auto& [part, value] : p.at("energy_uj").items()) {
        if (part != "total") parts += value.get<double>();
      }
      EXPECT_NEAR(parts, p.at("energy_uj").at("total").get<double>(), 1e-9 * parts);
    }
  }
}

TEST_F(EvaluateTest, RatiosAreBaselineOverVariant) {
  const json summary = json::parse(summary_json(run(1)));
  const json& variants = summary.at("variants");
  const auto latency = [&](const char* name) {
    return variants.at(name).at("presets").at("paper45nm").at("latency_us").get<double>();
  };
  const json& ratio = summary.at("ratios").at("hnn-graded").at("ann-packet").at("paper45nm");
  EXPECT_NEAR(ratio.at("latency").get<double>(), latency("ann-packet") / latency("hnn-graded"),
              1e-12);
  EXPECT_FALSE(summary.at("ratios").contains("ann-packet"));
  EXPECT_FALSE(summary.at("ratios").at("snn").contains("snn"));
}

TEST_F(EvaluateTest, ThreadsDoNotChangeABit) {
  EXPECT_EQ(summary_json(run(1)), summary_json(run(3)));
  EXPECT_EQ(ledger_json(run(1)), ledger_json(run(2)));
}

TEST_F(EvaluateTest, ASearchedMappingIsFasterAndTheSameForAnyNumberOfThreads) {
  const std::vector<std::string> set{"mapping.search=latency"};
  const auto naive = run(1);
  const auto found = run(1, set);
  for (size_t v = 0; v < naive.variants.size(); ++v) {
    EXPECT_FALSE(naive.variants[v].bundle.mapping);
    ASSERT_TRUE(found.variants[v].bundle.mapping);
    EXPECT_LT(found.variants[v].presets[0].latency_s, naive.variants[v].presets[0].latency_s);
    EXPECT_EQ(found.variants[v].cores, found.variants[v].bundle.mapping->tiles_used);
  }
  EXPECT_EQ(summary_json(found), summary_json(run(3, set)));
  EXPECT_NE(summary_json(found), summary_json(run(1, {"mapping.search=latency", "seed=2"})));
}

TEST_F(EvaluateTest, EveryTableHasARowPerThing) {
  const auto result = run(1);
  write_tables(result, directory_);
  const auto rows = [&](const char* name) {
    const std::string text = core::read_file(directory_ / name, name);
    return std::count(text.begin(), text.end(), '\n') - 1;
  };
  EXPECT_EQ(rows("boundaries.csv"), 4);
  EXPECT_EQ(rows("layers.csv"), 4 * 5);
  EXPECT_EQ(rows("links.csv"), 4 * 2);  // one used direction, two presets
  EXPECT_EQ(rows("link_errors.csv"), 4 * 2);
  int64_t mesh_links = 0;
  for (const auto& variant : result.variants) {
    for (const auto& preset : variant.presets) {
      mesh_links += static_cast<int64_t>(preset.first.mesh_links.size());
    }
  }
  EXPECT_GT(mesh_links, 4 * 2 * 8);
  EXPECT_EQ(rows("mesh_links.csv"), mesh_links);
}

TEST_F(EvaluateTest, ReportsWhatErrorsOnLinksCost) {
  const auto errors = [&](const char* serdes) {
    core::write_file_atomic(directory_ / "exp.yaml",
                            "name: small\nsimulate: {samples: 2}\nhardware: {chips_x: 2, mesh: 4, "
                            "serdes: {bit_error_rate: 1e-3, crc_bits: 16, " +
                                std::string(serdes) +
                                "}}\nvariants: {hnn-graded: {wire: packet}}\n");
    const auto result = run(2);
    const auto& hnn = result.variants.back();
    EXPECT_EQ(
        link_error_totals(hnn, hnn.presets[0]).resent_flits +
            link_error_totals(hnn, hnn.presets[0]).damaged_flits,
        hnn.presets[0].boundaries[0].resent_flits + hnn.presets[0].boundaries[0].damaged_flits);
    return json::parse(summary_json(result))
        .at("variants")
        .at("hnn-graded")
        .at("presets")
        .at("paper45nm")
        .at("link_errors");
  };
  const json lost = errors("retry: none");
  EXPECT_GT(lost.at("damaged_flits"), 0);
  EXPECT_GT(lost.at("changed_values_fraction").get<double>(), 0);
  EXPECT_EQ(lost.at("resent_flits"), 0);
  const json repaired = errors("retry: go_back_n");
  EXPECT_EQ(repaired.at("damaged_flits"), 0);
  EXPECT_EQ(repaired.at("changed_values_fraction"), 0.0);
  EXPECT_GT(repaired.at("resent_bits_per_activation").get<double>(), 0);
}

TEST_F(EvaluateTest, RefusesDamagedBundles) {
  const fs::path bundle = directory_ / "bundle/hnn-graded";
  core::write_file_atomic(bundle / "metrics.json", "{}");
  EXPECT_THROW(run(1), core::UserError);
  fs::remove(bundle / "activity.h5");
  EXPECT_THROW(run(1), core::UserError);
  fs::remove_all(directory_ / "bundle");
  EXPECT_THROW(run(1), core::UserError);
}

TEST_F(EvaluateTest, AValueThatDiffersFailsTheRun) {
  const fs::path path = directory_ / "bundle/hnn-graded/activity.h5";
  auto activity = ir::read_activity(path);
  activity.boundaries.at("cut").value[17] += 1;
  ir::write_activity(activity, path);
  EXPECT_THROW(run(1), core::RunError);
}

}  // namespace
}  // namespace ranvier::sweep
