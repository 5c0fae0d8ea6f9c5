// Builds the first messages of web clients and servers: HTTP/1.1, TLS and QUIC.
#pragma once

#include <string_view>

#include "bench/trafficgen/bytes.h"

namespace floodgauge::trafficgen {

/// A browser's GET with the usual headers (RFC 9110).
void append_http_request(Bytes& bytes, Rng& rng, std::string_view host);
/// A response with status line, headers and a body of `body` bytes.
void append_http_response(Bytes& bytes, std::size_t body);
/// A TLS 1.3 ClientHello in its record (RFC 8446 section 4.1.2) as browsers send it.
void append_client_hello(Bytes& bytes, Rng& rng, std::string_view server_name);
/// ServerHello, and about `size` bytes of encrypted records for the certificate and Finished.
void append_server_hello(Bytes& bytes, Rng& rng, std::size_t size);
/// One record of application data of `size` encrypted bytes, at most 16 KiB.
void append_tls_data(Bytes& bytes, Rng& rng, std::size_t size);

/// A client's QUIC v1 Initial, padded to a datagram of 1200 bytes (RFC 9000, sections 14.1 and
/// 17.2.2). The packet number and the payload are random bytes instead of encrypted ones.
void append_quic_initial(Bytes& bytes, Rng& rng);
/// The first datagram of a server: an Initial and a Handshake packet, 1200 bytes together.
void append_quic_server_initial(Bytes& bytes, Rng& rng);
/// A Retry of a server (RFC 9000, section 17.2.5).
void append_quic_retry(Bytes& bytes, Rng& rng);
/// A 1-RTT packet with a short header, `size` bytes in total.
void append_quic_short(Bytes& bytes, Rng& rng, std::size_t size);

}  // namespace floodgauge::trafficgen
