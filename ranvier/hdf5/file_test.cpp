#include "ranvier/hdf5/file.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <string>

namespace ranvier::hdf5 {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Dims = std::vector<int64_t>;

const Subject kSubject{"numbers", "numbers", "this test"};
const std::vector<int64_t> kWide{-(int64_t{1} << 40), 0, int64_t{1} << 62};

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::path(::testing::TempDir()) /
            ("hdf5_" + std::to_string(getpid()) + "_" +
             ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".h5");
    Writer file(path_);
    file.attribute("schema", 7);
    file.group("/some");
    file.dataset<int64_t>("/some/wide", Dims{3}, kWide);
    file.close();
  }
  void TearDown() override { fs::remove(path_); }

  core::Refusal refusal(const std::function<void()>& action) const {
    try {
      action();
    } catch (const core::UserError& error) {
      return error.refusal();
    }
    ADD_FAILURE() << "nothing was refused";
    return {};
  }

  fs::path path_;
};

TEST_F(FileTest, ReadsWideIntegersAndAttributes) {
  const Reader file(path_, kSubject);
  EXPECT_EQ(file.read<int64_t>("/some/wide"), kWide);
  EXPECT_EQ(file.integer_attribute("schema"), 7);
  EXPECT_TRUE(file.has("/some/wide"));
  EXPECT_FALSE(file.has("/some/other"));
}

TEST_F(FileTest, RefusalsCarryTheSubjectThePathInsideAndTheFile) {
  const Reader file(path_, kSubject);
  const auto narrow = refusal([&] { file.read<int32_t>("/some/wide"); });
  EXPECT_EQ(narrow.key, "numbers/some/wide");
  EXPECT_EQ(narrow.place, path_.string());
  EXPECT_THAT(narrow.allowed, HasSubstr("at most 4 bytes"));
  EXPECT_EQ(refusal([&] { file.read<int64_t>("/gone"); }).key, "numbers/gone");
  EXPECT_EQ(refusal([&] { file.text_attribute("schema"); }).key, "numbers@schema");
}

TEST_F(FileTest, RefusesMissingAndTruncatedFiles) {
  EXPECT_THAT(refusal([] { Reader("nowhere.h5", kSubject); }).hint, HasSubstr("this test"));
  const std::string whole = core::read_file(path_, "test");
  core::write_file_atomic(path_, whole.substr(0, whole.size() / 2));
  EXPECT_THAT(refusal([&] { Reader(path_, kSubject); }).hint, HasSubstr("truncated"));
}

}  // namespace
}  // namespace ranvier::hdf5
