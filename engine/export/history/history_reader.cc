#include "engine/export/history/history_reader.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace floodgauge {
namespace {

HistoryError refusal(const std::string& path, const std::string& why) {
  return HistoryError("cannot read the history " + path + ": " + why);
}

constexpr const char* kColumns =
    "SELECT id, number, open, start, target, json, rate FROM incidents";

HistoryRow row_of(const SqliteStatement& statement) {
  return {.id = statement.text(0),
          .number = static_cast<std::uint32_t>(statement.number(1)),
          .open = statement.number(2) != 0,
          .start = {statement.number(3)},
          .target = statement.text(4),
          .json = statement.text(5),
          .rate = statement.text(6)};
}

}  // namespace

HistoryReader::HistoryReader(const std::string& path) : path_(path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) throw refusal(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) throw refusal(path, "it is no file");
  try {
    connection_ = open(path);
    if (connection_->number("PRAGMA application_id") != kHistoryApplication) {
      throw refusal(path, "it is no history of floodgauge");
    }
    if (connection_->number("PRAGMA user_version") > kHistoryVersion) {
      throw refusal(path, "it was made by a newer floodgauge");
    }
  } catch (const SqliteError& error) {
    throw refusal(path, error.what());
  }
}

std::unique_ptr<SqliteConnection> HistoryReader::open(const std::string& path) {
  try {
    auto connection = std::make_unique<SqliteConnection>(path, SqliteConnection::Mode::read_only);
    connection->number("SELECT count(*) FROM sqlite_master");
    return connection;
  } catch (const SqliteError& error) {
    if (error.is_damage()) throw;
    // A log beside the file cannot be opened: the folder may be read-only, or belong to another
    // user. Without its log the file is what it was at its last checkpoint.
    return std::make_unique<SqliteConnection>(path, SqliteConnection::Mode::immutable);
  }
}

std::vector<HistoryRow> HistoryReader::incidents(const IncidentQuery& query) {
  std::string sql = std::string(kColumns) + " WHERE 1";
  if (query.open) sql += *query.open ? " AND open" : " AND NOT open";
  if (query.since) sql += " AND (open OR ended >= ?1)";
  if (query.until) sql += " AND start <= ?2";
  if (query.after) {
    sql += query.latest_first ? " AND (start, target, id) < (?3, ?4, ?5)"
                              : " AND (start, target, id) > (?3, ?4, ?5)";
  }
  const std::string order = query.latest_first ? " DESC" : "";
  sql += " ORDER BY start" + order + ", target" + order + ", id" + order + " LIMIT ?6";
  try {
    SqliteStatement statement(*connection_, sql);
    if (query.since) statement.bind(1, query.since->count);
    if (query.until) statement.bind(2, query.until->count);
    if (query.after) {
      statement.bind(3, query.after->start.count)
          .bind_blob(4, query.after->target)
          .bind(5, query.after->id);
    }
    statement.bind(6, static_cast<std::int64_t>(query.limit));
    std::vector<HistoryRow> rows;
    while (statement.step()) rows.push_back(row_of(statement));
    return rows;
  } catch (const SqliteError& error) {
    throw refusal(path_, error.what());
  }
}

std::optional<HistoryRow> HistoryReader::incident(const std::string& id) {
  try {
    SqliteStatement statement(*connection_, std::string(kColumns) + " WHERE id = ?1");
    statement.bind(1, id);
    if (!statement.step()) return std::nullopt;
    return row_of(statement);
  } catch (const SqliteError& error) {
    throw refusal(path_, error.what());
  }
}

std::vector<RatesRow> HistoryReader::rates(HistoryLevel level, const std::string& prefix,
                                           Nanoseconds from, Nanoseconds to, std::size_t most,
                                           std::int64_t together) {
  const std::int64_t step = step_of(level).count;
  try {
    SqliteStatement statement(
        *connection_,
        "SELECT time, data FROM rates WHERE level = ?1 AND prefix = (SELECT number FROM prefixes "
        "WHERE prefix = ?2) AND time >= ?3 AND time < ?4 ORDER BY time LIMIT ?5");
    statement.bind(1, static_cast<std::int64_t>(level))
        .bind(2, prefix)
        .bind(3, from.count / step)
        .bind(4, to.count / step + (to.count % step > 0 ? 1 : 0))
        .bind(5, static_cast<std::int64_t>(most));
    std::vector<RatesRow> rows;
    while (statement.step()) {
      auto rates = from_blob(statement.text(1));
      if (!rates) continue;
      const Nanoseconds start{statement.number(0) / together * together * step};
      if (!rows.empty() && rows.back().start == start) {
        rows.back().rates.merge(*rates);
      } else {
        rows.push_back({start, std::move(*rates)});
      }
    }
    return rows;
  } catch (const SqliteError& error) {
    throw refusal(path_, error.what());
  }
}

std::map<std::uint32_t, std::string> HistoryReader::names(HistoryNames kind) {
  try {
    SqliteStatement statement(*connection_, "SELECT number, name FROM names WHERE kind = ?1");
    statement.bind(1, static_cast<std::int64_t>(kind));
    std::map<std::uint32_t, std::string> names;
    while (statement.step()) {
      names[static_cast<std::uint32_t>(statement.number(0))] = statement.text(1);
    }
    return names;
  } catch (const SqliteError& error) {
    throw refusal(path_, error.what());
  }
}

std::map<std::string, std::string> HistoryReader::prefixes() {
  try {
    SqliteStatement statement(*connection_,
                              "SELECT prefix, name FROM prefixes WHERE number > 0 ORDER BY prefix");
    std::map<std::string, std::string> prefixes;
    while (statement.step()) prefixes[statement.text(0)] = statement.text(1);
    return prefixes;
  } catch (const SqliteError& error) {
    throw refusal(path_, error.what());
  }
}

}  // namespace floodgauge
