// What web clients and servers say first: HTTP/1.1, TLS and QUIC.
#pragma once

#include <string_view>

#include "bench/trafficgen/bytes.h"

namespace floodgauge::trafficgen {

/// A browser's GET with the usual headers (RFC 9110).
void append_http_request(Bytes& bytes, Rng& rng, std::string_view host);
/// Status line and headers of an answer with a body of `body` bytes, and the body.
void append_http_response(Bytes& bytes, std::size_t body);
/// A TLS 1.3 ClientHello in its record (RFC 8446 section 4.1.2) as browsers send it.
void append_client_hello(Bytes& bytes, Rng& rng, std::string_view server_name);
/// ServerHello, and encrypted records of about `size` bytes for certificate and Finished.
void append_server_hello(Bytes& bytes, Rng& rng, std::size_t size);
/// One record of application data of `size` encrypted bytes, at most 16 KiB.
void append_tls_data(Bytes& bytes, Rng& rng, std::size_t size);

/// A client's QUIC v1 Initial, padded to a datagram of 1200 bytes (RFC 9000 sections 14.1 and
/// 17.2.2). Packet number and payload are noise instead of really being encrypted.
void append_quic_initial(Bytes& bytes, Rng& rng);
/// A server's first datagram: Initial and Handshake packets, 1200 bytes.
void append_quic_server_initial(Bytes& bytes, Rng& rng);
/// A server's Retry (section 17.2.5).
void append_quic_retry(Bytes& bytes, Rng& rng);
/// A 1-RTT packet with short header of `size` bytes in all.
void append_quic_short(Bytes& bytes, Rng& rng, std::size_t size);

}  // namespace floodgauge::trafficgen
