#include "engine/export/history/history_store.h"

#include <algorithm>
#include <chrono>

#include "engine/export/report/incident_json.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

constexpr const char* kDaemon = "run";
constexpr std::size_t kMostCachedPrefixes = 100'000;
/// Above this share of the bytes the oldest rows are removed, until it is below the second share.
constexpr double kFull = 0.9;
constexpr double kRelieved = 0.88;
/// Each removal takes one part in so many of the time that is kept.
constexpr std::int64_t kRemovedAtOnce = 200;

Nanoseconds utc_now() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::vector<std::string> class_names() {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < kClasses; ++c) {
    names.emplace_back(class_name(static_cast<TrafficClass>(c)));
  }
  return names;
}

std::vector<std::string> limit_names() {
  std::vector<std::string> names;
  for (const ThresholdRow& row : kThresholdTable) names.emplace_back(row.key);
  return names;
}

std::string rate_json(const Incident& incident) {
  Json list = Json::array();
  for (const double rate : incident.rate_history) list.push_back(rounded_rate(rate));
  return json_text(list);
}

/// Rolls the transaction back unless it was committed.
class Transaction {
 public:
  explicit Transaction(SqliteConnection& db) : db_(db) { db_.run("BEGIN IMMEDIATE"); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { db_.rollback(); }
  void commit() { db_.run("COMMIT"); }

 private:
  SqliteConnection& db_;
};

}  // namespace

Nanoseconds step_of(HistoryLevel level) {
  return whole_seconds(level == HistoryLevel::minute ? 60 : 3600);
}

std::string target_key(const IpPrefix& target) {
  std::string key(reinterpret_cast<const char*>(target.address.bytes.data()),
                  target.address.bytes.size());
  key += static_cast<char>(target.length);
  return key;
}

HistoryStore::HistoryStore(const std::string& path, const HistoryLimits& limits,
                           const std::string& what, const HistoryFile::Say& say)
    : limits_(limits), file_(path, limits.bytes, say), counts_numbers_(what == kDaemon) {
  Transaction transaction(file_.connection());
  load_names(HistoryNames::traffic_class, class_names(), class_numbers_);
  load_names(HistoryNames::limit, limit_names(), limit_numbers_);
  begin_run(what);
  transaction.commit();
}

void HistoryStore::begin_run(const std::string& what) {
  SqliteConnection& db = file_.connection();
  const Nanoseconds now = utc_now();
  close_left_open(now);
  SqliteStatement(db, "INSERT INTO runs(what, started) VALUES(?1, ?2)")
      .bind(1, what)
      .bind(2, now.count)
      .run();
  run_ = db.number("SELECT last_insert_rowid()");
  // Replays count from 1 by themselves, so that the same capture gives the same ids.
  last_number_ = static_cast<std::uint32_t>(
      db.number("SELECT max(number) FROM incidents JOIN runs ON runs.id = incidents.run "
                "WHERE runs.what = 'run'"));
}

void HistoryStore::close_left_open(Nanoseconds now) {
  SqliteConnection& db = file_.connection();
  SqliteStatement left(db,
                       "SELECT incidents.id, updated, json FROM incidents JOIN runs ON runs.id = "
                       "incidents.run WHERE open AND runs.ended IS NULL");
  struct Left {
    std::string id;
    std::int64_t updated;
    std::string json;
  };
  std::vector<Left> all;
  while (left.step()) all.push_back({left.text(0), left.number(1), left.text(2)});
  SqliteStatement close(db, "UPDATE incidents SET open = 0, ended = ?2, json = ?3 WHERE id = ?1");
  for (const Left& row : all) {
    Json json = Json::parse(row.json, nullptr, false);
    if (json.is_object()) {
      json["state"] = "closed";
      json["end"] = rfc3339({row.updated});
      json["note"] = "floodgauge ended without closing it: this is the last that was seen";
    }
    close.bind(1, row.id).bind(2, row.updated).bind(3, json_text(json)).run();
  }
  SqliteStatement(db, "UPDATE runs SET ended = ?1 WHERE ended IS NULL").bind(1, now.count).run();
}

std::string HistoryStore::set_aside(const std::string& why) {
  find_rates_.reset();
  replace_rates_.reset();
  return file_.set_aside(why);
}

void HistoryStore::end_run() {
  SqliteStatement(file_.connection(), "UPDATE runs SET ended = ?1 WHERE id = ?2")
      .bind(1, utc_now().count)
      .bind(2, run_)
      .run();
}

void HistoryStore::load_names(HistoryNames kind, std::span<const std::string> wanted,
                              std::vector<std::uint32_t>& numbers) {
  SqliteConnection& db = file_.connection();
  std::map<std::string, std::uint32_t> known;
  std::uint32_t next = 0;
  SqliteStatement names(db, "SELECT number, name FROM names WHERE kind = ?1");
  names.bind(1, static_cast<std::int64_t>(kind));
  while (names.step()) {
    const auto number = static_cast<std::uint32_t>(names.number(0));
    known[names.text(1)] = number;
    next = std::max(next, number + 1);
  }
  for (const std::string& name : wanted) {
    const auto [at, added] = known.try_emplace(name, next);
    if (added) {
      SqliteStatement(db, "INSERT INTO names VALUES(?1, ?2, ?3)")
          .bind(1, static_cast<std::int64_t>(kind))
          .bind(2, std::int64_t{next})
          .bind(3, name)
          .run();
      ++next;
    }
    numbers.push_back(at->second);
  }
}

void HistoryStore::write(std::span<const HistoryEntry> incidents,
                         std::span<const MinuteRates> minutes) {
  try {
    keep_to_bytes();
    if (!incidents.empty()) {
      Transaction transaction(file_.connection());
      for (const HistoryEntry& entry : incidents) put_incident(entry);
      transaction.commit();
    }
    for (const MinuteRates& minute : minutes) put_minute(minute);
  } catch (...) {
    find_rates_.reset();
    replace_rates_.reset();
    prefix_numbers_.clear();  // numbers that were given in this transaction are void
    throw;
  }
}

void HistoryStore::put_incident(const HistoryEntry& entry) {
  const Incident& incident = *entry.incident;
  SqliteStatement put(
      file_.connection(),
      "INSERT INTO incidents(id, run, number, open, kind, severity, target, start, ended, updated, "
      "json, rate) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12) ON CONFLICT(id) DO UPDATE SET "
      "run=?2, number=?3, open=?4, kind=?5, severity=?6, target=?7, start=?8, ended=?9, "
      "updated=?10, json=?11, rate=?12");
  put.bind(1, incident.id)
      .bind(2, run_)
      .bind(3, std::int64_t{incident.number})
      .bind(4, std::int64_t{incident.open ? 1 : 0})
      .bind(5, std::string_view(name(incident.kind)))
      .bind(6, std::string_view(name(incident.severity)))
      .bind_blob(7, target_key(incident.target))
      .bind(8, incident.start.count)
      .bind(10, entry.time.count)
      .bind(11, json_text(incident_json(incident)))
      .bind(12, rate_json(incident));
  if (incident.open || !incident.end) {
    put.bind_null(9);
  } else {
    put.bind(9, incident.end->count);
  }
  put.run();
  if (counts_numbers_) last_number_ = std::max(last_number_, incident.number);
}

StoredRates HistoryStore::stored_of(const PrefixMinute& minute, Nanoseconds covered) const {
  StoredRates rates;
  rates.covered_ms =
      static_cast<std::uint64_t>(std::max<std::int64_t>(covered.count, 0)) / 1'000'000;
  for (std::size_t c = 0; c < kClasses; ++c) {
    if (minute.in[c].packets == 0 && minute.out[c].packets == 0) continue;
    rates.classes[class_numbers_[c]] = {minute.in[c], minute.out[c]};
  }
  for (std::size_t i = 0; i < kLimits; ++i) {
    const LimitPeak& peak = minute.peaks[i];
    if (peak.host_rate > 0 || peak.prefix_rate > 0) rates.limits[limit_numbers_[i]] = peak;
  }
  return rates;
}

std::int64_t HistoryStore::number_of(const PrefixMinute& minute) {
  if (const auto known = prefix_numbers_.find(minute.prefix); known != prefix_numbers_.end()) {
    return known->second;
  }
  SqliteConnection& db = file_.connection();
  const std::string text = minute.prefix.text();
  SqliteStatement(db,
                  "INSERT INTO prefixes(prefix, name) VALUES(?1, ?2) ON CONFLICT(prefix) DO UPDATE "
                  "SET name = ?2")
      .bind(1, text)
      .bind(2, minute.name)
      .run();
  SqliteStatement find(db, "SELECT number FROM prefixes WHERE prefix = ?1");
  find.bind(1, text).step();
  if (prefix_numbers_.size() >= kMostCachedPrefixes) prefix_numbers_.clear();
  return prefix_numbers_[minute.prefix] = find.number(0);
}

void HistoryStore::put_rates(HistoryLevel level, std::int64_t prefix, std::int64_t time,
                             const StoredRates& rates) {
  SqliteConnection& db = file_.connection();
  if (find_rates_ == nullptr) {
    find_rates_ = std::make_unique<SqliteStatement>(
        db, "SELECT data FROM rates WHERE level = ?1 AND prefix = ?2 AND time = ?3");
    replace_rates_ = std::make_unique<SqliteStatement>(
        db, "INSERT OR REPLACE INTO rates VALUES(?1, ?2, ?3, ?4)");
  }
  const auto number = static_cast<std::int64_t>(level);
  StoredRates sum = rates;
  find_rates_->bind(1, number).bind(2, prefix).bind(3, time);
  if (find_rates_->step()) {
    if (const auto stored = from_blob(find_rates_->text(0))) sum.merge(*stored);
  }
  find_rates_->reset();
  replace_rates_->bind(1, number).bind(2, prefix).bind(3, time).bind_blob(4, to_blob(sum)).run();
}

void HistoryStore::put_row(const MinuteRates& minute, std::size_t row) {
  const PrefixMinute& of = row == 0 ? minute.all : minute.prefixes[row - 1];
  const std::int64_t prefix = row == 0 ? 0 : number_of(of);
  const StoredRates rates = stored_of(of, minute.covered);
  for (const HistoryLevel level : {HistoryLevel::minute, HistoryLevel::hour}) {
    put_rates(level, prefix, minute.start.count / step_of(level).count, rates);
  }
}

void HistoryStore::put_minute(const MinuteRates& minute) {
  if (part_.start != minute.start) part_ = {minute.start, 0};
  const std::size_t rows = minute.prefixes.size() + 1;
  while (part_.rows < rows) {
    keep_to_bytes();
    const std::size_t end = std::min(rows, part_.rows + file_.most_rows_at_once());
    Transaction transaction(file_.connection());
    for (std::size_t row = part_.rows; row < end; ++row) put_row(minute, row);
    transaction.commit();
    part_.rows = end;
  }
  part_ = {};
  keep_to_days(minute.start);
}

void HistoryStore::remove_rates_before(HistoryLevel level, std::int64_t time) {
  SqliteConnection& db = file_.connection();
  // The sum of all prefixes is number 0, and goes last: its rows tell which times there are.
  std::vector<std::int64_t> prefixes;
  SqliteStatement numbers(db, "SELECT number FROM prefixes ORDER BY number DESC");
  while (numbers.step()) prefixes.push_back(numbers.number(0));
  SqliteStatement remove(db, "DELETE FROM rates WHERE level = ?1 AND prefix = ?2 AND time < ?3");
  for (std::size_t at = 0; at < prefixes.size();) {
    const std::size_t end = std::min(prefixes.size(), at + file_.most_rows_at_once());
    Transaction transaction(db);
    for (; at < end; ++at) {
      remove.bind(1, static_cast<std::int64_t>(level)).bind(2, prefixes[at]).bind(3, time).run();
    }
    transaction.commit();
  }
}

void HistoryStore::keep_to_days(Nanoseconds now) {
  // The stamps of a capture may lie in the future, and must not remove what is young.
  now = std::min(now, utc_now());
  const std::int64_t hour = now.count / step_of(HistoryLevel::hour).count;
  if (hour == last_swept_hour_) return;
  last_swept_hour_ = hour;
  const auto before = [&](HistoryLevel level, Nanoseconds kept) {
    return (now - kept).count / step_of(level).count;
  };
  remove_rates_before(HistoryLevel::minute, before(HistoryLevel::minute, limits_.minutes));
  remove_rates_before(HistoryLevel::hour, before(HistoryLevel::hour, limits_.hours));
  SqliteStatement(file_.connection(), "DELETE FROM incidents WHERE NOT open AND ended < ?1")
      .bind(1, (now - limits_.hours).count)
      .run();
}

bool HistoryStore::remove_oldest_rates(HistoryLevel level) {
  SqliteConnection& db = file_.connection();
  SqliteStatement range(db,
                        "SELECT min(time), max(time) FROM rates WHERE level = ?1 AND prefix = 0");
  range.bind(1, static_cast<std::int64_t>(level));
  if (!range.step() || range.is_null(0)) return false;
  const std::int64_t oldest = range.number(0);
  const std::int64_t span = range.number(1) - oldest;
  range.reset();
  if (span == 0) return false;
  remove_rates_before(level, oldest + std::max<std::int64_t>(span / kRemovedAtOnce, 1));
  return true;
}

void HistoryStore::keep_to_bytes() {
  const auto most = static_cast<double>(file_.most_bytes());
  if (static_cast<double>(file_.used_bytes()) < most * kFull) return;
  SqliteConnection& db = file_.connection();
  while (static_cast<double>(file_.used_bytes()) >= most * kRelieved) {
    bool removed =
        remove_oldest_rates(HistoryLevel::minute) || remove_oldest_rates(HistoryLevel::hour);
    if (!removed) {
      const std::int64_t closed = db.number("SELECT count(*) FROM incidents WHERE NOT open");
      SqliteStatement(db,
                      "DELETE FROM incidents WHERE id IN (SELECT id FROM incidents WHERE NOT open "
                      "ORDER BY start LIMIT ?1)")
          .bind(1, std::max<std::int64_t>(closed / kRemovedAtOnce, 1))
          .run();
      removed = closed > 0;
    }
    if (!removed) return;
  }
}

}  // namespace floodgauge
