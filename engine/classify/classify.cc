#include "engine/classify/classify.h"

#include <array>

#include "engine/base/ip_protocol.h"
#include "engine/base/tcp_flags.h"
#include "engine/classify/first_bytes.h"
#include "engine/classify/http_requests.h"

namespace floodgauge {
namespace {

/// What a TCP packet is by its flags alone (RFC 9293, section 3.1). The invalid combinations are
/// those that scanners and flood tools send: no flags at all, "Xmas", SYN with FIN or RST.
enum class FlagKind : std::uint8_t { data, syn, synack, rst, fin, invalid };

constexpr FlagKind kind_of_flags(unsigned flags) {
  const bool syn = (flags & kTcpSyn) != 0;
  if (syn && (flags & (kTcpFin | kTcpRst)) != 0) return FlagKind::invalid;
  if (syn) return (flags & kTcpAck) != 0 ? FlagKind::synack : FlagKind::syn;
  if ((flags & kTcpRst) != 0) return (flags & kTcpFin) != 0 ? FlagKind::invalid : FlagKind::rst;
  if ((flags & kTcpAck) != 0) {
    const bool xmas = (flags & (kTcpFin | kTcpPsh | kTcpUrg)) == (kTcpFin | kTcpPsh | kTcpUrg);
    if (xmas) return FlagKind::invalid;
    return (flags & kTcpFin) != 0 ? FlagKind::fin : FlagKind::data;
  }
  return (flags & (kTcpFin | kTcpPsh | kTcpUrg)) == kTcpFin ? FlagKind::fin : FlagKind::invalid;
}

constexpr std::array<FlagKind, 64> kFlagKinds = [] {
  std::array<FlagKind, 64> kinds{};
  for (unsigned flags = 0; flags < 64; ++flags) kinds[flags] = kind_of_flags(flags);
  return kinds;
}();

/// A handshake record that holds a ClientHello (RFC 8446, sections 4 and 5.1).
bool is_client_hello(Payload payload) {
  return payload.size() >= 6 && payload[0] == 22 && payload[1] == 3 && payload[5] == 1;
}

/// A long-header Initial of version 1 (RFC 9000, section 17.2.2), 2 (RFC 9369) or a draft.
bool is_quic_initial(Payload payload) {
  if (payload.size() < 7 || !may_begin_quic(payload[0])) return false;
  const std::uint32_t version = __builtin_bswap32(first_four(payload.subspan(1, 4)));
  const unsigned type = (payload[0] >> 4) & 3u;
  if (version == 0x6b3343cf) return type == 1;
  return type == 0 && (version == 1 || (version >> 8) == 0xff0000);
}

/// The QR bit of a DNS message (RFC 1035, section 4.1.1).
bool is_dns_answer(Payload payload) {
  return payload.size() >= 3 && (payload[2] & 0x80) != 0;
}

Vector classify_one_sided_tcp(const PacketFacts& facts, const FlowLookup& lookup, Payload payload) {
  if ((lookup.state & (kSynSeen | kSynAckSeen)) != 0) return Vector::tcp_oneway;
  if (lookup.packets > kStreamPackets) return Vector::tcp_stream;
  // A middlebox that is sent a spoofed request answers with a page of its own (Bock et al.,
  // "Weaponizing Middleboxes for TCP Reflected Amplification", USENIX Security 2021).
  const bool from_web = facts.source_port == 80 || facts.source_port == 443;
  if (from_web && payload.size() >= 5 && first_four(payload) == word_of("HTTP")) {
    return Vector::reflection_tcp;
  }
  return Vector::tcp_ack;
}

/// Whether the capture was cut before the flags (IPv6 captured to 64 bytes), so that tcp_flags == 0
/// does not mean that no flag was set.
bool flags_unread(const PacketFacts& facts, Payload payload) {
  return facts.tcp_flags == 0 && (facts.flags & kFactSnapped) != 0 && payload.empty();
}

Vector classify_tcp(const PacketFacts& facts, const FlowLookup& lookup, Payload payload,
                    bool http_request) {
  if (http_request) return Vector::http_request;
  const FlagKind kind =
      flags_unread(facts, payload) ? FlagKind::data : kFlagKinds[facts.tcp_flags & 0x3f];
  switch (kind) {
    case FlagKind::invalid:
      return Vector::tcp_flags;
    case FlagKind::syn:
      return Vector::tcp_syn;
    case FlagKind::synack:
      return lookup.other_side_sent ? Vector::tcp_established : Vector::tcp_synack;
    case FlagKind::rst:
      return lookup.other_side_sent ? Vector::tcp_established : Vector::tcp_rst;
    case FlagKind::fin:
      if (lookup.other_side_sent) return Vector::tcp_established;
      return (lookup.state & (kSynSeen | kSynAckSeen)) != 0 ? Vector::tcp_oneway : Vector::tcp_fin;
    case FlagKind::data:
      break;
  }
  if (lookup.from_initiator && payload.size() != 0) {
    if (is_client_hello(payload)) return Vector::tls_hello;
    // A client that sends the record's header alone first still says hello.
    if (lookup.first_payload && is_cut_hello(payload)) return Vector::tls_hello;
  }
  if (lookup.unanswered) return Vector::tcp_ack;
  return lookup.other_side_sent ? Vector::tcp_established
                                : classify_one_sided_tcp(facts, lookup, payload);
}

/// NTP requests are also sent from port 123, not only answers: modes 1 and 3 of RFC 5905,
/// figure 10.
bool is_ntp_question(Payload payload) {
  if (payload.size() == 0) return false;
  const unsigned mode = payload[0] & 7u;
  return mode == 1 || mode == 3;
}

/// Relays send the data that they carry from STUN's port too. It differs from STUN in the first two
/// bits or in the magic cookie (RFC 8489, section 5).
bool is_relayed(Payload payload) {
  return payload.size() >= 8 &&
         ((payload[0] & 0xc0) != 0 || first_four(payload.subspan(4, 4)) != 0x42a41221u);
}

Vector classify_udp(const PacketFacts& facts, const FlowLookup& lookup, Payload payload) {
  if (facts.destination_port == 53 && !(facts.source_port == 53 && is_dns_answer(payload))) {
    return Vector::dns_query;
  }
  const bool initial = facts.source_port != 443 && is_quic_initial(payload);
  if (initial && (facts.destination_port == 443 || lookup.from_initiator)) {
    return Vector::quic_initial;
  }
  if (lookup.other_side_sent) return Vector::udp_answered;
  if (facts.source_port == 123 && is_ntp_question(payload)) return Vector::udp;
  if (facts.source_port == 3478 && is_relayed(payload)) return Vector::udp;
  return reflection_of_port(facts.source_port);
}

Vector classify_fragment(const PacketFacts& facts) {
  switch (facts.protocol) {
    case kProtocolUdp:
      return Vector::udp_fragment;
    case kProtocolIcmp:
      return Vector::icmp;
    case kProtocolIcmpV6:
      return Vector::icmpv6;
    default:
      return Vector::fragment;
  }
}

}  // namespace

Vector classify(const PacketFacts& facts, const FlowLookup& lookup, Payload payload,
                bool http_request) {
  if ((facts.flags & kFactLaterFragment) != 0) return classify_fragment(facts);
  const bool transport = (facts.flags & kFactTransport) != 0;
  switch (facts.protocol) {
    case kProtocolTcp:
      return transport ? classify_tcp(facts, lookup, payload, http_request) : Vector::other;
    case kProtocolUdp:
    case kProtocolUdpLite:
      return transport ? classify_udp(facts, lookup, payload) : Vector::udp;
    case kProtocolIcmp:
      return Vector::icmp;
    case kProtocolIcmpV6:
      return Vector::icmpv6;
    case kProtocolGre:
      return lookup.other_side_sent ? Vector::other_answered : Vector::gre;
    case kProtocolEsp:
      return lookup.other_side_sent ? Vector::other_answered : Vector::esp;
    default:
      return lookup.other_side_sent ? Vector::other_answered : Vector::other;
  }
}

void classify_burst(ClassifiedBurst& burst) {
  burst.doubtful = 0;
  burst.initials = 0;
  for_each_bit(burst.remaining, [&](std::uint16_t i) {
    const PacketFacts& facts = burst.facts[i];
    const bool http_request = (burst.http_requests >> i & 1) != 0;
    const Vector vector =
        classify(facts, burst.lookups[i], payload_of(burst.frames[i], facts), http_request);
    burst.tags[i] = 0;
    burst.vectors[i] = vector;
    const bool payload = (facts.payload_captured != 0) & (burst.targets[i].in != kNoPrefix);
    const bool doubtful = payload & is_doubtful(vector);
    burst.doubtful |= std::uint32_t{doubtful} << i;
    burst.initials |= std::uint32_t{vector == Vector::quic_initial} << i;
  });
}

}  // namespace floodgauge
