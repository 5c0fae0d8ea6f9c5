// QUIC's long header (RFC 8999, RFC 9000 section 17.2, RFC 9369): the packets that open a
// connection.
#pragma once

#include <cstdint>

#include "engine/classify/payload.h"

namespace floodgauge {

enum class QuicPacket : std::uint8_t {
  none,
  initial,
  zero_rtt,
  handshake,
  retry,
  version_negotiation,
};

struct QuicLongHeader {
  QuicPacket packet = QuicPacket::none;
  std::uint32_t version = 0;
  std::uint8_t destination_id_bytes = 0;
  std::uint8_t source_id_bytes = 0;
  bool token = false;  ///< an Initial that carries one: its address was validated by a Retry
};

inline constexpr std::uint32_t kQuicVersion1 = 0x00000001;
inline constexpr std::uint32_t kQuicVersion2 = 0x6b3343cf;

/// A client's first datagram is at least this long (RFC 9000, section 14.1); a spoofed flood of
/// shorter ones is not served.
inline constexpr std::uint16_t kQuicLeastInitialDatagram = 1200;

/// `packet` is none for short headers, for versions other than 1, 2 and the drafts (0xff0000xx),
/// and when the connection ids are longer than these versions allow or not all there.
inline QuicLongHeader parse_quic_long_header(Payload payload) {
  constexpr std::uint8_t kMaxId = 20;
  if (payload.size() < 7 || (payload[0] & 0x80) == 0) return {};
  QuicLongHeader header;
  header.version = load32(payload, 1);
  header.destination_id_bytes = payload[5];
  if (header.destination_id_bytes > kMaxId) return {};
  const std::size_t source_length_at = 6u + header.destination_id_bytes;
  if (payload.size() <= source_length_at) return {};
  header.source_id_bytes = payload[source_length_at];
  if (header.source_id_bytes > kMaxId) return {};
  const std::size_t rest_at = source_length_at + 1 + header.source_id_bytes;
  if (payload.size() <= rest_at) return {};

  if (header.version == 0) {
    header.packet = QuicPacket::version_negotiation;
    return header;
  }
  const bool version2 = header.version == kQuicVersion2;
  const bool draft = header.version >= 0xff000001 && header.version <= 0xff0000ff;
  if (header.version != kQuicVersion1 && !version2 && !draft) return {};
  if ((payload[0] & 0x40) == 0) return {};  // the fixed bit
  // Version 2 rotates the types by one, so that middleboxes do not take them for granted.
  const unsigned type = ((payload[0] >> 4 & 3u) - (version2 ? 1u : 0u)) & 3u;
  constexpr QuicPacket kTypes[] = {QuicPacket::initial, QuicPacket::zero_rtt, QuicPacket::handshake,
                                   QuicPacket::retry};
  header.packet = kTypes[type];
  header.token = header.packet == QuicPacket::initial && payload[rest_at] != 0;
  return header;
}

}  // namespace floodgauge
