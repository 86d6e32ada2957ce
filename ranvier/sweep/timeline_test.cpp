#include "ranvier/sweep/timeline.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ranvier::sweep {
namespace {

using nlohmann::json;

class TimelineTest : public ::testing::Test {
 protected:
  TimelineTest() {
    package_.chips_x = 2;
    package_.chip.mesh = 6;
    const auto network = map::testing::two_chip_network(ir::NetworkKind::kHnn,
                                                        codec::parse_codec("graded(2)", "t"), 1);
    const auto activity = map::testing::random_activity(network, 1, 0.3, 7);
    workload_ = map::build_workload(network, map::map_network(network, package_), activity, 0,
                                    codec::WireKind::kAuto, package_);
    result_ = sim::simulate(workload_, package_, with_timeline({}));
    const auto path = std::filesystem::path(::testing::TempDir()) /
                      ("timeline_" + std::to_string(getpid()) + ".json");
    write_timeline(workload_, package_, result_, path);
    events_ = json::parse(core::read_file(path, "timeline")).at("traceEvents");
    std::filesystem::remove(path);
  }

  std::vector<json> of_phase(const std::string& phase) const {
    std::vector<json> found;
    for (const auto& event : events_) {
      if (event.at("ph") == phase) found.push_back(event);
    }
    return found;
  }

  double microseconds(core::Cycles at) const {
    return static_cast<double>(at.value()) * 1e6 / package_.core_clock.value();
  }

  arch::PackageSpec package_;
  workload::Workload workload_;
  sim::Result result_;
  json events_;
};

TEST_F(TimelineTest, EveryTaskIsASliceAndATileDoesOneAtATime) {
  std::map<std::pair<int, int>, std::vector<std::pair<double, double>>> tiles;
  std::set<std::string> categories;
  double latest = 0;
  for (const auto& slice : of_phase("X")) {
    const double start = slice.at("ts");
    const double duration = slice.at("dur");
    tiles[{slice.at("pid"), slice.at("tid")}].emplace_back(start, start + duration);
    categories.insert(slice.at("cat"));
    latest = std::max(latest, start + duration);
  }
  const auto sources =
      std::count_if(workload_.tasks.begin(), workload_.tasks.end(),
                    [](const auto& task) { return task.kind == workload::TaskKind::kSource; });
  EXPECT_EQ(of_phase("X").size(), workload_.tasks.size() - static_cast<size_t>(sources));
  EXPECT_EQ(categories, (std::set<std::string>{"compute", "encode", "decode"}));
  EXPECT_NEAR(latest, microseconds(result_.latency), 1e-9 * latest);
  for (auto& [tile, slices] : tiles) {
    std::sort(slices.begin(), slices.end());
    for (size_t i = 1; i < slices.size(); ++i) {
      EXPECT_GE(slices[i].first, slices[i - 1].second - 1e-9) << tile.first << " " << tile.second;
    }
  }
}

TEST_F(TimelineTest, EveryBoundaryMessageBeginsAndEndsOnce) {
  const auto expected = static_cast<size_t>(std::count_if(
      workload_.messages.begin(), workload_.messages.end(),
      [](const auto& message) { return message.kind == workload::MessageKind::kBoundary; }));
  ASSERT_GT(expected, 0U);
  std::map<int, double> begun;
  for (const auto& event : of_phase("b")) begun[event.at("id")] = event.at("ts");
  EXPECT_EQ(begun.size(), expected);
  EXPECT_EQ(of_phase("e").size(), expected);
  for (const auto& event : of_phase("e")) {
    EXPECT_GT(event.at("ts").get<double>(), begun.at(event.at("id")));
    EXPECT_EQ(event.at("cat"), "chip 0 to 1");
  }
}

TEST_F(TimelineTest, NamesEveryChipAndTileOnce) {
  std::set<std::pair<int, int>> named;
  for (const auto& event : of_phase("M")) {
    EXPECT_TRUE(named.emplace(event.at("pid"), event.at("tid")).second);
  }
  for (const auto& slice : of_phase("X")) {
    const std::pair<int, int> tile(slice.at("pid"), slice.at("tid"));
    EXPECT_TRUE(named.contains(tile));
  }
}

TEST_F(TimelineTest, NeedsRecordedTimes) {
  const auto result = sim::simulate(workload_, package_);
  EXPECT_THROW(write_timeline(workload_, package_, result, "never"), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::sweep
