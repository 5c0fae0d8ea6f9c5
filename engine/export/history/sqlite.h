// SQLite (https://sqlite.org/cintro.html) as C++: a connection and a statement that close
// themselves, and errors as exceptions.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace floodgauge {

class SqliteError : public std::runtime_error {
 public:
  /// `code`: a primary result code (https://sqlite.org/rescode.html).
  SqliteError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}

  /// There is no room: the disk, a quota or a limit of the process or of the file is reached.
  bool is_full() const;
  /// The file is no database, or its content is damaged.
  bool is_damage() const;

 private:
  int code_;
};

class SqliteConnection {
 public:
  enum class Mode { read_write, read_only, immutable };

  /// Throws SqliteError.
  SqliteConnection(const std::string& path, Mode mode);
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection();

  /// Runs statements without results. Throws SqliteError.
  void run(const std::string& sql);
  /// The first column of the first row; 0 without a row. Throws SqliteError.
  std::int64_t number(const std::string& sql);
  /// Ends an open transaction without its changes. Never throws.
  void rollback() noexcept;

  [[noreturn]] void fail(int code) const;
  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

/// A prepared statement. Parameters and columns are numbered from 1 and from 0, as SQLite does.
class SqliteStatement {
 public:
  SqliteStatement(SqliteConnection& connection, const std::string& sql);
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;
  ~SqliteStatement();

  SqliteStatement& bind(int parameter, std::int64_t value);
  SqliteStatement& bind(int parameter, std::string_view text);
  SqliteStatement& bind_blob(int parameter, std::string_view bytes);
  SqliteStatement& bind_null(int parameter);

  /// The next row; false when there is none.
  bool step();
  /// Runs a statement without results, and makes it ready to be used again.
  void run();
  /// Ready to be used again.
  void reset();

  std::int64_t number(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;

 private:
  SqliteConnection& connection_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace floodgauge
