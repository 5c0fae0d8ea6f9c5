// Keeps who sends the packets of attack vectors to a host, from where and to which ports, and to
// whom a host sends such packets: in the window's log, or in the host's TargetDetail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/prefetch.h"
#include "engine/count/counted_burst.h"
#include "engine/count/counter_tables.h"
#include "engine/count/host_record.h"
#include "engine/count/worker_window.h"

namespace floodgauge {

class AttackLog {
 public:
  explicit AttackLog(const CounterTables& tables) : key_(tables.key) {}

  /// Counts packet `i`, which is inbound to the host of `record`, as suspicious, and keeps it
  /// unless `shed` leaves details out.
  [[gnu::always_inline]] void add(const CountedBurst& burst, std::uint16_t i, Vector vector,
                                  const CounterShed& shed, HostRecord& record,
                                  WorkerWindow& window) const {
    HostEvents& events = record.events();
    ++events.suspicious;
    keep(burst, i, vector, Peer::source, shed, events, window);
  }
  /// Keeps packet `i`, which the host of `sent` sends out of its prefix, with its destination in
  /// the place of the source. The caller counts it.
  [[gnu::noinline]] void add_sent(const CountedBurst& burst, std::uint16_t i, Vector vector,
                                  const CounterShed& shed, HostSent& sent,
                                  WorkerWindow& window) const {
    keep(burst, i, vector, Peer::destination, shed, sent, window);
  }

 private:
  /// The end of a packet that is kept.
  enum class Peer : std::uint8_t { source, destination };

  [[gnu::always_inline]] void keep(const CountedBurst& burst, std::uint16_t i, Vector vector,
                                   Peer peer, const CounterShed& shed, LoggedPackets& events,
                                   WorkerWindow& window) const {
    if (shed.detail) {
      ++window.detail_missed;
      return;
    }
    if (events.detail != 0) {
      add_detail(burst, i, vector, peer, window.details[events.detail - 1]);
      return;
    }
    // The merge adds up what is logged, and has time for a limited number of entries a window
    // (log_shared). Beyond that, only the first packets of each host are logged, as long as there
    // is room. When all details are taken, as when a whole prefix is attacked, the log is used up
    // to its end, so that nothing is lost.
    const bool room = window.log_used < window.log.size();
    const bool first_packets =
        window.log_used < window.log_shared || events.logged < kLoggedPackets;
    if (room && (first_packets || window.details_used == window.details.size())) {
      LogEntry& entry = window.log[window.log_used];
      write_entry(burst, i, vector, peer, events.log_head, entry);
      prefetch_line_to_write(&entry + kEntriesAhead);
      events.log_head = ++window.log_used;
      if (events.logged < kLoggedPackets) ++events.logged;
      return;
    }
    if (window.details_used == window.details.size()) {
      ++window.detail_missed;
      return;
    }
    TargetDetail& detail = window.details[window.details_used];
    detail.clear();
    add_detail(burst, i, vector, peer, detail);
    events.detail = static_cast<std::uint16_t>(++window.details_used);
  }

  /// A line of the log is prefetched so many entries before it is written to.
  static constexpr std::uint32_t kEntriesAhead = 16;

  /// Writes the entry in place, out of words that parsing has stored whole. A load that spans
  /// several stores, or more than was stored, would have to wait until the stores have reached the
  /// cache, behind all earlier stores to records that are not in the cache yet.
  [[gnu::always_inline]] static void write_entry(const CountedBurst& burst, std::uint16_t i,
                                                 Vector vector, Peer peer, std::uint32_t older,
                                                 LogEntry& entry) {
    const PacketFacts& facts = burst.facts[i];
    entry.source = peer == Peer::source ? facts.source : facts.destination;
    entry.older = older;
    entry.tag = burst.tags[i];
    static_assert(offsetof(LogEntry, ip_bytes) - offsetof(LogEntry, source_port) ==
                  offsetof(PacketFacts, ip_bytes) - offsetof(PacketFacts, source_port));
    constexpr unsigned kTtlAt = 8 * (offsetof(LogEntry, ttl) - offsetof(LogEntry, source_port));
    constexpr unsigned kVectorAt =
        8 * (offsetof(LogEntry, vector) - offsetof(LogEntry, source_port));
    std::uint64_t rest;
    std::memcpy(&rest,
                reinterpret_cast<const std::byte*>(&facts) + offsetof(PacketFacts, source_port),
                sizeof rest);
    rest &= (std::uint64_t{1} << kTtlAt) - 1;  // ports and length
    // The vector is widened before GCC sees that the shift drops the upper bytes. Otherwise it
    // would load eight bytes where one has been stored.
    auto kind = static_cast<std::uint64_t>(vector);
    asm("" : "+r"(kind));
    rest |= std::uint64_t{facts.ttl} << kTtlAt | kind << kVectorAt;
    std::memcpy(reinterpret_cast<std::byte*>(&entry) + offsetof(LogEntry, source_port), &rest,
                sizeof rest);
  }
  void add_detail(const CountedBurst& burst, std::uint16_t i, Vector vector, Peer peer,
                  TargetDetail& detail) const;

  const HashKey key_;
};

}  // namespace floodgauge
