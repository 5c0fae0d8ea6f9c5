// The counters of one target (a host, or a prefix) over some time, vector by vector.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/units.h"
#include "engine/count/host_record.h"
#include "engine/count/unanswered_senders.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// What came and went, vector by vector. Of the vectors that there are a target meets a few, and
/// there is one of these for every target that is remembered: the few lie side by side, in the
/// order of their bits.
class VectorCounts {
 public:
  Volume in(Vector vector) const {
    return (used_ & set_of(vector)) != 0 ? cell(vector).in : Volume{};
  }
  /// Packets that the target sent.
  std::uint64_t out(Vector vector) const {
    return (used_ & set_of(vector)) != 0 ? cell(vector).out : 0;
  }
  void add(Vector vector, Volume in, std::uint64_t out = 0) {
    const bool is_known = (used_ & set_of(vector)) != 0 && all_.empty();
    Cell& known = is_known ? few_[place_of(vector)] : cell_for(vector);
    known.in += in;
    known.out += out;
  }
  void add(const VectorCounts& other);
  Volume in_of(VectorSet vectors) const;
  std::uint64_t out_of(VectorSet vectors) const;
  /// Calls visit(vector, in, out) for each that has been added to.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for_each_of(~VectorSet{0}, visit);
  }

 private:
  struct Cell {
    Volume in;
    std::uint64_t out = 0;
  };
  /// So many are kept without a table of all.
  static constexpr std::size_t kFew = 6;

  std::size_t place_of(Vector vector) const {
    return all_.empty() ? static_cast<std::size_t>(std::popcount(used_ & (set_of(vector) - 1)))
                        : static_cast<std::size_t>(vector);
  }
  const Cell& cell(Vector vector) const {
    return all_.empty() ? few_[place_of(vector)] : all_[place_of(vector)];
  }
  Cell& cell_for(Vector vector);
  template <typename Visit>
  void for_each_of(VectorSet vectors, Visit&& visit) const {
    for (VectorSet left = used_ & vectors; left != 0; left &= left - 1) {
      const auto vector = static_cast<Vector>(std::countr_zero(left));
      const Cell& known = cell(vector);
      visit(vector, known.in, known.out);
    }
  }

  VectorSet used_ = 0;
  std::array<Cell, kFew> few_{};
  std::vector<Cell> all_;  ///< empty, or one for each vector
};

struct TargetCounts {
  VectorCounts vectors{};
  Volume in_total{};
  Volume out_total{};
  std::uint64_t new_flows = 0;
  std::uint64_t flows_active = 0;
  std::uint64_t handshakes = 0;
  std::uint64_t syn_answered = 0;
  std::uint64_t progressed = 0;
  std::uint64_t first_payloads = 0;
  std::uint64_t answers = 0;

  void add(const HostRecord& host);
  void add(const TargetCounts& other);
  /// What it sent that nobody answered, where no host record tells.
  void add_sent(const UnansweredSenders::Count& sent);

  Volume of(Vector vector) const { return vectors.in(vector); }
  std::uint64_t sent(Vector vector) const { return vectors.out(vector); }
  /// Datagrams that it sent as questions, as far as can be told: to a name server, or in flows of
  /// which the other side has not spoken.
  std::uint64_t questions() const { return sent(Vector::dns_query) + sent(Vector::udp); }
  /// Segments that came, of whatever kind.
  std::uint64_t tcp_in() const;
  /// Segments that it sent, of whatever kind.
  std::uint64_t tcp_sent() const;
  /// Of all vectors of a class.
  Volume of(TrafficClass traffic_class) const;
  /// Of all attack vectors.
  Volume attack() const;
  /// Of everything but flows in which the target has spoken.
  Volume one_sided() const;
  /// TCP clients that got through: handshakes completed, or, where nothing the target sends is
  /// visible, clients that went on after their SYN.
  std::uint64_t completions() const {
    return handshakes + (out_total.packets == 0 ? progressed : 0);
  }
};

}  // namespace floodgauge
