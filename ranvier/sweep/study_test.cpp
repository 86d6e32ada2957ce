#include "ranvier/sweep/study.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/map/test_network.hpp"
#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/sweep/summary.hpp"
#include "ranvier/sweep/tornado.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace ranvier::sweep {
namespace {

namespace fs = std::filesystem;
using core::Event;

constexpr config::Field kWire{
    .key = "variants.*.wire", .kind = config::Kind::kText, .fallback = ""};

/// A simulated run of three variants on disk.
class StudyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        fs::path(::testing::TempDir()) /
        (std::string("study_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    bundle("ann-burst8", ir::NetworkKind::kAnn, codec::parse_codec("dense(8)", "t"));
    bundle("ann-burst4", ir::NetworkKind::kAnn, codec::parse_codec("dense(4)", "t"));
    bundle("hnn-graded", ir::NetworkKind::kHnn, codec::parse_codec("graded(2)", "t"));
    core::write_file_atomic(directory_ / "exp.yaml",
                            "name: small\npresets: [ucie16nm]\nhardware: {chips_x: 2, mesh: 4}\n"
                            "variants: {hnn-graded: {wire: auto}}\n");
    const auto result = evaluate(experiment({}), directory_, {.threads = 1, .quiet = true});
    core::write_file_atomic(directory_ / "summary.json", summary_json(result));
    core::write_file_atomic(directory_ / "ledger.json", ledger_json(result));
    for (const auto& variant : result.variants) {
      energies_.push_back(variant.presets.front().priced.total_pj);
      bundles_.push_back(variant.bundle);
    }
    run_ = read_run(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  void bundle(const std::string& name, ir::NetworkKind kind, codec::CodecSpec spec) {
    const auto network = map::testing::two_chip_network(kind, spec, 1);
    const fs::path path = directory_ / "bundle" / name;
    fs::create_directories(path);
    ir::write_network(network, path / "network.json");
    auto activity = map::testing::random_activity(network, 2, 0.3, 7);
    activity.labels = activity.predictions = {1, 2};
    ir::write_activity(activity, path / "activity.h5");
    core::write_file_atomic(
        path / "metrics.json",
        R"({"metric": "accuracy_percent", "metric_float": 50, "metric_deployed": 49,
            "events_per_neuron": 0.3, "boundary_neurons": 512, "test_samples": 100})");
  }

  Experiment experiment(const std::vector<std::string>& set) const {
    return load_experiment(directory_ / "exp.yaml", set, {&kWire, 1});
  }
  PresetStudy studied() const {
    const auto all = experiment({});
    return study(all, all.presets.front(), run_, bundles_);
  }
  Performance repriced(size_t variant, const std::string& set) const {
    const auto& counted = run_.variants[variant].presets.at("ucie16nm");
    return performance_of(counted.ledger, counted.samples, counted.latency_s,
                          experiment({set}).presets.front());
  }
  const Duel& duel(const PresetStudy& of, size_t variant, size_t other, Quantity quantity) const {
    return *std::ranges::find_if(of.duels, [&](const Duel& d) {
      return d.variant == variant && d.others.front() == other && d.quantity == quantity;
    });
  }

  fs::path directory_;
  StoredRun run_;
  std::vector<Bundle> bundles_;
  std::vector<double> energies_;
};

TEST_F(StudyTest, StoredCountsRepriceToTheEnergyOfTheRun) {
  const PresetStudy result = studied();
  ASSERT_EQ(result.standings.size(), 3u);
  for (size_t v = 0; v < 3; ++v) {
    const Standing& s = result.standings[v];
    EXPECT_NEAR(s.simulated.energy_pj, energies_[v], 1e-9 * energies_[v]);
    EXPECT_NEAR(s.simulated.energy_line.at(result.link_pj_per_bit), energies_[v],
                1e-9 * energies_[v]);
    EXPECT_LT(s.energy_minimum_pj, s.simulated.energy_pj);
    EXPECT_GT(s.energy_maximum_pj, s.simulated.energy_pj);
  }
}

TEST_F(StudyTest, AtTheBreakEvenPriceRepricedEnergiesAreEqual) {
  // Make the HNN dearer without its link than the dense one, so that the lines cross.
  auto& ledger = run_.variants[2].presets.at("ucie16nm").ledger;
  const auto& dense = run_.variants[0].presets.at("ucie16nm").ledger;
  ASSERT_LT(ledger[Event::kDieToDieBits], dense[Event::kDieToDieBits]);
  ledger.add(Event::kMac, 2'000'000);
  const PresetStudy result = studied();
  const Line& mine = result.standings[2].simulated.energy_line;
  const Line& theirs = result.standings[0].simulated.energy_line;
  const double price = (mine.at_zero - theirs.at_zero) / (theirs.slope - mine.slope);
  ASSERT_GT(price, 0);
  const auto& prices = duel(result, 2, 0, Quantity::kEnergy).prices;
  ASSERT_EQ(prices.size(), 1u);
  EXPECT_NEAR(prices[0].from, price, 1e-9 * price);
  const std::string set = "cost.d2d_bit=" + std::to_string(price) + " pJ/bit";
  EXPECT_NEAR(repriced(2, set).energy_pj, repriced(0, set).energy_pj,
              1e-5 * repriced(0, set).energy_pj);
}

TEST_F(StudyTest, LatencyDoesNotDependOnThePriceAndTurnsAtARate) {
  const PresetStudy result = studied();
  const auto all = experiment({});
  const Duel& of = duel(result, 2, 0, Quantity::kLatency);
  const bool faster =
      result.standings[2].simulated.latency_s < result.standings[0].simulated.latency_s;
  EXPECT_EQ(of.prices.size(), faster ? 1u : 0u);
  RateCurve mine(all, all.presets.front(), "hnn-graded", bundles_[2], 1);
  RateCurve theirs(all, all.presets.front(), "ann-burst8", bundles_[0], 1);
  const double lanes = all.presets.front().package.serdes.lanes;
  ASSERT_FALSE(of.rates.empty());
  EXPECT_EQ(of.rates.front().from, result.lowest_rate) << "fewer bits win on the slowest link";
  for (const Range& range : of.rates) {
    const double middle = std::sqrt(range.from * range.to) / lanes;
    EXPECT_LT(mine.at(middle).latency_s, theirs.at(middle).latency_s);
    const double beyond = range.to * 1.002 / lanes;
    if (range.to < result.highest_rate) {
      EXPECT_GE(mine.at(beyond).latency_s, theirs.at(beyond).latency_s);
    }
  }
}

TEST_F(StudyTest, ATornadoRowIsTheRatioAtTheEndsOfTheRange) {
  const auto all = experiment({});
  const auto reload = [&](const std::string& text) { return experiment({text}).presets.front(); };
  const auto bundle_of = [&](const std::string& name) -> const Bundle& {
    return *std::ranges::find(bundles_, name, &Bundle::variant);
  };
  const Tornado result = tornado(all, all.presets.front(), run_, bundle_of, reload);
  const auto row = std::ranges::find(result.rows, "cost.d2d_bit", &TornadoRow::key);
  ASSERT_NE(row, result.rows.end());
  const auto ratio_at = [&](const std::string& price) {
    const std::string set = "cost.d2d_bit=" + price;
    const double dense = std::min(repriced(0, set).energy_pj, repriced(1, set).energy_pj);
    return dense / repriced(2, set).energy_pj;
  };
  EXPECT_NEAR(row->minimum.ratio[0], ratio_at("0.25 pJ/bit"), 1e-12);
  EXPECT_NEAR(row->nominal.ratio[0], ratio_at("0.5 pJ/bit"), 1e-12);
  EXPECT_NEAR(row->maximum.ratio[0], ratio_at("1.2 pJ/bit"), 1e-12);
  EXPECT_FALSE(row->analytic);
  EXPECT_NEAR(row->swing(Quantity::kLatency), 1, 1e-12);
  const auto phy = std::ranges::find(result.rows, "hardware.serdes.phy_latency", &TornadoRow::key);
  ASSERT_NE(phy, result.rows.end());
  EXPECT_TRUE(phy->analytic);
  EXPECT_GT(phy->swing(Quantity::kLatency), 1);
  const auto latency_at = [&](size_t variant, double value) {
    const auto setup =
        reload("hardware.serdes.phy_latency=" + std::to_string(value * 1e12) + " ps");
    RateCurve fresh(all, setup, bundles_[variant].variant, bundles_[variant], 1);
    return fresh.at(setup.package.serdes.lane_rate.value()).latency_s;
  };
  const double slowest = phy->maximum.value;
  EXPECT_NEAR(phy->maximum.ratio[1],
              std::min(latency_at(0, slowest), latency_at(1, slowest)) / latency_at(2, slowest),
              1e-12)
      << "as if mapped anew";
  EXPECT_TRUE(std::ranges::count(result.without, "cost.area.mac")) << "no energy depends on areas";
  const auto rows = sorted(result, Quantity::kEnergy);
  for (size_t i = 1; i < rows.size(); ++i) {
    EXPECT_GE(rows[i - 1].swing(Quantity::kEnergy), rows[i].swing(Quantity::kEnergy));
  }
}

TEST_F(StudyTest, RefusesAPresetThatWasNotSimulatedAndAMissingBundle) {
  const auto all = experiment({"presets=[pcb]"});
  EXPECT_THROW(study(all, all.presets.front(), run_, bundles_), core::UserError);
  bundles_.pop_back();
  EXPECT_THROW(studied(), core::UserError);
}

TEST(TornadoRowTest, FlipsWhenTheRangeSpansOne) {
  TornadoRow row;
  row.minimum.ratio = {0.9, 1.2, 1};
  row.nominal.ratio = {0.95, 1.1, 1};
  row.maximum.ratio = {1.1, 1.3, 1};
  EXPECT_TRUE(row.flips(Quantity::kEnergy));
  EXPECT_FALSE(row.flips(Quantity::kLatency));
  EXPECT_FALSE(row.flips(Quantity::kEnergyDelay));
  EXPECT_DOUBLE_EQ(row.swing(Quantity::kEnergy), 1.1 / 0.9);
}

}  // namespace
}  // namespace ranvier::sweep
