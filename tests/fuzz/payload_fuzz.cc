// Every payload parser on the same bytes, which end where the allocation ends.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/classify/a2s.h"
#include "engine/classify/dns.h"
#include "engine/classify/http_request.h"
#include "engine/classify/quic_initial.h"
#include "engine/classify/sip.h"
#include "engine/classify/tls_hello.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const floodgauge::HashKey kKey = floodgauge::key_from_seed(1);
  const std::vector<std::uint8_t> bytes(data, data + size);
  const floodgauge::Payload payload(bytes);
  const auto dns = floodgauge::parse_dns(payload, kKey);
  // What the question says must lie within what was given.
  if (dns && dns->question == floodgauge::DnsQuestion::complete &&
      (dns->name_bytes == 0 || dns->name_bytes + std::size_t{16} > size)) {
    std::abort();
  }
  floodgauge::parse_dns_tcp(payload, kKey);
  const auto http = floodgauge::parse_http_start(payload);
  const auto sip = floodgauge::parse_sip_start(payload);
  // A start line cannot be both protocols' at once.
  if (http.request() && sip.request()) std::abort();
  floodgauge::parse_tls_hello(payload);
  floodgauge::parse_quic_long_header(payload);
  floodgauge::parse_game_query(payload);
  return 0;
}
