// One window of all workers together: the input of the detectors.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/base/units.h"
#include "engine/classify/service.h"
#include "engine/count/host_record.h"
#include "engine/count/worker_window.h"
#include "engine/merge/host_list.h"
#include "engine/merge/target_summary.h"
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
  std::array<ServiceCount, kServices> services{};
  GrowingHyperLogLog<12> sources;
};

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
  Volume total;
  ParseCounts parse;
  std::uint64_t duplicates = 0;        ///< frames that are copies of others
  std::vector<UnopenedKind> unopened;  ///< a kind once for each worker
  std::uint64_t unprotected = 0;
  std::uint64_t hosts_overflowed = 0;
  std::vector<PrefixWindow> prefixes;  ///< those with packets, by number
  std::vector<ResponseSample> responses;

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
  /// Adds to `summary` what was recorded of the packets to these hosts (`members`: indices into
  /// hosts()). Of very many sources only the greatest are added, as many as a worker's sketch
  /// holds.
  void add_detail(std::span<const std::uint32_t> members, TargetSummary& summary) const;

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
  void for_each_part(std::size_t i, Visit&& visit) const;
  bool is_whole_log(std::uint64_t packets) const;
  /// Whether the window comes from one worker. hosts_ are then that worker's own records, and
  /// nothing is added up.
  bool is_of_one() const { return workers_.size() == 1; }
  void add_many(std::uint32_t i, Logged& logged, TargetSummary& summary) const;

  HostList hosts_;
  UnansweredSenders senders_;
  MoreCellsPool more_cells_{4096};
  std::vector<std::uint32_t> first_part_;  ///< by merged host: index into parts_ + 1; 0: none
  std::vector<Part> parts_;
  std::vector<const WorkerWindow*> workers_;  ///< those whose windows were merged
  HashKey key_;
};

}  // namespace floodgauge
