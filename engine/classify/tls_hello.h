// The hello that opens a TLS handshake, told from its record and handshake headers.
#pragma once

#include <cstdint>

#include "engine/classify/payload.h"

namespace floodgauge {

enum class TlsHello : std::uint8_t { none, client, server };

/// A record of type handshake (22), version 3.x (RFC 8446, section 5.1, and all before it), whose
/// first message is a hello long enough for its fixed fields. Also SSL 2.0's form of the
/// ClientHello, which scanners still send (RFC 5246, appendix E.2). Needs the first 9 bytes (SSL
/// 2.0: 5).
inline TlsHello parse_tls_hello(Payload payload) {
  constexpr std::uint8_t kHandshake = 22;
  constexpr std::uint8_t kClientHello = 1;
  constexpr std::uint8_t kServerHello = 2;
  constexpr unsigned kMaxRecord = (1u << 14) + 2048;  // RFC 5246, section 6.2.3
  // version 2, random 32, session id's length 1, cipher suite 2
  constexpr unsigned kLeastHello = 37;
  if (payload.size() >= 9 && payload[0] == kHandshake) {
    const unsigned record = load16(payload, 3);
    const unsigned hello = load32(payload, 5) & 0xffffff;
    if (payload[1] != 3 || payload[2] > 4 || record > kMaxRecord || record < 4) {
      return TlsHello::none;
    }
    if (hello < kLeastHello) return TlsHello::none;
    if (payload[5] == kClientHello) return TlsHello::client;
    if (payload[5] == kServerHello) return TlsHello::server;
    return TlsHello::none;
  }
  if (payload.size() >= 5 && (payload[0] & 0x80) != 0 && payload[2] == kClientHello &&
      payload[3] == 3 && payload[4] <= 4) {
    const unsigned length = load16(payload, 0) & 0x7fffu;
    // message type, version, three lengths and at least one cipher of 3 bytes and 16 of challenge
    if (length >= 28 && length <= 512) return TlsHello::client;
  }
  return TlsHello::none;
}

}  // namespace floodgauge
