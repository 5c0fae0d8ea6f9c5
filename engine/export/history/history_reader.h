// Reads a history: for the API while the daemon writes it, and for commands from a file alone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/units.h"
#include "engine/export/history/history_store.h"
#include "engine/export/history/sqlite.h"

namespace floodgauge {

/// An incident as it was stored.
struct HistoryRow {
  std::string id;
  std::uint32_t number = 0;
  bool open = false;
  Nanoseconds start;
  std::string target;  ///< target_key()
  std::string json;    ///< the object as the report shows it
  std::string rate;    ///< JSON list: packets a second, evenly spaced from start to end
};

/// The place of an incident in a list: by start, then target, then id.
struct IncidentPlace {
  Nanoseconds start;
  std::string target;  ///< target_key()
  std::string id;

  auto operator<=>(const IncidentPlace&) const = default;
};

struct IncidentQuery {
  std::optional<bool> open = {};
  std::optional<Nanoseconds> since = {};  ///< those that had not ended then
  std::optional<Nanoseconds> until = {};  ///< those that had begun then
  std::optional<IncidentPlace> after = {};
  bool latest_first = false;
  std::size_t limit = 1000;
};

struct RatesRow {
  Nanoseconds start;
  StoredRates rates;
};

class HistoryReader {
 public:
  /// Throws HistoryError when the file is no history that this version reads.
  explicit HistoryReader(const std::string& path);

  std::vector<HistoryRow> incidents(const IncidentQuery& query);
  std::optional<HistoryRow> incident(const std::string& id);
  /// Rates of one prefix, or of all together where `prefix` is empty, from `from` up to before
  /// `to`, at most `most` rows of the database: the first ones. Empty when the prefix is not known.
  /// `together` steps are merged into one row, which begins at a multiple of their length.
  std::vector<RatesRow> rates(HistoryLevel level, const std::string& prefix, Nanoseconds from,
                              Nanoseconds to, std::size_t most, std::int64_t together = 1);
  /// The names behind the numbers in StoredRates.
  std::map<std::uint32_t, std::string> names(HistoryNames kind);
  /// The prefixes that have rates, in their text form, with their names.
  std::map<std::string, std::string> prefixes();

 private:
  std::unique_ptr<SqliteConnection> open(const std::string& path);

  const std::string path_;
  std::unique_ptr<SqliteConnection> connection_;
};

}  // namespace floodgauge
