#include "ranvier/core/file.hpp"

#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace ranvier::core {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }
  fs::path directory_;
};

TEST_F(FileTest, WritesWholeFilesAndReplacesThem) {
  write_file_atomic(directory_ / "a.json", "one");
  write_file_atomic(directory_ / "a.json", "two");
  EXPECT_EQ(read_file(directory_ / "a.json", "a"), "two");
  EXPECT_FALSE(fs::exists(directory_ / "a.json.part"));
}

TEST_F(FileTest, KeepsTheOldFileWhenAWriterFails) {
  write_file_atomic(directory_ / "a.json", "old");
  EXPECT_THROW(write_atomic(directory_ / "a.json",
                            [](const fs::path& temporary) {
                              std::ofstream(temporary) << "half";
                              throw RunError("disk full");
                            }),
               RunError);
  EXPECT_EQ(read_file(directory_ / "a.json", "a"), "old");
  EXPECT_FALSE(fs::exists(directory_ / "a.json.part"));
}

TEST_F(FileTest, ReportsAFullDisk) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  fs::create_symlink("/dev/full", directory_ / "a.json.part");
  try {
    write_file_atomic(directory_ / "a.json", "content");
    FAIL() << "a full disk went unnoticed";
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("No space left"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(directory_ / "a.json"));
}

TEST_F(FileTest, RefusesMissingFilesAndDirectoriesByKey) {
  try {
    read_file(directory_ / "absent.bin", "data.path");
    FAIL() << "a missing file went unnoticed";
  } catch (const UserError& error) {
    EXPECT_EQ(error.refusal().key, "data.path");
  }
  EXPECT_THROW(read_file(directory_, "data.path"), UserError);
}

TEST_F(FileTest, RefusesADirectoryThatCannotBeWritten) {
  std::ofstream(directory_ / "file") << "in the way";
  EXPECT_THROW(require_writable_directory(directory_ / "file" / "out", "--out"), UserError);
  EXPECT_NO_THROW(require_writable_directory(directory_ / "new" / "out", "--out"));
}

TEST(ContentHashTest, DistinguishesContentAndMatchesFnv1a) {
  EXPECT_EQ(content_hash(""), 0xCBF29CE484222325ULL);
  EXPECT_EQ(content_hash("a"), 0xAF63DC4C8601EC8CULL);
  EXPECT_NE(content_hash("ab"), content_hash("ba"));
}

}  // namespace
}  // namespace ranvier::core
