// The counts since the start and the rates of the last window, for each prefix: all figures of a
// snapshot other than incidents.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/merge/network_window.h"
#include "engine/merge/unopened_total.h"
#include "engine/model/snapshot.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class Ledger {
 public:
  explicit Ledger(std::uint32_t prefixes) : prefixes_(prefixes) {}

  /// `top_hosts`: how many of the window's busiest hosts to keep; 0 leaves the list as it is.
  void add(const NetworkWindow& window, const Settings& settings, const PrefixRegistry& registry,
           std::size_t top_hosts);

  /// Fills all members of `snapshot` that the ledger has figures for.
  /// `sampling`: one packet in so many was counted, for the words about the busiest address.
  void fill(EngineSnapshot& snapshot, const PrefixRegistry& registry,
            std::uint32_t sampling = 1) const;

  const Volume& total() const { return total_; }

 private:
  struct Prefix {
    PrefixSnapshot shown;
    double recent_syn = 0;
    double recent_handshakes = 0;
    GrowingHyperLogLog<12> sources;
  };

  void add_prefix(const NetworkWindow& window, const PrefixWindow& prefix,
                  const PrefixRegistry& registry);
  static PrefixSnapshot shown_of(const Prefix& entry);
  /// The entry of prefix `id`. When a reload gave this number to another prefix, the entry starts
  /// from zero again.
  Prefix& entry_of(std::uint32_t id, const PrefixRegistry& registry);
  static void forget_window(PrefixSnapshot& shown);
  void note_busiest(const IpAddress& address, double pps, double limit);
  void keep_top_hosts(const NetworkWindow& window, std::size_t count);

  /// By number; allocated at a prefix's first packet, since most of many prefixes have no traffic.
  std::vector<std::unique_ptr<Prefix>> prefixes_;
  std::vector<std::uint32_t> in_last_window_;
  Volume total_;
  ParseCounts parse_;
  UnopenedTotal unopened_;
  std::uint64_t duplicates_ = 0;
  std::uint64_t unprotected_ = 0;
  std::uint64_t excluded_ = 0;
  std::uint64_t to_groups_ = 0;
  std::uint64_t windows_ = 0;
  std::uint64_t hosts_overflowed_ = 0;
  std::uint64_t detail_missed_ = 0;
  Nanoseconds now_;
  /// For the estimate of distinct addresses; the same in every sensor.
  HashKey key_{{3, 5, 7, 11, 13, 17, 19, 23, 29, 31}};
  HyperLogLog<12> addresses_;
  std::vector<HostSnapshot> top_hosts_;
  IpAddress busiest_;
  double busiest_pps_ = 0;
  double busiest_limit_ = 0;
};

}  // namespace floodgauge
