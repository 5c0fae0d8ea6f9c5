// Writes incidents and rates into the history, and keeps it within its bounds. One thread uses it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/export/history/history_file.h"
#include "engine/export/history/rates_blob.h"
#include "engine/model/incident.h"
#include "engine/model/minute_rates.h"

namespace floodgauge {

struct HistoryLimits {
  Nanoseconds minutes = whole_seconds(14 * 86'400);  ///< how long rates a minute are kept
  /// How long rates an hour and closed incidents are kept.
  Nanoseconds hours = whole_seconds(365 * std::int64_t{86'400});
  std::uint64_t bytes = std::uint64_t{2} << 30;  ///< of all files together
};

/// An incident at one of its transitions.
struct HistoryEntry {
  Nanoseconds time;  ///< of the transition
  std::shared_ptr<const Incident> incident;
};

/// What `names` has the names of.
enum class HistoryNames : std::int64_t { traffic_class = 0, limit = 1 };
/// What `rates` has rows for.
enum class HistoryLevel : std::int64_t { minute = 0, hour = 1 };
Nanoseconds step_of(HistoryLevel level);

class HistoryStore {
 public:
  /// `what` describes the run: "run", or the captures of a replay. Incidents that a run has left
  /// open which did not end by itself are closed with a note. Throws as HistoryFile does.
  HistoryStore(const std::string& path, const HistoryLimits& limits, const std::string& what,
               const HistoryFile::Say& say);

  /// Throws SqliteError. The incidents are then written all or not at all. Minutes are written in
  /// parts that the log has room for: when one failed part-way, write it again before all others,
  /// alone, and what it has left out is written.
  void write(std::span<const HistoryEntry> incidents, std::span<const MinuteRates> minutes);
  /// The run ends by itself; what is still open stays as it is.
  void end_run();

  /// The highest number of an incident of a daemon; 0 when there was none.
  std::uint32_t last_number() const { return last_number_; }
  std::uint64_t used_bytes() { return file_.used_bytes(); }
  bool is_in_place() const { return file_.is_in_place(); }
  /// The store cannot be used afterwards.
  std::string set_aside(const std::string& why);

 private:
  void begin_run(const std::string& what);
  void close_left_open(Nanoseconds now);
  void load_names(HistoryNames kind, std::span<const std::string> wanted,
                  std::vector<std::uint32_t>& numbers);
  void put_incident(const HistoryEntry& entry);
  void put_minute(const MinuteRates& minute);
  void put_row(const MinuteRates& minute, std::size_t row);
  void put_rates(HistoryLevel level, std::int64_t prefix, std::int64_t time,
                 const StoredRates& rates);
  StoredRates stored_of(const PrefixMinute& minute, Nanoseconds covered) const;
  std::int64_t number_of(const PrefixMinute& minute);
  void remove_rates_before(HistoryLevel level, std::int64_t time);
  void keep_to_days(Nanoseconds now);
  void keep_to_bytes();
  bool remove_oldest_rates(HistoryLevel level);

  const HistoryLimits limits_;
  HistoryFile file_;
  std::int64_t run_ = 0;
  bool counts_numbers_ = false;
  std::uint32_t last_number_ = 0;
  std::vector<std::uint32_t> class_numbers_;
  std::vector<std::uint32_t> limit_numbers_;
  std::map<IpPrefix, std::int64_t> prefix_numbers_;
  std::int64_t last_swept_hour_ = 0;
  /// Of a minute whose writing failed part-way: how many of its rows are committed.
  struct {
    Nanoseconds start;
    std::size_t rows = 0;
  } part_;
  std::unique_ptr<SqliteStatement> find_rates_;  ///< after file_, which they use
  std::unique_ptr<SqliteStatement> replace_rates_;
};

/// The order of targets as bytes: memcmp() gives the order of IpPrefix.
std::string target_key(const IpPrefix& target);

}  // namespace floodgauge
