// Stage "services": requests to the services of protected servers, and their answers. It looks at
// few packets: SYNs and SYN-ACKs, the end of handshakes, the first bytes of plain protocols, and
// datagrams of services. The stages before it note these packets in the burst; this one takes them
// in their order, when all stages have passed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/ip_protocol.h"
#include "engine/base/keyed_hash.h"
#include "engine/base/tcp_flags.h"
#include "engine/count/address_share.h"
#include "engine/count/awaited_bytes.h"
#include "engine/count/counted_burst.h"
#include "engine/count/crowded_shares.h"
#include "engine/count/known_clients.h"
#include "engine/count/pending_requests.h"
#include "engine/count/worker_window.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// A SYN without FIN, RST or ACK.
inline bool is_plain_syn(const PacketFacts& facts) {
  constexpr std::uint8_t kHandshakeFlags = kTcpFin | kTcpSyn | kTcpRst | kTcpAck;
  return facts.protocol == kProtocolTcp && (facts.tcp_flags & kHandshakeFlags) == kTcpSyn;
}

class ServiceStage {
 public:
  explicit ServiceStage(const HashKey& key) : key_(key) {}

  /// Begins the burst's sets: packets that may be a server's first bytes. After the flows are
  /// hashed, before any packet leaves the burst.
  static void begin(CountedBurst& burst, const ServicePorts& ports) {
    burst.served = 0;
    std::uint32_t bytes = 0;
    // From the last packet to the first, so that each bit takes one shift of all.
    for (std::size_t i = burst.size; i-- > 0;) {
      bytes = bytes << 1 | std::uint32_t{ports.may_answer_in_bytes(burst.facts[i].source_port)};
    }
    burst.server_bytes = bytes & burst.flow_hashed;
  }

  /// Whether a packet that was looked up in the flow table may be a request or an answer.
  static bool may_concern(const CountedBurst& burst, std::uint16_t i, const ServicePorts& ports) {
    const PacketFacts& facts = burst.facts[i];
    if (facts.protocol == kProtocolTcp) {
      const FlowLookup& lookup = burst.lookups[i];
      return ((facts.tcp_flags & kTcpSyn) != 0) | lookup.completed | lookup.first_payload |
             (burst.vectors[i] == Vector::http_request);
    }
    return facts.protocol == kProtocolUdp &&
           (ports.may_be_udp(facts.destination_port) || ports.may_be_udp(facts.source_port));
  }

  /// Counts the packets in `half_open`, `served` and `server_bytes`.
  void count(CountedBurst& burst, const Protection& protection, WorkerWindow& window) {
    const std::uint32_t which = burst.half_open | burst.served | burst.server_bytes;
    if (which == 0) return;
    hash_addresses(burst, burst.served & burst.known);
    prefetch(burst, burst.served | burst.half_open);
    count_some(burst, which, protection, window);
  }

  /// Whether the packet's source was served by its destination before.
  bool is_from_known_client(const CountedBurst& burst, std::uint16_t i) const;

  void prefault() {
    clients_.prefault();
    pending_.prefault();
  }
  std::size_t memory_bytes() const {
    return clients_.memory_bytes() + pending_.memory_bytes() + sizeof awaited_ + sizeof crowded_;
  }

 private:
  /// One end of an exchange: the packet `i` of a burst, to or from a server's port.
  struct Side {
    const CountedBurst& burst;
    std::uint16_t i;
    PortService port;
    std::uint32_t prefix;  ///< of the server
    WorkerWindow& window;
    std::uint32_t share;  ///< of the two addresses
  };

  void hash_addresses(CountedBurst& burst, std::uint32_t which) const;
  void prefetch(const CountedBurst& burst, std::uint32_t which) const;
  void count_some(const CountedBurst& burst, std::uint32_t which, const Protection& protection,
                  WorkerWindow& window);
  void count_to_server(const Side& side);
  void count_from_server(const Side& side);
  void count_server_bytes(const CountedBurst& burst, std::uint16_t i, const ServicePorts& ports,
                          WorkerWindow& window);
  void count_syn(const Side& side, bool new_flow);
  void count_synack(const Side& side);
  void count_client_packet(const Side& side);
  void count_query(const Side& side);
  void count_dns_answer(const Side& side);
  void count_datagram_back(const Side& side);
  enum class Asked : std::uint8_t { openly, within };
  void note_served(const Side& side, bool known);
  void note_request(const Side& side, bool known, bool fresh, Asked asked = Asked::openly);
  void note_answer(const Side& side, const PendingRequests::Request& request,
                   ServiceAnswer::Kind kind);
  ServiceRecord* record(const Side& side, const IpAddress& server, std::uint64_t hash);
  std::uint64_t source_hash(const Side& side) const;
  std::uint64_t destination_hash(const Side& side) const;
  static std::uint64_t flow_of(const Side& side);
  std::uint64_t pair_to_server(const Side& side) const;
  std::uint64_t pair_from_server(const Side& side) const;

  /// From so many SYNs of unknown clients in a window and share of the addresses on, one in
  /// kSampled waits for its SYN-ACK: the others of a flood are counted by the flow table alone.
  static constexpr std::uint32_t kManyRequests = 2048 / kAddressShares;
  static constexpr std::uint64_t kSampled = 8;

  const HashKey key_;
  KnownClients clients_;
  PendingRequests pending_;
  AwaitedBytes awaited_;
  CrowdedShares crowded_;
};

}  // namespace floodgauge
