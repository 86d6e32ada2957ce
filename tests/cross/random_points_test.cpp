// What docs/models/analytic.md promises of every point, on points drawn anew in every run:
// equal event counts, latency within 2 % where nothing congests, within 15 % where only links do.
// RANVIER_POINT_SEED repeats a run, RANVIER_POINTS makes it longer.

#include "tests/cross/random_points.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/sim/simulator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace ranvier {
namespace {

constexpr uint64_t kPoints = 200;
constexpr double kWaiting = 0.02;  // of the latency for links (and the mesh), before links congest
constexpr double kUncongested = 0.02;  // error allowed
constexpr double kLinksCongest = 0.15;

uint64_t from_environment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

/// Errors of the points of one regime, and the table's row about them.
class Regime {
 public:
  explicit Regime(const char* name) : name_(name) {}
  void add(double error) { errors_.push_back(std::abs(error)); }
  size_t points() const { return errors_.size(); }
  void print() {
    if (errors_.empty()) return;
    std::ranges::sort(errors_);
    const auto part = [&](size_t percent) {
      return 100 * errors_[(errors_.size() - 1) * percent / 100];
    };
    std::printf("%-22s %7zu %9.2f %9.2f %9.2f %9.2f\n", name_, errors_.size(), part(50), part(95),
                part(99), part(100));
  }

 private:
  const char* name_;
  std::vector<double> errors_;
};

void expect_equal_counts(const sim::Result& simulated, const analytic::Estimate& estimated) {
  for (size_t i = 0; i < core::kEventKinds; ++i) {
    const auto event = static_cast<core::Event>(i);
    // These two grow with the run time.
    if (event == core::Event::kTileCycles || event == core::Event::kDieToDieIdleBits) continue;
    EXPECT_EQ(simulated.ledger[event], estimated.ledger[event]) << core::event_info(event).name;
  }
}

void check_points(map::DeliveryMode delivery) {
  const uint64_t seed = from_environment("RANVIER_POINT_SEED", std::random_device{}());
  const uint64_t points = from_environment("RANVIER_POINTS", kPoints);
  Regime idle("uncongested"), links("links congest"), flagged("flagged: use cycle");
  for (uint64_t number = 0; number < points; ++number) {
    const auto point = testing::random_point(seed, number, delivery);
    SCOPED_TRACE(point.what);
    const auto simulated = sim::simulate(point.workload, point.package);
    const auto estimated = analytic::estimate(point.workload, point.package);
    expect_equal_counts(simulated, estimated);
    const auto cycles = static_cast<double>(simulated.latency.value());
    const double error = static_cast<double>(estimated.latency.value()) / cycles - 1;
    const auto waiting =
        static_cast<double>((estimated.waiting.link + estimated.waiting.mesh).value());
    if (estimated.congested) {
      flagged.add(error);
    } else if (waiting > kWaiting * static_cast<double>(estimated.latency.value())) {
      links.add(error);
      EXPECT_LE(std::abs(error), kLinksCongest) << cycles << " cycles simulated";
    } else {
      idle.add(error);
      EXPECT_LE(std::abs(error), kUncongested) << cycles << " cycles simulated";
    }
  }
  std::printf("seed %llu; |error| of the latency [%%]\n", static_cast<unsigned long long>(seed));
  std::printf("%-22s %7s %9s %9s %9s %9s\n", "regime", "points", "median", "95 %", "99 %", "max");
  for (Regime* regime : {&idle, &links, &flagged}) regime->print();
  EXPECT_TRUE(points < kPoints || idle.points() > 0) << "nothing was promised";
}

TEST(RandomPoints, KeepWhatTheAnalyticModelPromises) { check_points(map::DeliveryMode::kUnicast); }

TEST(RandomPoints, KeepItWherePacketsFork) { check_points(map::DeliveryMode::kMulticast); }

}  // namespace
}  // namespace ranvier
