// The file of the history: opens or makes it, keeps other writers out, and sets a file aside that
// is not a sound history of this version.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "engine/export/history/sqlite.h"

namespace floodgauge {

/// The history cannot be kept at that path; the sentence names it.
class HistoryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Marks a database as a history of floodgauge (https://sqlite.org/fileformat.html, offset 68).
inline constexpr std::int64_t kHistoryApplication = 0x666c6467;  // "fldg"
/// The version of the tables, `user_version` of the database.
inline constexpr std::int64_t kHistoryVersion = 1;

class HistoryFile {
 public:
  using Say = std::function<void(const std::string&)>;

  /// Opens the file. A file that is no history, is damaged or is of a newer version is renamed, and
  /// `say` is called with a sentence. `bytes`: most bytes of the database and its write-ahead log
  /// together. Throws HistoryError when the path cannot be used, or another process writes to it;
  /// SqliteError when there is no room.
  HistoryFile(std::string path, std::uint64_t bytes, const Say& say);
  HistoryFile(const HistoryFile&) = delete;
  HistoryFile& operator=(const HistoryFile&) = delete;
  ~HistoryFile();

  SqliteConnection& connection() { return *connection_; }
  /// Bytes of the pages in use, and the most that there may be.
  std::uint64_t used_bytes();
  std::uint64_t most_bytes() const { return most_pages_ * kPageBytes; }
  /// How many prefixes' rates one transaction may change, so that the write-ahead log, which holds
  /// a transaction as a whole, stays within its share. Up to a fourth of the share may be in the
  /// log before. A prefix has a page of its minute and one of its hour; when a page overflows, the
  /// tree is balanced over it, its neighbours and a new page.
  std::size_t most_rows_at_once() const { return std::max<std::size_t>(log_pages_ / 8, 1); }
  /// False when the file was removed or replaced by another one since it was opened.
  bool is_in_place() const;
  /// Closes the file and renames it; the object cannot be used afterwards. Returns the new name.
  std::string set_aside(const std::string& why);

  static constexpr std::uint64_t kPageBytes = 4096;

 private:
  enum class Content { history, nothing, foreign, damaged, newer };
  void open_lock();
  Content inspect();
  void set_up(bool make_tables);
  void close() noexcept;

  const std::string path_;
  const std::uint64_t most_pages_;
  const std::uint64_t log_pages_;
  /// Holds the lock. Closing any descriptor of a file ends SQLite's own locks (fcntl(2)), so it is
  /// closed after the connection.
  int lock_ = -1;
  std::unique_ptr<SqliteConnection> connection_;
};

}  // namespace floodgauge
