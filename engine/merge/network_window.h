// One window of the whole sensor: what the detectors see.
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

/// Rates over less than this are rates over this: a window that was cut short after its first
/// packets says little.
inline constexpr Nanoseconds kShortestWindow = milliseconds(10);

class NetworkWindow {
 public:
  std::uint64_t index = 0;
  std::uint32_t windows = 1;  ///< more than one when the merge was late
  Nanoseconds start;
  Nanoseconds end;  ///< of the last, partial window: its last packet
  bool last = false;
  Volume total;
  ParseCounts parse;
  std::uint64_t unprotected = 0;
  std::uint64_t hosts_overflowed = 0;
  std::vector<PrefixWindow> prefixes;  ///< touched ones, by number
  std::vector<ResponseSample> responses;

  /// Length for rates, never below kShortestWindow.
  double seconds() const {
    const Nanoseconds length = end - start;
    return (length < kShortestWindow ? kShortestWindow : length).seconds();
  }
  const HostList& hosts() const { return hosts_; }
  /// Packets that an address sent which nobody has answered; only where everything is protected.
  UnansweredSenders::Count unanswered_from(const IpAddress& address) const {
    return (is_of_one() ? workers_.front()->senders : senders_).of(hash_of(address, key_));
  }
  /// Adds what is known of who hits these of the hosts to `summary`; of very many sources the
  /// greater ones, as many as a worker's sketch would hold.
  void add_detail(std::span<const std::uint32_t> members, TargetSummary& summary) const;

 private:
  friend class Merger;
  class Logged;
  struct Part {
    const WorkerWindow* worker;
    std::uint32_t place;  ///< of its record
    std::uint32_t next;   ///< part + 1; 0: none
  };
  /// Calls visit(worker, record) for each worker's record of host `i` that has detail.
  template <typename Visit>
  void for_each_part(std::size_t i, Visit&& visit) const;
  bool is_whole_log(std::uint64_t packets) const;
  /// Whether one worker has it all: then hosts_ are that one's own records, and nothing is added
  /// up.
  bool is_of_one() const { return workers_.size() == 1; }
  void add_many(std::uint32_t i, Logged& logged, TargetSummary& summary) const;

  HostList hosts_;
  UnansweredSenders senders_;
  MoreCellsPool more_cells_{4096};
  std::vector<std::uint32_t> first_part_;  ///< of a merged host, + 1
  std::vector<Part> parts_;
  std::vector<const WorkerWindow*> workers_;  ///< whose parts it is made of
  HashKey key_;
};

}  // namespace floodgauge
