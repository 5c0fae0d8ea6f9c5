#include "engine/export/history/history_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace floodgauge {
namespace {

/// Files up to this size are checked as a whole when they are opened. Damage in a larger one is
/// found when the page is read.
constexpr std::int64_t kCheckedBytes = 64 << 20;
/// A file begins with it (https://sqlite.org/fileformat.html, section 1.3).
constexpr std::string_view kMagic("SQLite format 3\0", 16);

/// Times are nanoseconds since 1970. `rates.time` counts minutes (level 0) or hours (level 1).
constexpr const char* kTables = R"(
CREATE TABLE runs(id INTEGER PRIMARY KEY, what TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER);
CREATE TABLE incidents(
  id TEXT PRIMARY KEY, run INTEGER NOT NULL, number INTEGER NOT NULL, open INTEGER NOT NULL,
  kind TEXT NOT NULL, severity TEXT NOT NULL, target BLOB NOT NULL, start INTEGER NOT NULL,
  ended INTEGER, updated INTEGER NOT NULL, json TEXT NOT NULL, rate TEXT NOT NULL);
CREATE INDEX incidents_by_start ON incidents(start, target, id);
CREATE INDEX incidents_open ON incidents(run) WHERE open;
CREATE TABLE names(kind INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY(kind, number)) WITHOUT ROWID;
CREATE TABLE prefixes(number INTEGER PRIMARY KEY, prefix TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE rates(level INTEGER NOT NULL, prefix INTEGER NOT NULL, time INTEGER NOT NULL,
  data BLOB NOT NULL, PRIMARY KEY(level, prefix, time)) WITHOUT ROWID;
INSERT INTO prefixes VALUES(0, '', '');
)";

std::string stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return text.data();
}

HistoryError refusal(const std::string& path, const std::string& why) {
  return HistoryError("cannot keep the history in " + path + ": " + why);
}

/// A fourth of the bytes, and at most 16 MiB, is for the write-ahead log.
std::uint64_t log_pages_of(std::uint64_t bytes) {
  return std::min<std::uint64_t>(bytes / HistoryFile::kPageBytes / 4, 4096);
}

}  // namespace

HistoryFile::HistoryFile(std::string path, std::uint64_t bytes, const Say& say)
    : path_(std::move(path)),
      most_pages_(bytes / kPageBytes - log_pages_of(bytes)),
      log_pages_(log_pages_of(bytes)) {
  try {
    open_lock();
    Content content = inspect();
    const char* why = content == Content::foreign   ? "foreign"
                      : content == Content::damaged ? "damaged"
                      : content == Content::newer   ? "newer"
                                                    : nullptr;
    if (why != nullptr) {
      const std::string aside = set_aside(why);
      const std::string is = content == Content::foreign   ? " is no history of floodgauge"
                             : content == Content::damaged ? " is damaged"
                                                           : " was made by a newer floodgauge";
      if (say) say(path_ + is + ": it was renamed to " + aside + ", and a new history begins");
      open_lock();
      content = inspect();
    }
    set_up(content == Content::nothing);
  } catch (...) {
    close();
    throw;
  }
}

HistoryFile::~HistoryFile() {
  close();
}

void HistoryFile::close() noexcept {
  connection_.reset();
  if (lock_ >= 0) ::close(lock_);
  lock_ = -1;
}

void HistoryFile::open_lock() {
  lock_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
  if (lock_ < 0) throw refusal(path_, std::strerror(errno));
  struct stat status {};
  if (fstat(lock_, &status) != 0 || !S_ISREG(status.st_mode)) throw refusal(path_, "it is no file");
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    throw refusal(path_,
                  errno == EWOULDBLOCK ? "another floodgauge writes to it" : std::strerror(errno));
  }
}

HistoryFile::Content HistoryFile::inspect() {
  struct stat status {};
  std::array<char, kMagic.size()> head{};
  fstat(lock_, &status);
  const ssize_t count = pread(lock_, head.data(), head.size(), 0);
  const bool empty = count == 0;
  const bool sqlite = count == static_cast<ssize_t>(head.size()) &&
                      std::string_view(head.data(), head.size()) == kMagic;
  if (!empty && !sqlite) return Content::foreign;
  try {
    connection_ = std::make_unique<SqliteConnection>(path_, SqliteConnection::Mode::read_write);
    const std::int64_t application = connection_->number("PRAGMA application_id");
    const std::int64_t tables = connection_->number("SELECT count(*) FROM sqlite_master");
    if (tables == 0 && application == 0) return Content::nothing;
    if (application != kHistoryApplication) return Content::foreign;
    if (connection_->number("PRAGMA user_version") > kHistoryVersion) return Content::newer;
    if (status.st_size > kCheckedBytes) return Content::history;
    SqliteStatement check(*connection_, "PRAGMA quick_check(1)");
    return check.step() && check.text(0) == "ok" ? Content::history : Content::damaged;
  } catch (const SqliteError& error) {
    if (error.is_damage()) return Content::damaged;
    throw;
  }
}

void HistoryFile::set_up(bool make_tables) {
  SqliteConnection& db = *connection_;
  db.run("PRAGMA max_page_count=" + std::to_string(most_pages_));
  if (make_tables) {
    db.run("PRAGMA page_size=" + std::to_string(kPageBytes));
    db.run("BEGIN IMMEDIATE");
    db.run("PRAGMA application_id=" + std::to_string(kHistoryApplication));
    db.run("PRAGMA user_version=" + std::to_string(kHistoryVersion));
    db.run(kTables);
    db.run("COMMIT");
  }
  // https://sqlite.org/wal.html: readers do not stop the writer, and a commit is one append. What
  // is committed outlives the process at once, and the machine's power from the next checkpoint on.
  SqliteStatement(db, "PRAGMA journal_mode=WAL").step();
  db.run("PRAGMA synchronous=NORMAL");
  SqliteStatement(db, "PRAGMA wal_autocheckpoint=" +
                          std::to_string(std::max<std::uint64_t>(log_pages_ / 4, 16)))
      .step();
  SqliteStatement(db, "PRAGMA journal_size_limit=" + std::to_string(log_pages_ * kPageBytes))
      .step();
}

std::uint64_t HistoryFile::used_bytes() {
  const std::int64_t pages = connection_->number("PRAGMA page_count");
  const std::int64_t unused = connection_->number("PRAGMA freelist_count");
  return static_cast<std::uint64_t>(std::max<std::int64_t>(pages - unused, 0)) * kPageBytes;
}

bool HistoryFile::is_in_place() const {
  struct stat there {};
  struct stat own {};
  return stat(path_.c_str(), &there) == 0 && fstat(lock_, &own) == 0 &&
         there.st_ino == own.st_ino && there.st_dev == own.st_dev;
}

std::string HistoryFile::set_aside(const std::string& why) {
  close();
  std::string aside = path_ + "." + why + "-" + stamp();
  struct stat status {};
  for (int i = 1; lstat(aside.c_str(), &status) == 0 && i < 1000; ++i) {
    aside = path_ + "." + why + "-" + stamp() + "-" + std::to_string(i);
  }
  if (std::rename(path_.c_str(), aside.c_str()) != 0) {
    throw refusal(path_, "it is " + why + ", and cannot be renamed: " + std::strerror(errno));
  }
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    std::rename((path_ + suffix).c_str(), (aside + suffix).c_str());  // there may be none
  }
  return aside;
}

}  // namespace floodgauge
