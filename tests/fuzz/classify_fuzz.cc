// Any bytes as a packet and what its flow tells: classify() gives one of the vectors that the
// headers and the flow allow, and reads nothing past the payload's end. parse_dns() reads the same
// payload. Input: link type, bytes that were not captured, the FlowLookup (3 bytes), the frame.
#include <cstdint>
#include <vector>

#include "engine/base/ip_protocol.h"
#include "engine/classify/classify.h"
#include "engine/classify/dns.h"
#include "engine/classify/http_requests.h"
#include "engine/parse/parser.h"
#include "tests/fuzz/link_types.h"
#include "tests/fuzz/require.h"

namespace {

using floodgauge::FlowLookup;
using floodgauge::PacketFacts;
using floodgauge::Payload;
using floodgauge::Vector;

/// `bytes`: the flags of FlowLookup, its state, its count of packets.
FlowLookup lookup_from(const std::uint8_t* bytes) {
  FlowLookup lookup;
  lookup.other_side_sent = (bytes[0] & 1) != 0;
  lookup.from_initiator = (bytes[0] & 2) != 0;
  lookup.new_flow = (bytes[0] & 4) != 0;
  lookup.first_payload = (bytes[0] & 8) != 0;
  lookup.unanswered = !lookup.other_side_sent && (bytes[0] & 16) != 0;
  lookup.state = bytes[1];
  lookup.packets = bytes[2];
  return lookup;
}

bool is_tcp_vector(Vector vector) {
  switch (vector) {
    case Vector::tcp_established:
    case Vector::tcp_oneway:
    case Vector::tcp_stream:
    case Vector::tcp_syn:
    case Vector::tcp_synack:
    case Vector::tcp_ack:
    case Vector::tcp_rst:
    case Vector::tcp_fin:
    case Vector::tcp_flags:
    case Vector::http_request:
    case Vector::tls_hello:
    case Vector::reflection_tcp:
      return true;
    default:
      return false;
  }
}

bool is_udp_vector(Vector vector) {
  switch (vector) {
    case Vector::udp:
    case Vector::udp_answered:
    case Vector::dns_query:
    case Vector::quic_initial:
      return true;
    default:
      return is_reflection(vector) && vector != Vector::reflection_tcp;
  }
}

bool is_fragment_vector(Vector vector) {
  return vector == Vector::fragment || vector == Vector::udp_fragment || vector == Vector::icmp ||
         vector == Vector::icmpv6;
}

void check_headers(Vector vector, const PacketFacts& facts) {
  using namespace floodgauge;
  require(vector < Vector::count_);
  require(vector != Vector::tcp_connection && vector != Vector::dns_random_subdomain);
  const bool later_fragment = (facts.flags & kFactLaterFragment) != 0;
  const bool transport = (facts.flags & kFactTransport) != 0 && !later_fragment;
  if (later_fragment) require(is_fragment_vector(vector));
  const bool udp = facts.protocol == kProtocolUdp || facts.protocol == kProtocolUdpLite;
  require(is_tcp_vector(vector) == (facts.protocol == kProtocolTcp && transport));
  require(is_udp_vector(vector) == (udp && !later_fragment));
  if (has_ports(vector)) require(transport || vector == Vector::udp);
}

void check_flow(Vector vector, const PacketFacts& facts, const FlowLookup& lookup) {
  using namespace floodgauge;
  const bool answered = vector == Vector::tcp_established || vector == Vector::udp_answered ||
                        vector == Vector::other_answered;
  const bool one_sided = vector == Vector::tcp_oneway || vector == Vector::tcp_stream;
  require(info(vector).attack == !(answered || one_sided));
  if (answered) require(lookup.other_side_sent);
  if (vector == Vector::tcp_oneway) require((lookup.state & (kSynSeen | kSynAckSeen)) != 0);
  if (vector == Vector::tcp_stream) require(lookup.packets > kStreamPackets);
  if (vector == Vector::http_request || vector == Vector::tls_hello) require(lookup.from_initiator);
  if (!lookup.other_side_sent) return;
  // Where the receiver has spoken, only openings, requests and senseless flags are left.
  require(!one_sided && !is_reflection(vector));
  require(vector != Vector::tcp_synack && vector != Vector::tcp_ack && vector != Vector::tcp_rst &&
          vector != Vector::tcp_fin && vector != Vector::gre && vector != Vector::esp);
  if ((facts.flags & kFactTransport) != 0) require(vector != Vector::udp);
}

/// Requests of any bytes, after any open ones: no more of them than fit, and a state of three bits.
void check_http(Payload payload, unsigned byte) {
  using namespace floodgauge;
  const bool begins = is_http_request(payload) || is_cut_request(payload);
  const HttpRequests found =
      count_http_requests(payload, begins, static_cast<std::uint8_t>(byte & 7));
  constexpr std::size_t kRequestBytes = 8;
  require(found.requests <= payload.size() / kRequestBytes + 1 && found.state < 8);
}

void check_dns(Payload payload) {
  using namespace floodgauge;
  static const HashKey kKey = key_from_seed(1);
  const auto dns = parse_dns(payload, kKey);
  if (!dns) return;
  require(dns->question_count != 0 || dns->question == DnsQuestion::none);
  if (dns->question != DnsQuestion::complete) return;
  // The name, its type and class lie behind the header's 12 bytes and within the payload.
  require(dns->name_bytes != 0 && dns->name_bytes + std::size_t{16} <= payload.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace floodgauge;
  constexpr std::size_t kHead = 5;
  if (size < kHead) return 0;
  const auto captured = static_cast<std::uint32_t>(size - kHead);
  const FrameView frame{data + kHead, captured, captured + data[1],
                        kFuzzedLinkTypes[data[0] % kFuzzedLinkTypes.size()]};
  const FlowLookup lookup = lookup_from(data + 2);
  PacketFacts facts;
  parse_outer(frame, facts);
  if (facts.depth == 0) return 0;
  do {
    const Payload payload = payload_of(frame, facts);
    // An allocation of its own, so that a byte past the payload's end is one past the allocation's.
    const std::vector<std::uint8_t> alone(payload.begin(), payload.end());
    const bool request = lookup.from_initiator && is_http_request(alone);
    const Vector vector = classify(facts, lookup, alone, request);
    require(vector == classify(facts, lookup, payload, request));
    check_http(alone, data[2]);
    check_headers(vector, facts);
    check_flow(vector, facts, lookup);
    check_dns(alone);
  } while (parse_inner(frame, facts));
  return 0;
}
