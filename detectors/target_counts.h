// The counters of one target (a host, a network or a prefix) over some time, by vector.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/units.h"
#include "engine/count/host_record.h"
#include "engine/count/unanswered_senders.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// Volumes received and packets sent, by vector. There is one of these for every target that is
/// remembered, and most targets meet only a few of the vectors. Up to kFew cells lie side by side,
/// in the order of the vectors' bits; with more vectors, there is a table of all vectors.
class VectorCounts {
 public:
  Volume in(Vector vector) const { return used_.contains(vector) ? cell(vector).in : Volume{}; }
  /// Packets that the target sent of a vector.
  std::uint64_t out(Vector vector) const { return used_.contains(vector) ? cell(vector).out : 0; }
  /// Takes off at most what was added.
  void take_off(Vector vector, Volume in);
  void add(Vector vector, Volume in, std::uint64_t out = 0) {
    const bool is_known = used_.contains(vector) && all_.empty();
    Cell& known = is_known ? few_[index_of(vector)] : cell_for(vector);
    known.in += in;
    known.out += out;
  }
  void add(const VectorCounts& other);
  Volume in_of(VectorSet vectors) const;
  std::uint64_t out_of(VectorSet vectors) const;
  /// Calls visit(vector, in, out) for each vector that has been added to.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for_each_of(~VectorSet{}, visit);
  }

 private:
  struct Cell {
    Volume in;
    std::uint64_t out = 0;
  };
  /// This many vectors are kept without a table of all vectors.
  static constexpr std::size_t kFew = 6;

  std::size_t index_of(Vector vector) const {
    return all_.empty() ? used_.index_of(vector) : static_cast<std::size_t>(vector);
  }
  const Cell& cell(Vector vector) const {
    return all_.empty() ? few_[index_of(vector)] : all_[index_of(vector)];
  }
  Cell& cell_for(Vector vector);
  template <typename Visit>
  void for_each_of(VectorSet vectors, Visit&& visit) const {
    (used_ & vectors).for_each([&](Vector vector) {
      const Cell& known = cell(vector);
      visit(vector, known.in, known.out);
    });
  }

  VectorSet used_;
  std::array<Cell, kFew> few_{};
  std::vector<Cell> all_;  ///< empty, or a cell for each vector
};

struct TargetCounts {
  VectorCounts vectors{};
  Volume in_total{};
  Volume out_total{};
  std::uint64_t new_flows = 0;
  std::uint64_t flows_active = 0;
  std::uint64_t handshakes = 0;
  std::uint64_t syn_answered = 0;
  std::uint64_t repeated_syns = 0;
  std::uint64_t progressed = 0;
  std::uint64_t first_payloads = 0;
  std::uint64_t answers = 0;
  std::uint64_t extra_requests = 0;  ///< HTTP requests in segments, without the first of each

  void add(const HostRecord& host);
  /// Adds what a host sends out of its prefix, in the place of what it receives, and what it
  /// receives in the place of what it sends. Large answers of `service`, a reflection, count as
  /// such; Vector::udp: they are no part of a flood.
  void add_mirrored(const HostRecord& host, Vector service);
  void add(const TargetCounts& other);
  /// Takes off packets that are no part of what is judged; each has begun a flow.
  void take_off(Vector vector, Volume volume);
  /// Adds packets that the target sent and nobody answered, for which no host record is made.
  void add_sent(const UnansweredSenders::Count& sent);

  /// These counts without what was received of `vectors`. Each of the packets left out may have
  /// begun a flow, so that at most as many flows are left out with them.
  TargetCounts without(const VectorSet& left_out) const;

  Volume of(Vector vector) const { return vectors.in(vector); }
  std::uint64_t sent(Vector vector) const { return vectors.out(vector); }
  /// Datagrams that it sent as questions, as far as can be told: DNS queries, and datagrams of
  /// flows in which the other side has not sent anything.
  std::uint64_t questions() const { return sent(Vector::dns_query) + sent(Vector::udp); }
  /// TCP segments received, of any kind.
  std::uint64_t tcp_in() const;
  /// TCP segments sent, of any kind.
  std::uint64_t tcp_sent() const;
  /// Received of all attack vectors of a class.
  Volume of(TrafficClass traffic_class) const;
  /// Received of all attack vectors.
  Volume attack() const;
  /// Received of all vectors except requests and flows in which the target has sent something.
  Volume one_sided() const;
  /// TCP clients that got through: handshakes completed; where nothing that the target sends is
  /// visible, also clients that went on after their SYN.
  std::uint64_t completions() const {
    return handshakes + (out_total.packets == 0 ? progressed : 0);
  }
};

}  // namespace floodgauge
