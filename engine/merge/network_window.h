// One window of all workers together: the input of the detectors.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/base/units.h"
#include "engine/count/host_record.h"
#include "engine/count/worker_window.h"
#include "engine/merge/host_list.h"
#include "engine/merge/network_sample.h"
#include "engine/merge/network_services.h"
#include "engine/merge/sources_by_group.h"
#include "engine/merge/target_summary.h"
#include "engine/model/direction.h"
#include "engine/model/unopened.h"
#include "engine/model/vector.h"

namespace floodgauge {

struct PrefixWindow {
  std::uint32_t prefix = 0;
  std::array<Volume, kClasses> in{};
  std::array<Volume, kClasses> out{};
  Volume total_in;
  Volume total_out;
  std::uint64_t new_flows = 0;
  std::uint64_t syn = 0;
  std::uint64_t handshakes = 0;
  std::uint32_t hosts = 0;  ///< with a packet in either direction
  std::uint32_t hosts_in = 0;
  std::uint32_t hosts_out = 0;
  /// A bit for each host that sent, by sender_bit(): how few there are is known over any time.
  std::uint64_t senders = 0;
  /// Of DNS over UDP and TCP: repetitions count as requests.
  std::uint64_t dns_requests = 0;
  std::uint64_t dns_answers = 0;
  GrowingHyperLogLog<12> sources;
};

/// One of 64 bits; it does not depend on the seed.
inline std::uint64_t sender_bit(const IpAddress& host) {
  std::array<std::uint64_t, 2> words;
  std::memcpy(words.data(), host.bytes.data(), 16);
  return std::uint64_t{1} << ((words[0] ^ words[1]) * 0x9e3779b97f4a7c15u >> 58);
}

/// Rates are never computed over a shorter time: a window that ends right after its first packets
/// would give rates that are far too high.
inline constexpr Nanoseconds kShortestWindow = milliseconds(10);

class NetworkWindow {
 public:
  std::uint64_t index = 0;
  std::uint32_t windows = 1;  ///< more than one when the merge was late
  Nanoseconds start;
  Nanoseconds end;  ///< of a last, partial window: the time of its last packet
  bool last = false;
  /// The last packet before a time at which nothing was being captured, and after which this window
  /// is the first: captures of two days replayed together.
  std::optional<Nanoseconds> gap_since;
  Volume total;
  ParseCounts parse;
  std::uint64_t duplicates = 0;        ///< frames that are copies of others
  std::vector<UnopenedKind> unopened;  ///< a kind once for each worker
  std::uint64_t excluded = 0;  ///< packets that only the configuration keeps from being judged
  std::uint64_t unprotected = 0;
  std::uint64_t hosts_overflowed = 0;
  std::uint64_t detail_missed = 0;     ///< suspicious packets whose senders were not noted
  std::vector<PrefixWindow> prefixes;  ///< those with packets, by number
  NetworkServices services;
  NetworkSample sample;

  /// Length for computing rates, at least kShortestWindow.
  double seconds() const {
    const Nanoseconds length = end - start;
    return (length < kShortestWindow ? kShortestWindow : length).seconds();
  }
  const HostList& hosts() const { return hosts_; }
  /// Packets from this address that nobody has answered. Counted only when every address is
  /// protected.
  UnansweredSenders::Count unanswered_from(const IpAddress& address) const {
    return (is_of_one() ? workers_.front()->senders : senders_).of(hash_of(address, key_));
  }
  /// Adds to `sources` what was recorded of the packets to these hosts (`members`: indices into
  /// hosts()), or with Direction::out of those that they send out of their prefixes; the sources of
  /// the summaries are then the destinations. What a worker's TargetDetail holds counts as of the
  /// host's main vector. Of very many sources only the greatest are added, as
  /// many as a worker's sketch holds.
  void add_detail(std::span<const std::uint32_t> members, SourcesByGroup& sources,
                  Direction direction = Direction::in) const;
  /// The same, of all vectors together.
  void add_detail(std::span<const std::uint32_t> members, TargetSummary& summary,
                  Direction direction = Direction::in) const;
  /// Calls visit(packet) for each packet of host `i` that the workers have logged.
  template <typename Visit>
  void for_each_logged(std::size_t i, Direction direction, Visit&& visit) const {
    for_each_part(i, [&](const WorkerWindow& worker, const HostRecord& record) {
      for (std::uint32_t at = packets_of(record, direction).log_head; at != 0;) {
        const LogEntry& packet = worker.log[at - 1];
        visit(packet);
        at = packet.older;
      }
    });
  }
  /// Calls visit(event) for each event of clients that the workers have kept.
  template <typename Visit>
  void for_each_client_event(Visit&& visit) const {
    for (const WorkerWindow* worker : workers_) worker->client_events.for_each(visit);
  }
  /// The packets of which workers have kept bytes, with their levels: at most as many as one worker
  /// keeps. In no order that means anything.
  std::vector<SnappedPacket> snapped() const;
  /// The keyed hash of an address, the same in every window.
  std::uint64_t hash(const IpAddress& address) const { return hash_of(address, key_); }

 private:
  friend class Merger;
  class Logged;
  struct Part {
    const WorkerWindow* worker;
    std::uint32_t slot;  ///< of its record
    std::uint32_t next;  ///< index of the next part + 1; 0: none
  };
  /// Calls visit(worker, record) for each worker's record of host `i` with a log or a detail.
  template <typename Visit>
  void for_each_part(std::size_t i, Visit&& visit) const {
    if (is_of_one()) {
      visit(*workers_.front(), hosts_[i]);
      return;
    }
    for (std::uint32_t at = first_part_[i]; at != 0; at = parts_[at - 1].next) {
      const Part& part = parts_[at - 1];
      visit(*part.worker, part.worker->hosts[part.slot]);
    }
  }
  static const LoggedPackets& packets_of(const HostRecord& record, Direction direction) {
    return direction == Direction::in ? static_cast<const LoggedPackets&>(record.events())
                                      : record.sent();
  }
  /// Packets of a host that were recorded, whether there was room for all of them or not.
  static std::uint64_t recorded(const HostRecord& record, Direction direction);
  bool is_whole_log(std::uint64_t packets) const;
  /// Whether the window comes from one worker. hosts_ are then that worker's own records, and
  /// nothing is added up.
  bool is_of_one() const { return workers_.size() == 1; }
  void add_many(std::uint32_t i, Direction direction, Logged& logged,
                SourcesByGroup& sources) const;

  HostList hosts_;
  UnansweredSenders senders_;
  MoreCellsPool more_cells_{4096};
  std::vector<std::uint32_t> first_part_;  ///< by merged host: index into parts_ + 1; 0: none
  std::vector<Part> parts_;
  std::vector<const WorkerWindow*> workers_;  ///< those whose windows were merged
  HashKey key_;
};

}  // namespace floodgauge
