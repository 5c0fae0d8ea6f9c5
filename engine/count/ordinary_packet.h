// Which packets of an answered flow are ordinary by their header and first payload byte alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/branchless.h"
#include "engine/base/ip_protocol.h"
#include "engine/base/tcp_flags.h"
#include "engine/classify/classify.h"
#include "engine/model/vector.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {

namespace ordinary_packet_detail {

/// The messages that may begin with a payload's first byte.
enum Beginning : std::uint8_t { kRequest = 1, kQuic = 2 };
inline constexpr auto kBeginnings = [] {
  std::array<std::uint8_t, 256> beginnings{};
  for (unsigned first = 0; first < beginnings.size(); ++first) {
    const auto byte = static_cast<std::uint8_t>(first);
    if (may_begin_request(byte)) beginnings[first] |= kRequest;
    if (may_begin_quic(byte)) beginnings[first] |= kQuic;
  }
  return beginnings;
}();

/// The four bytes of PacketFacts from `protocol` to `flags` as one number; `ttl` is left 0.
constexpr std::uint32_t head_word(std::uint8_t protocol, std::uint8_t tcp_flags,
                                  std::uint8_t flags) {
  static_assert(offsetof(PacketFacts, tcp_flags) == offsetof(PacketFacts, protocol) + 1);
  static_assert(offsetof(PacketFacts, flags) == offsetof(PacketFacts, protocol) + 3);
  return protocol | std::uint32_t{tcp_flags} << 8 | std::uint32_t{flags} << 24;
}

}  // namespace ordinary_packet_detail

/// The vector of a packet that is ordinary if its flow is answered, otherwise Vector::count_: then
/// the other stages have to decide. Ordinary are TCP in mid-connection that begins no request, and
/// UDP that is neither DNS nor may begin a QUIC connection. `payload`: read only where facts say
/// that there is any.
///
/// There is one branch at the end instead of one at each condition: protocols and sizes come in no
/// predictable order.
inline Vector ordinary_vector(const PacketFacts& facts, const std::uint8_t* payload) {
  using namespace ordinary_packet_detail;
  static constexpr std::uint8_t kBeginsNothing = 0;
  constexpr std::uint16_t kDns = 53;
  constexpr std::uint8_t kFlags = kTcpFin | kTcpSyn | kTcpRst | kTcpAck | kTcpUrg;
  constexpr std::uint8_t kTransport = kFactTransport | kFactLaterFragment;
  const unsigned begins =
      kBeginnings[*choose(facts.payload_captured != 0, payload, &kBeginsNothing)];
  std::uint32_t head;
  std::memcpy(&head, &facts.protocol, sizeof head);
  const bool dns = (facts.source_port == kDns) | (facts.destination_port == kDns);
  const bool tcp = (head & head_word(0xff, kFlags, kTransport)) ==
                   head_word(kProtocolTcp, kTcpAck, kFactTransport);
  const bool udp =
      (head & head_word(0xff, 0, kTransport)) == head_word(kProtocolUdp, 0, kFactTransport);
  const bool tcp_ordinary = tcp & ((begins & kRequest) == 0);
  const bool udp_ordinary = udp & !dns & ((begins & kQuic) == 0);
  if (!(tcp_ordinary | udp_ordinary)) return Vector::count_;
  return tcp ? Vector::tcp_established : Vector::udp_answered;
}

}  // namespace floodgauge
