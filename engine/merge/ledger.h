// What was counted since the start, prefix by prefix, and what the last window held: the figures of
// every snapshot that are not incidents.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/merge/network_window.h"
#include "engine/model/snapshot.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class Ledger {
 public:
  explicit Ledger(std::uint32_t prefixes) : prefixes_(prefixes) {}

  /// `top_hosts`: how many of the window's busiest hosts to keep; 0 keeps those of before.
  void add(const NetworkWindow& window, const Settings& settings, const PrefixRegistry& registry,
           std::size_t top_hosts);

  /// Fills everything that the ledger knows.
  void fill(EngineSnapshot& snapshot, const PrefixRegistry& registry) const;

  const Volume& total() const { return total_; }

 private:
  /// Recent answers per request, each window weighing a tenth less than the next.
  struct RecentAnswers {
    double requests = 0;
    double answers = 0;
  };
  struct Prefix {
    PrefixSnapshot shown;
    double recent_syn = 0;
    double recent_handshakes = 0;
    GrowingHyperLogLog<12> sources;
    std::array<ServiceSnapshot, kServices> services;
    std::array<RecentAnswers, kServices> recent;
  };

  void add_prefix(const NetworkWindow& window, const PrefixWindow& prefix,
                  const PrefixRegistry& registry);
  static PrefixSnapshot shown_of(const Prefix& entry);
  /// A number that a reload gave to another prefix: what it counted before is not that one's.
  Prefix& entry_of(std::uint32_t id, const PrefixRegistry& registry);
  static void forget_window(PrefixSnapshot& shown);
  static void add_services(Prefix& entry, const PrefixWindow& prefix);
  void note_busiest(const IpAddress& address, double pps, double limit);
  void keep_top_hosts(const NetworkWindow& window, std::size_t count);

  /// By number; made with a prefix's first packet, since most of many prefixes are quiet.
  std::vector<std::unique_ptr<Prefix>> prefixes_;
  std::vector<std::uint32_t> in_last_window_;
  Volume total_;
  ParseCounts parse_;
  std::uint64_t windows_ = 0;
  Nanoseconds now_;
  /// Of the estimate of addresses, the same for every sensor.
  HashKey key_{{3, 5, 7, 11, 13, 17, 19, 23, 29, 31}};
  HyperLogLog<12> addresses_;
  std::vector<HostSnapshot> top_hosts_;
  IpAddress busiest_;
  double busiest_pps_ = 0;
  double busiest_limit_ = 0;
};

}  // namespace floodgauge
