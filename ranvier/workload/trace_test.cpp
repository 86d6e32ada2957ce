#include "ranvier/workload/trace.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace ranvier::workload {
namespace {

namespace fs = std::filesystem;

class TraceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("trace_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  Trace read_text(const std::string& csv) const {
    std::ofstream(directory_ / "t.csv", std::ios::binary) << csv;
    return read_trace(directory_ / "t.csv", arch::PackageSpec{});
  }

  fs::path directory_;
};

Trace sample() {
  Trace trace{.name = "sample", .messages = {}};
  trace.messages.push_back({.id = 7,
                            .time = core::Cycles(0),
                            .source = {0, 0},
                            .target = {3, 1},
                            .kind = MessageKind::kSpikes,
                            .packets = {{1, 3, 10, 32}, {4, 2, 30, 30}},
                            .depends = {},
                            .delay = core::Cycles(0)});
  trace.messages.push_back({.id = 2,
                            .time = core::Cycles(40),
                            .source = {3, 1},
                            .target = {0, 0},
                            .kind = MessageKind::kBoundary,
                            .packets = {{1, 1, 34, 0}},
                            .depends = {7},
                            .delay = core::Cycles(5),
                            .spread = core::Cycles(9)});
  trace.messages.push_back({.id = 3,
                            .time = core::Cycles(40),
                            .source = {1, 1},
                            .target = {1, 1},
                            .kind = MessageKind::kControl,
                            .packets = {{2, 1, 20, 0}},
                            .depends = {2, 7},
                            .delay = core::Cycles(0)});
  return trace;
}

TEST_F(TraceTest, ReadsWhatItWroteInBothFormats) {
  for (const char* name : {"sample.csv", "sample.h5"}) {
    write_trace(sample(), directory_ / name);
    EXPECT_EQ(read_trace(directory_ / name, arch::PackageSpec{}), sample()) << name;
  }
}

/// The second message goes to two more tiles.
Trace sharing() {
  Trace trace = sample();
  trace.name = "sharing";  // as its file
  for (const int y : {2, 1}) {
    TraceMessage branch = trace.messages[1];
    branch.id = 10 + y;
    branch.target = {1, y};
    branch.shares = 2;
    trace.messages.insert(trace.messages.begin() + 2, branch);
  }
  return trace;
}

TEST_F(TraceTest, KeepsWhoSharesPackets) {
  for (const char* name : {"sharing.csv", "sharing.h5"}) {
    write_trace(sharing(), directory_ / name);
    EXPECT_EQ(read_trace(directory_ / name, arch::PackageSpec{}), sharing()) << name;
  }
}

TEST_F(TraceTest, HasNoColumnForWhatNobodyShares) {
  write_trace(sample(), directory_ / "sample.csv");
  std::ifstream file(directory_ / "sample.csv");
  std::string header;
  std::getline(file, header);
  EXPECT_EQ(header.find("shares"), std::string::npos);
}

TEST_F(TraceTest, CountsPacketsFlitsAndBits) {
  const TraceMessage message = sample().messages[0];
  EXPECT_EQ(message.packet_count(), 5);
  EXPECT_EQ(message.flits(), 11);
  EXPECT_EQ(message.bits(), 10 + 2 * 32 + 8 * 30);
}

TEST_F(TraceTest, ATraceWithoutDependenciesRoundsTripsInHdf5) {
  Trace trace = sample();
  for (auto& message : trace.messages) {
    message.depends.clear();
    message.delay = core::Cycles(0);
  }
  write_trace(trace, directory_ / "sample.h5");
  EXPECT_EQ(read_trace(directory_ / "sample.h5", arch::PackageSpec{}), trace);
}

TEST_F(TraceTest, TheRequiredColumnsAreEnough) {
  const Trace trace = read_text(
      "bits,time_cycles,source_x,source_y,target_x,target_y\r\n100,5,0,1,2,3\r\n20,9,2,3,0,1\r\n");
  ASSERT_EQ(trace.messages.size(), 2U);
  const TraceMessage& message = trace.messages[0];
  EXPECT_EQ(trace.name, "t");
  EXPECT_EQ(message.id, 0);
  EXPECT_EQ(trace.messages[1].id, 1);
  EXPECT_EQ(message.time, core::Cycles(5));
  EXPECT_EQ(message.kind, MessageKind::kDense);
  EXPECT_EQ(message.target, (arch::Coordinates{2, 3}));
  EXPECT_EQ(message.packet_count(), 1);
  EXPECT_EQ(message.flits(), 3) << "100 bits in flits of 34";
  EXPECT_EQ(message.bits(), 100);
}

TEST_F(TraceTest, PacketsAndFlitsWithoutShapeAreEqual) {
  const Trace trace = read_text(
      "time_cycles,source_x,source_y,target_x,target_y,packets,flits,bits\n0,0,0,1,0,3,6,64\n");
  const std::vector<PacketRun> expected{{1, 2, 14, 10}, {2, 2, 10, 10}};
  EXPECT_EQ(trace.messages[0].packets, expected);
  EXPECT_EQ(trace.messages[0].bits(), 64);
}

TEST_F(TraceTest, TilesAreCheckedAgainstAPackage) {
  arch::PackageSpec package;
  package.chip.mesh = 4;
  EXPECT_NO_THROW(check_tiles(sample(), package));
  package.chip.mesh = 2;
  try {
    check_tiles(sample(), package);
    FAIL() << "tile (3, 1) is off a 2 x 2 package";
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "trace");
    EXPECT_EQ(error.refusal().given, "message 7 with target tile (3, 1)");
  }
}

}  // namespace
}  // namespace ranvier::workload
