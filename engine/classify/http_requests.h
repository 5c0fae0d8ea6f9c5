// Counts the HTTP requests in a segment: a client may send many requests in one segment
// (pipelining, RFC 9112, section 9.3.2), and a segment may end anywhere within a request.
#pragma once

#include <cstdint>

#include "engine/classify/payload.h"

namespace floodgauge {

/// What a connection's last segment from its client left open; three bits.
enum RequestState : std::uint8_t {
  kRequestsGoOn = 1,  ///< it ended within a request or held several: the next one is looked at too
  kLineCounted = 2,   ///< the request whose line is not complete yet has been counted
};

struct HttpRequests {
  std::uint32_t requests = 0;  ///< in this segment
  std::uint8_t state = 0;      ///< RequestState after it
};

/// Whether a segment begins with a request: the methods of RFC 9110, section 9, and PATCH of RFC
/// 5789.
bool is_http_request(Payload payload);

/// `begins`: the segment begins with a request, or with the first bytes of one. `before`: the state
/// after the segment before.
HttpRequests count_http_requests(Payload payload, bool begins, std::uint8_t before);

/// True for a payload of a few bytes that a request line begins with: the method is not complete.
bool is_cut_request(Payload payload);

/// True for a payload of a few bytes that a TLS handshake record with a ClientHello begins with
/// (RFC 8446, sections 4 and 5.1).
bool is_cut_hello(Payload payload);

}  // namespace floodgauge
