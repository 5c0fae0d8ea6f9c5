// The counters of one target (a host, or a prefix) over some time, vector by vector.
#pragma once

#include <array>
#include <cstdint>

#include "engine/classify/vector.h"
#include "engine/count/host_record.h"
#include "engine/count/unanswered_senders.h"
#include "engine/units.h"

namespace floodgauge {

struct TargetCounts {
  std::array<Volume, kVectors> in{};
  std::array<std::uint64_t, kVectors> out{};  ///< packets that it sent
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

  const Volume& of(Vector vector) const { return in[static_cast<std::size_t>(vector)]; }
  std::uint64_t sent(Vector vector) const { return out[static_cast<std::size_t>(vector)]; }
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
