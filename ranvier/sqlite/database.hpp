#pragma once
// The small part of SQLite that ranvier needs: prepared statements and transactions on one file
// that survives the death of its writer. One database object serves one thread at a time.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ranvier::sqlite {

enum class Mode : uint8_t {
  kCreate,  // read and write; made when it is missing
  kRead,    // an existing file, never changed
};

class Statement;

/// An open file in write-ahead-log mode: after a crash of the process every committed transaction
/// is there and no other.
class Database {
 public:
  /// Errors: UserError (key `key`) when the file is missing (kRead), cannot be opened or is no
  /// database; RunError for everything that goes wrong later (full disk, another writer for more
  /// than a minute).
  Database(const std::filesystem::path& path, Mode mode, std::string_view key);
  ~Database();
  Database(Database&&) noexcept;

  /// Runs statements that return nothing, separated by semicolons.
  void execute(const std::string& sql);
  Statement prepare(std::string_view sql);

  /// Everything that is wrong with the file, "ok" when nothing is.
  std::string integrity();

  const std::filesystem::path& path() const;

 private:
  friend class Statement;
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

/// A prepared statement. Parameters and columns count from 0; bind all, then step.
class Statement {
 public:
  ~Statement();
  Statement(Statement&&) noexcept;

  Statement& bind(int parameter, int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view value);
  Statement& bind_null(int parameter);
  template <class T>
  Statement& bind(int parameter, const std::optional<T>& value) {
    return value ? bind(parameter, *value) : bind_null(parameter);
  }

  /// True while there is a row to read.
  bool step();
  /// Runs a statement that returns no row and makes it ready for the next parameters.
  void run();
  void reset();

  bool is_null(int column) const;
  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;

 private:
  friend class Database;
  struct Handle;
  explicit Statement(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

/// All or nothing: rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace ranvier::sqlite
