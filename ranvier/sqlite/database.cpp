#include "ranvier/sqlite/database.hpp"

#include "ranvier/core/error.hpp"

#include <sqlite3.h>

#include <utility>

namespace ranvier::sqlite {
namespace fs = std::filesystem;
namespace {

constexpr int kBusyMilliseconds = 60000;

[[noreturn]] void fail(sqlite3* connection, const fs::path& path, std::string_view doing) {
  throw core::RunError("[" + path.string() + "] " + std::string(doing) +
                       " failed: " + sqlite3_errmsg(connection) +
                       ". What was committed before is kept; free space or fix permissions and "
                       "run the same command again.");
}

[[noreturn]] void refuse(const fs::path& path, std::string_view key, const std::string& hint) {
  throw core::UserError({.key = std::string(key),
                         .given = "'" + path.string() + "'",
                         .allowed = "an SQLite database",
                         .place = {},
                         .hint = hint});
}

}  // namespace

struct Database::Handle {
  sqlite3* connection = nullptr;
  fs::path path;
  ~Handle() { sqlite3_close_v2(connection); }
};

struct Statement::Handle {
  sqlite3_stmt* statement = nullptr;
  fs::path path;
  ~Handle() { sqlite3_finalize(statement); }

  void check(int code, std::string_view doing) const {
    if (code != SQLITE_OK) fail(sqlite3_db_handle(statement), path, doing);
  }
};

Database::Database(const fs::path& path, Mode mode, std::string_view key)
    : handle_(std::make_unique<Handle>()) {
  handle_->path = path;
  if (mode == Mode::kRead && !fs::is_regular_file(path)) {
    refuse(path, key, fs::exists(path) ? "It is no file." : "No such file; check the spelling.");
  }
  const int flags =
      mode == Mode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (sqlite3_open_v2(path.c_str(), &handle_->connection, flags, nullptr) != SQLITE_OK) {
    refuse(path, key, std::string(sqlite3_errmsg(handle_->connection)) + ".");
  }
  sqlite3_busy_timeout(handle_->connection, kBusyMilliseconds);
  // Reading the first page tells a database from another file.
  const char* probe = mode == Mode::kRead
                          ? "SELECT count(*) FROM sqlite_schema"
                          : "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL";
  if (sqlite3_exec(handle_->connection, probe, nullptr, nullptr, nullptr) != SQLITE_OK) {
    refuse(path, key, std::string(sqlite3_errmsg(handle_->connection)) + ".");
  }
}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_->connection, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail(handle_->connection, handle_->path, "a database statement");
  }
}

Statement Database::prepare(std::string_view sql) {
  auto handle = std::make_unique<Statement::Handle>();
  handle->path = handle_->path;
  const int code = sqlite3_prepare_v3(handle_->connection, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle->statement, nullptr);
  if (code != SQLITE_OK) fail(handle_->connection, handle_->path, "preparing a statement");
  return Statement(std::move(handle));
}

std::string Database::integrity() {
  Statement check = prepare("PRAGMA integrity_check");
  std::string found;
  while (check.step()) found += (found.empty() ? "" : "\n") + check.text(0);
  return found;
}

const fs::path& Database::path() const { return handle_->path; }

Statement::Statement(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Statement::~Statement() = default;
Statement::Statement(Statement&&) noexcept = default;

Statement& Statement::bind(int parameter, int64_t value) {
  handle_->check(sqlite3_bind_int64(handle_->statement, parameter + 1, value), "binding");
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  handle_->check(sqlite3_bind_double(handle_->statement, parameter + 1, value), "binding");
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
  // An empty view may have no data, which SQLite would store as NULL.
  const char* data = value.empty() ? "" : value.data();
  handle_->check(sqlite3_bind_text(handle_->statement, parameter + 1, data,
                                   static_cast<int>(value.size()), SQLITE_TRANSIENT),
                 "binding");
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  handle_->check(sqlite3_bind_null(handle_->statement, parameter + 1), "binding");
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_->statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    const std::string path = handle_->path.string();
    sqlite3* connection = sqlite3_db_handle(handle_->statement);
    fail(connection, path, "reading or writing");
  }
  return false;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(handle_->statement);
  sqlite3_clear_bindings(handle_->statement);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_->statement, column) == SQLITE_NULL;
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_->statement, column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(handle_->statement, column);
}

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_->statement, column));
  const int size = sqlite3_column_bytes(handle_->statement, column);
  return data == nullptr ? std::string() : std::string(data, static_cast<size_t>(size));
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const core::Error&) {  // NOLINT: SQLite rolled back by itself
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace ranvier::sqlite
