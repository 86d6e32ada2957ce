// What a boundary loses, told without time, is what the simulator counts: block by block and value
// by value, for every code on every wire.

#include "ranvier/sweep/link_loss.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/map/test_network.hpp"
#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/sweep/summary.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace ranvier::sweep {
namespace {

namespace fs = std::filesystem;

constexpr int kSamples = 3;

class LinkLossTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 (std::string("link_loss_") +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name() + "_" +
                  std::to_string(getpid()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  void bundle(const std::string& name, const ir::Network& network) const {
    const fs::path path = directory_ / "bundle" / name;
    fs::create_directories(path);
    ir::write_network(network, path / "network.json");
    auto activity = map::testing::random_activity(network, kSamples, 0.3, 7);
    activity.steps = network.steps;
    for (const auto& boundary : network.boundaries) {
      activity.boundaries.at(boundary.name).steps = boundary.params.spec.steps;
    }
    activity.labels.assign(kSamples, 1);
    activity.predictions.assign(kSamples, 1);
    ir::write_activity(activity, path / "activity.h5");
    core::write_file_atomic(path / "metrics.json",
                            R"({"metric": "accuracy_percent", "metric_float": 50,
 "metric_deployed": 49.5, "events_per_neuron": 0.3, "boundary_neurons": 512, "test_samples": 100})");
  }

  struct Run {
    Experiment experiment;
    ExperimentResult result;
    const VariantResult& variant() const { return result.variants.front(); }
  };
  /// One variant under one preset; `hardware` adds to its links.
  Run run(const std::string& name, const std::string& wire, const std::string& hardware,
          int threads = 1) const {
    core::write_file_atomic(directory_ / "exp.yaml",
                            "name: small\nseed: 9\npresets: [ucie16nm]\nsimulate: {samples: " +
                                std::to_string(kSamples) + "}\nhardware: " + hardware +
                                "\nvariants: {" + name + ": {wire: " + wire + "}}\n");
    static const config::Field kWire{
        .key = "variants.*.wire", .kind = config::Kind::kText, .fallback = ""};
    Run made{.experiment = load_experiment(directory_ / "exp.yaml", {}, {&kWire, 1}), .result = {}};
    made.result = evaluate(made.experiment, directory_, {.threads = threads, .quiet = true});
    return made;
  }

  /// Through the file, as training reads it.
  std::vector<codec::LossyBoundary> told(const Run& run) const {
    const auto path = directory_ / "links.json";
    ir::write_link_loss(
        link_loss(run.experiment, run.variant().bundle, run.experiment.presets.front()), path);
    return ir::lossy_boundaries(ir::read_link_loss(path), run.variant().bundle.network);
  }

  fs::path directory_;
};

/// Of boundary `b` over the recorded samples.
codec::LossTotals losses(const codec::LossyBoundary& lossy, const Bundle& bundle, size_t b) {
  const ir::BoundaryActivity& of = bundle.activity.boundaries.at(bundle.network.boundaries[b].name);
  codec::LossTotals totals;
  for (int64_t s = 0; s < bundle.activity.samples; ++s) {
    const auto part = [&](const auto& all, int64_t steps) {
      const auto from = all.begin() + s * steps * of.elements;
      return std::vector(from, from + steps * of.elements);
    };
    if (bundle.network.kind == ir::NetworkKind::kSnn) {
      auto spikes = part(of.symbols, of.steps);
      totals += lossy.lose_spikes(s, of.steps, spikes);
    } else {
      const auto current = part(of.current, 1);
      auto value = part(of.value, 1);
      totals += lossy.lose(s, current, value);
    }
  }
  return totals;
}

void expect_same(const codec::LossTotals& told, const sim::BoundaryUse& counted,
                 const std::string& what) {
  EXPECT_EQ(told.blocks, counted.blocks) << what;
  EXPECT_EQ(told.damaged_blocks, counted.damaged_blocks) << what;
  EXPECT_EQ(told.lost_blocks, counted.lost_blocks) << what;
  EXPECT_EQ(told.values, counted.values_checked + counted.values_damaged) << what;
  EXPECT_EQ(told.changed_values, counted.values_damaged) << what;
  EXPECT_EQ(told.error_sum, counted.value_error_sum) << what;
}

TEST_F(LinkLossTest, IsWhatTheSimulatorCountsForEveryCodeAndWire) {
  struct Case {
    const char *name, *codec, *wire;
    ir::NetworkKind kind;
    int steps;
  };
  using ir::NetworkKind;
  constexpr std::array<Case, 9> kCases{{{"ann-packet", "dense(8)", "packet", NetworkKind::kAnn, 1},
                                        {"ann-burst8", "dense(8)", "burst", NetworkKind::kAnn, 1},
                                        {"hnn-graded", "graded(3)", "packet", NetworkKind::kHnn, 1},
                                        {"hnn-graded", "graded(3)", "aer", NetworkKind::kHnn, 1},
                                        {"hnn-graded", "graded(3)", "auto", NetworkKind::kHnn, 1},
                                        {"hnn-rate", "rate(4)", "bitmap", NetworkKind::kHnn, 1},
                                        {"hnn-ttfs", "ttfs(4)", "packet", NetworkKind::kHnn, 1},
                                        {"snn", "rate(3)", "packet", NetworkKind::kSnn, 3},
                                        {"snn", "rate(3)", "auto", NetworkKind::kSnn, 3}}};
  for (const Case& one : kCases) {
    auto network =
        map::testing::two_chip_network(one.kind, codec::parse_codec(one.codec, "t"), one.steps);
    for (auto& boundary : network.boundaries) {
      if (boundary.params.spec.kind != codec::CodecKind::kTtfs) continue;
      boundary.params.levels = {.threshold = {200, 500, 900}, .value = {1, 2, 3, 4}};
    }
    bundle(one.name, network);
    for (const int crc : {16, 0}) {
      const std::string what = std::string(one.codec) + " " + one.wire + " " + std::to_string(crc);
      const auto made = run(one.name, one.wire,
                            "{chips_x: 2, mesh: 4, serdes: {bit_error_rate: 1e-3, crc_bits: " +
                                std::to_string(crc) + "}}");
      const sim::BoundaryUse& counted = made.variant().presets.front().boundaries.front();
      expect_same(losses(told(made).front(), made.variant().bundle, 0), counted, what);
      EXPECT_GT(counted.values_damaged, 0) << what;
      EXPECT_LT(counted.values_damaged, counted.values_checked) << what;
    }
    fs::remove_all(directory_ / "bundle");
  }
}

TEST_F(LinkLossTest, IsTheSameForAnyNumberOfThreads) {
  bundle("hnn-graded", map::testing::two_chip_network(ir::NetworkKind::kHnn,
                                                      codec::parse_codec("graded(3)", "t")));
  const std::string hardware = "{chips_x: 2, mesh: 4, serdes: {bit_error_rate: 1e-3}}";
  EXPECT_EQ(summary_json(run("hnn-graded", "packet", hardware, 1).result),
            summary_json(run("hnn-graded", "packet", hardware, 8).result));
}

TEST_F(LinkLossTest, FollowsABlockOverEveryLinkOfItsRoute) {
  bundle("hnn-graded",
         map::testing::filled_network(ir::NetworkKind::kHnn, codec::parse_codec("graded(3)", "t")));
  const auto made = run("hnn-graded", "packet",
                        "{chips_x: 2, chips_y: 2, mesh: 5, neurons_per_core: 64, serdes: "
                        "{bit_error_rate: 1e-3, crc_bits: 16}}");
  const Bundle& bundle = made.variant().bundle;
  const auto loss = link_loss(made.experiment, bundle, made.experiment.presets.front());
  const auto lossy = told(made);
  size_t most = 0;
  for (size_t b = 0; b < lossy.size(); ++b) {
    for (const auto& block : loss.boundaries[b].blocks) most = std::max(most, block.chips.size());
    const auto totals = losses(lossy[b], bundle, b);
    const sim::BoundaryUse& counted = made.variant().presets.front().boundaries[b];
    EXPECT_EQ(totals.blocks, counted.blocks) << b;
    EXPECT_EQ(totals.damaged_blocks, counted.damaged_blocks) << b;
    EXPECT_EQ(totals.lost_blocks, counted.lost_blocks) << b;
  }
  EXPECT_GE(most, 2U) << "no block crossed two links: the case tests nothing";
}

TEST_F(LinkLossTest, WritesLinksWhereSomethingIsLostAndTakesScoresFromBeside) {
  bundle("hnn-graded", map::testing::two_chip_network(ir::NetworkKind::kHnn,
                                                      codec::parse_codec("graded(3)", "t")));
  const fs::path folder = directory_ / "link_loss";
  const auto clean = run("hnn-graded", "auto", "{chips_x: 2, mesh: 4}");
  EXPECT_TRUE(write_link_losses(clean.experiment, clean.result, folder).empty());
  const auto repaired = run("hnn-graded", "auto",
                            "{chips_x: 2, mesh: 4, serdes: {bit_error_rate: 1e-3, crc_bits: 16, "
                            "retry: go_back_n}}");
  EXPECT_TRUE(write_link_losses(repaired.experiment, repaired.result, folder).empty());
  EXPECT_FALSE(fs::exists(folder));
  const auto lost =
      run("hnn-graded", "auto", "{chips_x: 2, mesh: 4, serdes: {bit_error_rate: 1e-3}}");
  const auto links = write_link_losses(lost.experiment, lost.result, folder);
  ASSERT_EQ(links, std::vector{folder / "hnn-graded.ucie16nm.links.json"});
  EXPECT_THROW(read_loss_scores(links), core::UserError) << "no score yet";
  const auto unscored = nlohmann::json::parse(summary_json(lost.result));
  ir::write_loss_score({.variant = "hnn-graded",
                        .preset = "ucie16nm",
                        .metric = "accuracy_percent",
                        .samples = 80,
                        .without_loss = 49.5,
                        .with_loss = 31.25,
                        .names = {"cut"},
                        .totals = {{.values = 200, .changed_values = 50}}},
                       folder / "hnn-graded.ucie16nm.score.json");
  const auto summary = nlohmann::json::parse(summary_json(lost.result, read_loss_scores(links)));
  const auto errors = [](const nlohmann::json& all) {
    return all.at("variants").at("hnn-graded").at("presets").at("ucie16nm").at("link_errors");
  };
  EXPECT_FALSE(errors(unscored).contains("quality"));
  EXPECT_EQ(errors(summary).at("quality"), (nlohmann::json{{"metric_deployed", 31.25},
                                                           {"metric_deployed_without_loss", 49.5},
                                                           {"test_samples", 80},
                                                           {"changed_values_fraction", 0.25}}));
}

}  // namespace
}  // namespace ranvier::sweep
