#include "ranvier/sqlite/database.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace ranvier::sqlite {
namespace {

namespace fs = std::filesystem;

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::path(::testing::TempDir()) /
                 ("sqlite_" + std::to_string(getpid()) + "_" + std::string(test->name()));
    fs::create_directories(directory_);
    path_ = directory_ / "a.sqlite";
  }
  void TearDown() override { fs::remove_all(directory_); }

  static int64_t count(Database& database) {
    Statement rows = database.prepare("SELECT count(*) FROM t");
    return rows.step() ? rows.integer(0) : -1;
  }

  fs::path directory_;
  fs::path path_;
};

TEST_F(DatabaseTest, KeepsEveryKindOfValue) {
  Database database(path_, Mode::kCreate, "--out");
  database.execute("CREATE TABLE t(i INTEGER, r REAL, s TEXT, n TEXT)");
  database.prepare("INSERT INTO t VALUES(?, ?, ?, ?)")
      .bind(0, int64_t{-9007199254740993})
      .bind(1, 0.1)
      .bind(2, std::string_view())
      .bind(3, std::optional<double>())
      .run();
  Statement row = database.prepare("SELECT * FROM t");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.integer(0), -9007199254740993);
  EXPECT_EQ(row.real(1), 0.1);
  EXPECT_FALSE(row.is_null(2)) << "an empty text is a text";
  EXPECT_EQ(row.text(2), "");
  EXPECT_TRUE(row.is_null(3));
  EXPECT_FALSE(row.step());
}

TEST_F(DatabaseTest, ATransactionIsAllOrNothing) {
  Database database(path_, Mode::kCreate, "--out");
  database.execute("CREATE TABLE t(i INTEGER PRIMARY KEY)");
  {
    Transaction lost(database);
    database.execute("INSERT INTO t VALUES(1)");
  }
  EXPECT_EQ(count(database), 0);
  Transaction kept(database);
  database.execute("INSERT INTO t VALUES(1)");
  kept.commit();
  EXPECT_EQ(count(database), 1);
  EXPECT_EQ(database.integrity(), "ok");
}

TEST_F(DatabaseTest, ACommittedTransactionSurvivesKill) {
  const pid_t child = fork();
  if (child == 0) {
    Database database(path_, Mode::kCreate, "--out");
    database.execute("CREATE TABLE t(i INTEGER)");
    Transaction kept(database);
    database.execute("INSERT INTO t VALUES(1)");
    kept.commit();
    Transaction lost(database);
    database.execute("INSERT INTO t VALUES(2)");
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  Database database(path_, Mode::kCreate, "--out");
  EXPECT_EQ(count(database), 1);
  EXPECT_EQ(database.integrity(), "ok");
}

TEST_F(DatabaseTest, RefusesWhatIsNoDatabase) {
  EXPECT_THROW(Database(path_, Mode::kRead, "FILE"), core::UserError) << "missing";
  EXPECT_FALSE(fs::exists(path_)) << "reading makes no file";
  EXPECT_THROW(Database(directory_, Mode::kRead, "FILE"), core::UserError) << "a directory";
  core::write_file_atomic(path_, std::string(4096, 'x'));
  EXPECT_THROW(Database(path_, Mode::kRead, "FILE"), core::UserError);
  EXPECT_THROW(Database(path_, Mode::kCreate, "--out"), core::UserError);
  EXPECT_THROW(Database(directory_ / "no" / "a.sqlite", Mode::kCreate, "--out"), core::UserError);
}

TEST_F(DatabaseTest, AFailingStatementNamesTheFile) {
  Database database(path_, Mode::kCreate, "--out");
  database.execute("CREATE TABLE t(i INTEGER PRIMARY KEY)");
  database.execute("INSERT INTO t VALUES(1)");
  try {
    database.prepare("INSERT INTO t VALUES(1)").run();
    FAIL() << "a second row of the same key was taken";
  } catch (const core::RunError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("a.sqlite"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("UNIQUE"));
  }
}

}  // namespace
}  // namespace ranvier::sqlite
