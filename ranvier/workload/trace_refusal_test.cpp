#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/hdf5/file.hpp"
#include "ranvier/workload/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <map>

namespace ranvier::workload {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::string kHeader = "id,time_cycles,source_x,source_y,target_x,target_y,kind,bits";
const std::string kRow = "0,0,0,0,1,0,dense,32";

class TraceRefusalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("trace_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  core::Refusal refusal(const char* name) const {
    try {
      read_trace(directory_ / name, arch::PackageSpec{});
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.exit_code(), core::ExitCode::kUserError);
      return error.refusal();
    }
    ADD_FAILURE() << "read_trace accepted it";
    return {};
  }

  void expect_csv(const std::string& text, const std::string& key, const std::string& given,
                  const std::string& allowed, int line) const {
    std::ofstream(directory_ / "t.csv", std::ios::binary) << text;
    const auto got = refusal("t.csv");
    EXPECT_EQ(got.key, key) << text;
    EXPECT_THAT(got.given, HasSubstr(given)) << text;
    EXPECT_THAT(got.allowed, HasSubstr(allowed)) << text;
    EXPECT_THAT(got.place, EndsWith("t.csv:" + std::to_string(line))) << text;
  }

  using Columns = std::map<std::string, std::vector<int64_t>>;
  static Columns good() {
    return {{"time_cycles", {0, 4}}, {"source_x", {0, 1}}, {"source_y", {0, 0}},
            {"target_x", {1, 0}},    {"target_y", {0, 0}}, {"bits", {32, 64}}};
  }

  void write_h5(const Columns& columns, const std::string& unit = "core cycles") const {
    hdf5::Writer file(directory_ / "t.h5");
    file.attribute("schema", 1);
    file.attribute("name", std::string("t"));
    file.attribute("time_unit", unit);
    for (const auto& [name, values] : columns) {
      const std::vector<int64_t> dims{static_cast<int64_t>(values.size())};
      file.dataset<int64_t>("/" + name, dims, values);
    }
    file.close();
  }

  void expect_h5(const std::function<void(Columns&)>& damage, const std::string& key,
                 const std::string& given, const std::string& allowed) const {
    Columns columns = good();
    damage(columns);
    write_h5(columns);
    const auto got = refusal("t.h5");
    EXPECT_EQ(got.key, key);
    EXPECT_THAT(got.given, HasSubstr(given)) << key;
    EXPECT_THAT(got.allowed, HasSubstr(allowed)) << key;
    EXPECT_THAT(got.place, EndsWith("t.h5")) << key;
  }

  fs::path directory_;
};

TEST_F(TraceRefusalTest, CsvColumns) {
  expect_csv("time_cycles,source_x,source_y,target_x,target_y\n0,0,0,1,0\n", "bits",
             "no such column", "time_cycles", 1);
  expect_csv(kHeader + ",colour\n", "colour", "unknown", "delay_cycles", 1);
  expect_csv(kHeader + ",bits\n", "bits", "twice", "once", 1);
  expect_csv("time_ns,source_x,source_y,target_x,target_y,bits\n", "time_ns", "another unit",
             "time_cycles", 1);
  expect_csv(kHeader + "\n", "trace", "no messages", "one message per line", 1);
}

TEST_F(TraceRefusalTest, CsvCells) {
  const std::string head = kHeader + "\n" + kRow + "\n";
  expect_csv(head + "1,-5,0,0,1,0,dense,32\n", "time_cycles", "-5", "0..", 3);
  expect_csv(head + "1,5 ns,0,0,1,0,dense,32\n", "time_cycles", "5 ns", "whole number", 3);
  expect_csv(head + "1,5,0,0,-1,0,dense,32\n", "target_x", "-1", "0..", 3);
  expect_csv(head + "1,5,8,0,1,0,dense,32\n", "source_x", "8", "0..7, the tiles", 3);
  expect_csv(head + "1,5,0,0,1,8,dense,32\n", "target_y", "8", "0..7, the tiles", 3);
  expect_csv(head + "1,5,0,0,1,0,spike,32\n", "kind", "'spike'", "dense, spikes", 3);
  expect_csv(head + "1,5,0,0,1,0,dense,0\n", "bits", "0", "1..", 3);
  expect_csv(head + "0,5,0,0,1,0,dense,32\n", "id", "0", "no other message", 3);
  expect_csv(head + "-1,5,0,0,1,0,dense,32\n", "id", "-1", "0..", 3);
}

TEST_F(TraceRefusalTest, CsvTruncated) {
  expect_csv(kHeader + "\n" + kRow + "\n1,5,0,0\n", "trace", "4 cells", "8", 3);
  expect_csv(kHeader + "\n" + kRow + "\n1,5,0,0,1,0,dense,3", "trace", "without line break",
             "whole lines", 3);
  expect_csv("", "trace", "without line break", "whole lines", 1);
}

TEST_F(TraceRefusalTest, CsvSizes) {
  const std::string head = kHeader + ",packets,flits,shape\n" + kRow;
  expect_csv(head + ",2,3,\n", "flits", "3", "multiple of 2", 2);
  expect_csv(head + ",0,,\n", "packets", "0", "1..", 2);
  expect_csv(head + ",1,64,\n", "bits", "32", "each of 64 flits", 2);
  expect_csv(head + ",1,1,1x2\n", "shape", "'1x2'", "PACKETSxFLITSxBITS", 2);
  expect_csv(head + ",1,1,1x1x33\n", "bits", "32", "33, the sum", 2);
  expect_csv(head + ",1,2,1x1x32\n", "flits", "2", "1, the sum", 2);
  expect_csv(head + ",1,2,1x2x32+0\n", "shape", "1x2x32+0", "bits per flit", 2);
  expect_csv(head + ",2147483646,2,2147483646x2147483646x1\n", "flits", "", "1..", 2);
}

TEST_F(TraceRefusalTest, CsvDependencies) {
  const std::string head = kHeader + ",depends,delay_cycles\n";
  expect_csv(head + kRow + ",5,1\n", "depends", "5", "ids of messages", 2);
  expect_csv(head + kRow + ",0,1\n", "depends", "0", "form a cycle", 2);
  expect_csv(head + kRow + ",,\n1,0,0,0,1,0,dense,32,2,\n2,0,0,0,1,0,dense,32,1,\n", "depends", "2",
             "form a cycle", 3);
  expect_csv(head + kRow + ",,\n1,0,0,0,1,0,dense,32,0;0,\n", "depends", "0 twice", "once", 3);
  expect_csv(head + kRow + ",,7\n", "delay_cycles", "7", "without dependencies", 2);
  expect_csv(head + kRow + ",,\n1,0,0,0,1,0,dense,32,0,-1\n", "delay_cycles", "-1", "0..", 3);
  expect_csv(head + kRow + ",x,\n", "depends", "'x'", "whole number", 2);
}

TEST_F(TraceRefusalTest, Hdf5Datasets) {
  expect_h5([](Columns& c) { c.erase("bits"); }, "trace/bits", "nothing", "dataset");
  expect_h5([](Columns& c) { c.erase("time_cycles"); }, "trace/time_cycles", "nothing", "dataset");
  expect_h5([](Columns& c) { c["colour"] = {1, 2}; }, "trace/colour", "unknown", "time_cycles");
  expect_h5([](Columns& c) { c["bits"] = {1}; }, "trace/bits", "[1]", "[2]");
  expect_h5([](Columns& c) { c["kind"] = {0, 4}; }, "trace/kind", "4", "0..3 for dense");
  expect_h5(
      [](Columns& c) {
        c["time_cycles"] = {0, -4};
      },
      "trace/time_cycles", "-4 in row 1", "0..");
  expect_h5([](Columns& c) { c["source_y"] = {0, -4}; }, "trace/source_y", "-4 in row 1", "0..");
  expect_h5([](Columns& c) { c["target_x"] = {0, 8}; }, "trace/target_x", "8 in row 1", "0..7");
  expect_h5([](Columns& c) { c["id"] = {3, 3}; }, "trace/id", "3 in row 1", "no other message");
}

TEST_F(TraceRefusalTest, Hdf5Lists) {
  const auto depends = [](std::vector<int64_t> first, std::vector<int64_t> ids) {
    return [=](Columns& c) {
      c["depends_first"] = first;
      c["depends"] = ids;
    };
  };
  expect_h5(depends({0, 1, 1}, {9}), "trace/depends", "9 in row 0", "ids of messages");
  expect_h5(depends({0, 1, 2}, {1, 0}), "trace/depends", "1 in row 0", "form a cycle");
  expect_h5(depends({0, 1}, {1}), "trace/depends_first", "[2]", "[3]");
  expect_h5(depends({0, 3, 1}, {1}), "trace/depends_first", "do not cut", "rising values");
  expect_h5([](Columns& c) { c["depends"] = {0}; }, "trace/depends_first", "nothing", "dataset");
  expect_h5([](Columns& c) { c["shape"] = {1, 1, 32, 0}; }, "trace/shape", "[4]", "[4, 4]");
}

TEST_F(TraceRefusalTest, Hdf5UnitAndTruncation) {
  write_h5(good(), "ns");
  EXPECT_EQ(refusal("t.h5").key, "trace@time_unit");
  EXPECT_EQ(refusal("t.h5").given, "'ns'");
  write_h5(good());
  EXPECT_NO_THROW(read_trace(directory_ / "t.h5", arch::PackageSpec{}));
  const std::string whole = core::read_file(directory_ / "t.h5", "test");
  core::write_file_atomic(directory_ / "t.h5", whole.substr(0, whole.size() / 2));
  EXPECT_THAT(refusal("t.h5").hint, HasSubstr("truncated"));
  EXPECT_EQ(refusal("nowhere.h5").key, "trace");
  EXPECT_EQ(refusal("nowhere.csv").key, "trace");
}

TEST_F(TraceRefusalTest, SharedPacketsThatDiffer) {
  const std::string header = kHeader + ",shares\n" + kRow + ",\n";
  expect_csv(header + "1,0,0,0,2,0,dense,32,7\n", "shares", "7", "the id of the row before", 3);
  expect_csv(header + "1,0,0,0,2,0,dense,32,0\n2,0,0,0,3,0,dense,32,1\n", "shares", "1",
             "what that row shares", 4);
  expect_csv(header + "1,0,0,0,2,0,dense,31,0\n", "shares", "0", "in id and target only", 3);
  expect_csv(header + "1,0,0,1,2,0,dense,32,0\n", "shares", "0", "in id and target only", 3);
  expect_csv(kHeader + ",shares\n" + kRow + ",0\n", "shares", "0", "the id of the row before", 2);
}

}  // namespace
}  // namespace ranvier::workload
