#include "ranvier/sweep/runner.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/sweep/test_sweep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ranvier::sweep {
namespace {

namespace fs = std::filesystem;
using testing::content;
using ::testing::HasSubstr;
using testing::kLinkRates;
using testing::kPresets;
using testing::kSweep;
using testing::kVariants;
using testing::training;

class RunnerTest : public testing::SweepTest {
 protected:
  static double value(const ResultTable& table, const TableRow& row, const std::string& name) {
    for (size_t c = 0; c < table.columns.size(); ++c) {
      if (table.columns[c].name == name) return row.values[c];
    }
    ADD_FAILURE() << "no column " << name;
    return 0;
  }

  /// The rows of a point have the bits that `ranvier simulate` gives for that configuration.
  void expect_equals_evaluate(const std::string& database, int64_t position,
                              const std::vector<std::string>& overrides) const {
    const auto experiment =
        load_experiment(directory_ / "run/config.resolved.yaml", overrides, training());
    const auto result =
        evaluate(experiment, directory_ / "run", {.threads = 1, .quiet = true, .power_window = {}});
    const auto all = table(database);
    const bool cycle = all.fidelity == "cycle";
    int compared = 0;
    for (const auto& row : all.rows) {
      if (row.position != position) continue;
      for (const auto& variant : result.variants) {
        for (const auto& preset : variant.presets) {
          if (variant.name != row.variant || preset.preset != row.preset) continue;
          if (cycle) {
            EXPECT_EQ(value(all, row, "latency_us"), preset.latency_s * 1e6);
            EXPECT_EQ(value(all, row, "energy_uj"), preset.priced.total_pj / 1e6);
          }
          EXPECT_EQ(value(all, row, "latency_analytic_us"), preset.latency_analytic_s * 1e6);
          EXPECT_EQ(value(all, row, "bits_per_activation"), variant.bits_per_activation);
          EXPECT_EQ(value(all, row, "cores"), variant.cores);
          ++compared;
        }
      }
    }
    EXPECT_EQ(compared, kVariants * kPresets);
  }
};

TEST_F(RunnerTest, EverySimulationRunsOnceHoweverManyPricesThereAre) {
  const auto outcome = run(kSweep, "a.sqlite");
  EXPECT_EQ(outcome.points, 4);
  EXPECT_EQ(outcome.simulated, 2 * kVariants * kPresets + kLinkRates * kVariants * kPresets);
  EXPECT_EQ(outcome.refused + outcome.failed, 0);
  const auto all = table("a.sqlite");
  EXPECT_EQ(all.rows.size(), static_cast<size_t>(4 * kVariants * kPresets));
  EXPECT_EQ(all.links.size(), static_cast<size_t>(kLinkRates * kVariants * kPresets));
}

TEST_F(RunnerTest, ARepeatedSweepCostsNothing) {
  run(kSweep, "a.sqlite");
  const std::string before = csv("a.sqlite");
  const auto again = run(kSweep, "a.sqlite");
  EXPECT_EQ(again.known, 4);
  EXPECT_EQ(again.simulated, 0);
  EXPECT_EQ(csv("a.sqlite"), before);
}

TEST_F(RunnerTest, TheBreakEvenMapCanWait) {
  const auto without = run(std::string(kSweep) + "break_even: false\n", "a.sqlite");
  EXPECT_EQ(without.simulated, 2 * kVariants * kPresets);
  EXPECT_TRUE(table("a.sqlite").links.empty());
  EXPECT_EQ(run(std::string(kSweep) + "break_even: false\n", "a.sqlite").simulated, 0);
  EXPECT_EQ(run(kSweep, "a.sqlite").simulated, kLinkRates * kVariants * kPresets);
}

TEST_F(RunnerTest, AChangedConstantRepricesWithoutSimulating) {
  run(kSweep, "a.sqlite");
  SweepOptions dearer;
  dearer.overrides = {"cost.router_bit_hop=1 pJ/bit"};
  const auto repriced = run(kSweep, "a.sqlite", dearer);
  EXPECT_EQ(repriced.known, 0);
  EXPECT_EQ(repriced.simulated, 0);
  const std::string stored = csv("a.sqlite");
  run(kSweep, "fresh.sqlite", dearer);
  EXPECT_EQ(stored, csv("fresh.sqlite")) << "as if it had been simulated at these prices";
}

TEST_F(RunnerTest, APointEqualsTheSimulationOfThatConfiguration) {
  run(kSweep, "a.sqlite");
  expect_equals_evaluate("a.sqlite", 3, {"hardware.serdes.lanes=4", "cost.d2d_bit=2 pJ/bit"});
}

constexpr const char* kMappings =
    "name: t\nbase: BASE\nfidelity: analytic\n"
    "axes: [{key: mapping.search, values: [none, bits, latency, energy, edp]}]\n";

TEST_F(RunnerTest, MappingsAreSearchedForAsInARun) {
  run("name: t\nbase: BASE\nfidelity: analytic\naxes: [{key: mapping.search, values: [none]}]\n",
      "a.sqlite");
  const auto outcome = run(kMappings, "a.sqlite");
  EXPECT_EQ(outcome.refused + outcome.failed, 0) << outcome.first_refusal;
  EXPECT_EQ(outcome.known, 1);
  EXPECT_EQ(outcome.simulated, 4 * kVariants * kPresets);
  for (const auto& [position, least] : {std::pair{0, "none"}, {1, "bits"}, {3, "energy"}}) {
    expect_equals_evaluate("a.sqlite", position, {std::string("mapping.search=") + least});
  }
  const auto latency = [&](int64_t position, const std::string& database) {
    const auto all = table(database);
    std::vector<double> values;  // of the preset that is searched under
    for (const auto& row : all.rows) {
      if (row.position == position && row.preset == "paper45nm") {
        values.push_back(value(all, row, "latency_us"));
      }
    }
    return values;
  };
  const auto naive = latency(0, "a.sqlite");
  const auto found = latency(2, "a.sqlite");
  ASSERT_EQ(naive.size(), static_cast<size_t>(kVariants));
  for (size_t v = 0; v < naive.size(); ++v) EXPECT_LE(found[v], naive[v]);
  EXPECT_NE(found, naive);
}

TEST_F(RunnerTest, ASearchCostsNothingTwiceAndDependsOnTheSeed) {
  run(kMappings, "a.sqlite");
  EXPECT_EQ(run(kMappings, "a.sqlite").simulated, 0);
  run(kMappings, "three.sqlite", with_jobs(3));
  EXPECT_EQ(content(directory_ / "three.sqlite"), content(directory_ / "a.sqlite"));
  SweepOptions seeded;
  seeded.overrides = {"seed=2"};
  const auto other = run(kMappings, "a.sqlite", seeded);
  EXPECT_EQ(other.known, 1) << "the point without a search";
  EXPECT_EQ(other.simulated, 4 * kVariants * kPresets);
}

TEST_F(RunnerTest, PricesMoveOnlyMappingsThatWereSearchedForEnergy) {
  const auto simulated = [&](const std::string& least) {
    const auto sweep = [&](const std::string& price) {
      return "name: t\nbase: BASE\nfidelity: analytic\naxes:\n"
             "  - {key: mapping.search, values: [" +
             least + "]}\n  - {key: cost.d2d_bit, values: [" + price + "]}\n";
    };
    run(sweep("1 pJ/bit"), least + ".sqlite");
    return run(sweep("1 pJ/bit, 2 pJ/bit"), least + ".sqlite").simulated;
  };
  EXPECT_EQ(simulated("latency"), 0);
  EXPECT_EQ(simulated("edp"), kVariants * kPresets);
}

TEST_F(RunnerTest, BitErrorsAreThoseOfARun) {
  run("name: t\nbase: BASE\naxes: [{key: hardware.serdes.bit_error_rate, values: [1e-3]}]\n",
      "a.sqlite");
  expect_equals_evaluate("a.sqlite", 0, {"hardware.serdes.bit_error_rate=1e-3"});
}

TEST_F(RunnerTest, WorkersDoNotChangeTheDatabase) {
  run(kSweep, "one.sqlite", with_jobs(1));
  run(kSweep, "three.sqlite", with_jobs(3));
  EXPECT_EQ(content(directory_ / "one.sqlite"), content(directory_ / "three.sqlite"));
  EXPECT_EQ(csv("one.sqlite"), csv("three.sqlite"));
}

/// More points than are evaluated together, in pairs that differ in a price.
constexpr const char* kManyPoints =
    "name: t\nbase: BASE\nfidelity: analytic\nbreak_even: false\naxes:\n"
    "  - {key: cost.d2d_bit, values: [1 pJ/bit, 2 pJ/bit]}\n"
    "  - {key: hardware.serdes.lanes, from: 1, to: 80, steps: 80}\n";

TEST_F(RunnerTest, BatchesDoNotChangeTheDatabase) {
  const auto outcome = run(kManyPoints, "one.sqlite", with_jobs(1));
  EXPECT_EQ(outcome.points, 160);
  EXPECT_EQ(outcome.simulated, 80 * kVariants * kPresets) << "whichever batch comes first";
  run(kManyPoints, "three.sqlite", with_jobs(3));
  EXPECT_EQ(content(directory_ / "three.sqlite"), content(directory_ / "one.sqlite"));
  Store merged = Store::create(directory_ / "merged.sqlite");
  for (const int shard : {1, 2, 3}) {
    const std::string part = std::to_string(shard) + ".sqlite";
    run(kManyPoints, part, with_shard(shard));
    merged.merge(directory_ / part);
  }
  EXPECT_EQ(content(directory_ / "merged.sqlite"), content(directory_ / "one.sqlite"));
  EXPECT_EQ(csv("merged.sqlite"), csv("one.sqlite"));
}

TEST_F(RunnerTest, MergedShardsEqualOneRun) {
  run(kSweep, "whole.sqlite");
  run(kSweep, "1.sqlite", with_shard(1));
  EXPECT_NE(csv("1.sqlite"), csv("whole.sqlite"));
  run(kSweep, "2.sqlite", with_shard(2));
  run(kSweep, "3.sqlite", with_shard(3));
  Store merged = Store::create(directory_ / "merged.sqlite");
  for (const char* part : {"2.sqlite", "1.sqlite", "3.sqlite", "1.sqlite"}) {
    merged.merge(directory_ / part);
  }
  EXPECT_EQ(content(directory_ / "merged.sqlite"), content(directory_ / "whole.sqlite"));
  EXPECT_EQ(csv("merged.sqlite"), csv("whole.sqlite"));
  EXPECT_EQ(run(kSweep, "merged.sqlite").simulated, 0);
}

TEST_F(RunnerTest, ShardsOfAnotherSweepAreRefused) {
  run(kSweep, "a.sqlite");
  run("name: other\nbase: BASE\naxes: [{key: hardware.serdes.lanes, values: [2]}]\n", "b.sqlite");
  Store merged = Store::create(directory_ / "merged.sqlite");
  merged.merge(directory_ / "a.sqlite");
  EXPECT_THROW(merged.merge(directory_ / "b.sqlite"), core::UserError);
  EXPECT_THROW(merged.merge(directory_ / "absent.sqlite"), core::UserError);
}

TEST_F(RunnerTest, ANetworkThatDoesNotFitIsRecordedAndTheRestGoesOn) {
  const char* yaml =
      "name: t\nbase: BASE\nfidelity: analytic\n"
      "axes: [{key: hardware.mesh, values: [2, 4]}]\n";
  const auto outcome = run(yaml, "a.sqlite");
  EXPECT_EQ(outcome.refused, 1);
  EXPECT_EQ(outcome.failed, 0);
  EXPECT_THAT(outcome.first_refusal, HasSubstr("hardware.mesh"));
  const auto all = table("a.sqlite");
  EXPECT_EQ(all.rows.front().state, "refused");
  EXPECT_THAT(all.rows.front().message, HasSubstr(" under "));
  EXPECT_EQ(all.rows.back().state, "done");
  EXPECT_EQ(run(yaml, "a.sqlite").known, 2) << "a refusal is a result";
}

TEST_F(RunnerTest, CombinationsThatCannotBeBuiltAreRefusedPointByPoint) {
  const auto outcome =
      run("name: t\nbase: BASE\nfidelity: analytic\n"
          "axes: [{key: hardware.emio.fifo_depth, values: [8, 9]}]\n",
          "a.sqlite");
  EXPECT_EQ(outcome.refused, 1);
  EXPECT_THAT(outcome.first_refusal, HasSubstr("fifo_depth"));
}

TEST_F(RunnerTest, AFailureIsRecordedAndTriedAgain) {
  const fs::path activity = directory_ / "run/bundle/hnn-graded/activity.h5";
  auto damaged = ir::read_activity(activity);
  damaged.boundaries.at("cut").value[17] += 1;  // not what the network computed with
  ir::write_activity(damaged, activity);
  const auto outcome = run(kSweep, "a.sqlite");
  EXPECT_EQ(outcome.failed, 4);
  EXPECT_THAT(outcome.first_failure, HasSubstr("hnn-graded under paper45nm"));
  const auto again = run(kSweep, "a.sqlite");
  EXPECT_EQ(again.known, 0);
  EXPECT_GT(again.simulated, 0);
  EXPECT_LT(again.simulated, outcome.simulated) << "the other variants are known";
}

TEST_F(RunnerTest, RefusesBadValuesBeforeTheFirstPoint) {
  const auto refusal = [&](const std::string& axes) {
    try {
      run("name: t\nbase: BASE\naxes:\n  - " + axes, "a.sqlite");
    } catch (const core::UserError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(refusal("{key: hardware.mesh, values: [4, 0]}"), HasSubstr("sweep.yaml:4"));
  EXPECT_THAT(refusal("{key: cost.d2d_bit, values: [3]}"), HasSubstr("[cost.d2d_bit] got 3"));
  EXPECT_THAT(refusal("{key: hardware.serdes.lanes, from: 0, to: 8, steps: 3}"),
              HasSubstr("hardware.serdes.lanes"));
  EXPECT_THAT(refusal("{key: train.epochs, values: [3]}"), HasSubstr("trained run"));
  EXPECT_THAT(refusal("{key: variants.hnn-grade.wire, values: [aer]}"),
              HasSubstr("Did you mean hnn-graded?"));
  EXPECT_THAT(refusal("{key: hardware.mesh, values: [4]}\nvariants: [hnn]"), HasSubstr("variants"));
  EXPECT_THAT(refusal("{key: hardware.mesh, values: [4]}\npresets: [pbc]"), HasSubstr("pcb"));
}

TEST_F(RunnerTest, AnExperimentIsTrainedOncePerTraining) {
  const char* yaml =
      "name: t\nbase: BASE/config.resolved.yaml\nfidelity: analytic\naxes:\n"
      "  - {key: train.epochs, values: [1, 2]}\n  - {key: hardware.serdes.lanes, values: [1, 2]}\n";
  int trained = 0;
  SweepOptions options;
  options.train = [&](const Experiment& experiment, const fs::path& run, const Examine& examine) {
    ++trained;
    if (experiment.values.integer("train.epochs") == 2 && trained < 3) {
      throw core::RunError("the loss is not finite");
    }
    testing::write_test_run(run);
    examine(ir::read_network(run / "bundle/hnn-graded/network.json"));
  };
  const auto outcome = run(yaml, "a.sqlite", options);
  EXPECT_EQ(trained, 2);
  EXPECT_EQ(outcome.failed, 2) << "both points of the training that failed";
  EXPECT_THAT(outcome.first_failure, HasSubstr("not finite"));
  const auto again = run(yaml, "a.sqlite", options);
  EXPECT_EQ(trained, 3) << "only the failed one";
  EXPECT_EQ(again.failed, 0);
  EXPECT_EQ(again.known, 2);
  fs::remove_all(directory_ / "runs");
  EXPECT_THROW(run(yaml, "b.sqlite"), core::UserError) << "nothing can train here";
}

TEST_F(RunnerTest, TheFrontIsWhatBruteForceFinds) {
  run(kSweep, "a.sqlite");
  auto all = table("a.sqlite");
  mark_front(all, "bits_per_activation", "metric_deployed");
  const auto column = [&](const std::string& name) {
    size_t c = 0;
    while (all.columns[c].name != name) ++c;
    return c;
  };
  const size_t b = column("bits_per_activation"), accuracy = column("metric_deployed");
  int marked = 0;
  for (const auto& row : all.rows) {
    bool beaten = false;
    for (const auto& other : all.rows) {
      if (other.preset != row.preset) continue;
      const bool no_worse =
          other.values[b] <= row.values[b] && other.values[accuracy] >= row.values[accuracy];
      const bool better =
          other.values[b] < row.values[b] || other.values[accuracy] > row.values[accuracy];
      beaten = beaten || (no_worse && better);
    }
    EXPECT_EQ(row.front, !beaten) << row.position << row.variant;
    marked += row.front;
  }
  EXPECT_GT(marked, 0);
  EXPECT_THROW(mark_front(all, "energy_u", "latency_us"), core::UserError);
}

}  // namespace
}  // namespace ranvier::sweep
