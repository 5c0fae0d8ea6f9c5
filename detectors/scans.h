// Scans: sources that try many ports of a host, or many hosts, about once each. A scan is told and
// is no flood: detection takes its packets off what it judges (shares()).
//
// The book remembers sources in two steps, so that a slow scan is found among very many clients and
// the memory stays bounded. A source that tries few targets in a window has a slot of a table,
// which counts how often it went to another target. A source that has gone on several times, or
// that tries several targets in one window, gets a record. A record's probes wait until there are
// enough of them to see whether hosts or ports are tried. Then they are counted in the row of that
// kind.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "detectors/window_probes.h"
#include "engine/merge/network_window.h"
#include "engine/model/scan.h"
#include "engine/sketch/hyperloglog.h"

namespace floodgauge {

/// Distinct keys: exact up to kExact, then estimated with a standard error of 1.6 %.
class DistinctCount {
 public:
  static constexpr std::size_t kExact = 512;

  /// `hash`: 64 uniform bits.
  void add(std::uint64_t hash);
  std::uint64_t value() const;

 private:
  /// The upper halves of the hashes, sorted; empty when there are more than kExact. Two of 512 keys
  /// are equal by chance once in 30,000 counts.
  std::vector<std::uint32_t> keys_;
  GrowingHyperLogLog<12> sketch_;
  bool exact_ = true;
};

class ScanBook {
 public:
  /// Targets from which a scan is told.
  static constexpr std::uint64_t kTold = 100;
  static constexpr std::size_t kMostSources = 2048;
  static constexpr std::size_t kMostShown = 100;

  ScanBook();

  /// Takes a window, before it is judged.
  void on_window(const NetworkWindow& window);
  /// The part of scans in the window that on_window() took last.
  const WindowProbes& shares() const { return probes_; }

  /// The scans that tried most, at most kMostShown, ordered by start, source and kind.
  std::vector<Scan> rows() const;
  /// Scans that were ever told of: rows() and more.
  std::uint64_t total() const { return total_; }
  /// Sources that got no record because kMostSources have one.
  std::uint64_t not_followed() const { return not_followed_; }

 private:
  /// One source and kind.
  struct Row {
    DistinctCount tried;
    std::uint64_t before = 0;  ///< targets that were tried before there was a record
    std::uint64_t packets = 0;
    std::uint64_t refused = 0;
    IpAddress lowest, highest;  ///< hosts tried
    Nanoseconds start, end;
    double peak_pps = 0;
    bool told = false;

    std::uint64_t targets() const { return before + tried.value(); }
  };
  struct Waiting {
    IpAddress target;
    std::uint64_t target_hash = 0;
    std::uint16_t port = 0;
  };
  struct Source {
    std::array<Row, 2> rows;  ///< by ScanKind
    std::vector<Waiting> waiting;
    std::uint64_t before = 0;
    std::uint64_t refused = 0;  ///< not given to a row yet
    std::uint64_t spoke = 0;
    Nanoseconds start, end;
    double peak_pps = 0;  ///< while its probes wait

    std::uint64_t targets() const { return rows[0].targets() + rows[1].targets(); }
  };
  /// What is remembered of a source without a record.
  struct Slot {
    std::uint64_t source_hash = 0;  ///< 0: empty
    std::uint64_t target_hash = 0;  ///< the last target
    std::int64_t first = 0;         ///< time, ns
    std::int64_t last = 0;          ///< time, ns
    std::uint32_t moves = 0;        ///< how often it went to another target
  };
  struct Moment {
    Nanoseconds start, end;  ///< of the window
    double seconds = 0;
  };

  void count_events(const NetworkWindow& window);
  void find_crowded(const NetworkWindow& window);
  void judge(const ProbeGroup& group, const Moment& moment);
  void take(const ProbeGroup& group, const Moment& moment);
  bool is_part_of_flood(const ProbeGroup& group) const;
  Source* source_of(const ProbeGroup& group, const Moment& moment);
  bool has_moved_on(const ProbeGroup& group, const Moment& moment, Slot& slot) const;
  void add_probes(Source& source, const ProbeGroup& group, const Moment& moment);
  void count_waiting(Source& source);
  void tell(Source& source, Nanoseconds now, bool last);
  static bool is_told(const Source& source, const Row& row);
  void sweep(Nanoseconds now, bool last);
  static bool is_scanner(const Source& source);
  static bool is_over(const Source& source, Nanoseconds now);

  WindowProbes probes_;
  std::set<std::uint32_t> crowded_;  ///< prefixes in this window
  std::map<IpAddress, Source> sources_;
  std::vector<Slot> slots_;
  Nanoseconds next_sweep_;
  std::uint64_t total_ = 0;
  std::uint64_t not_followed_ = 0;
};

}  // namespace floodgauge
