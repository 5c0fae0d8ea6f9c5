#include "bench/trafficgen/payload_web.h"

#include <algorithm>
#include <array>
#include <string>

namespace floodgauge::trafficgen {
namespace {

constexpr std::uint8_t kHandshakeRecord = 22;
constexpr std::uint8_t kDataRecord = 23;
constexpr std::uint32_t kTls12 = 0x0303;
constexpr std::size_t kConnectionId = 8;
constexpr std::size_t kQuicDatagram = 1200;

/// Reserves two bytes for a length. The destructor writes the number of bytes appended since then.
class Length16 {
 public:
  explicit Length16(Bytes& bytes) : bytes_(bytes), at_(bytes.size()) { bytes.u16(0); }
  ~Length16() { bytes_.set16(at_, bytes_.size() - at_ - 2); }
  Length16(const Length16&) = delete;
  Length16& operator=(const Length16&) = delete;

 private:
  Bytes& bytes_;
  std::size_t at_;
};

void append_extension(Bytes& bytes, std::uint16_t type, std::span<const std::uint8_t> data) {
  bytes.u16(type).u16(static_cast<std::uint32_t>(data.size())).append(data);
}

void append_server_name(Bytes& bytes, std::string_view name) {
  const auto length = static_cast<std::uint32_t>(name.size());
  bytes.u16(0).u16(length + 5).u16(length + 3).u8(0).u16(length).text(name);  // RFC 6066
}

void append_key_share(Bytes& bytes, Rng& rng) {
  bytes.u16(51).u16(38).u16(36).u16(0x001d).u16(32).random(32, rng);  // X25519
}

void append_client_extensions(Bytes& bytes, Rng& rng, std::string_view server_name) {
  constexpr std::array<std::uint8_t, 8> kGroups = {0, 6, 0, 0x1d, 0, 0x17, 0, 0x18};
  constexpr std::array<std::uint8_t, 2> kPoints = {1, 0};
  constexpr std::array<std::uint8_t, 18> kSignatures = {0, 16, 4, 3, 8, 4, 4, 1, 5,
                                                        3, 8,  5, 5, 1, 8, 6, 6, 1};
  constexpr std::array<std::uint8_t, 5> kVersions = {4, 3, 4, 3, 3};
  constexpr std::array<std::uint8_t, 2> kPskModes = {1, 1};
  append_server_name(bytes, server_name);
  append_extension(bytes, 23, {});       // extended master secret
  append_extension(bytes, 10, kGroups);  // supported groups
  append_extension(bytes, 11, kPoints);  // point formats
  append_extension(bytes, 35, {});       // session ticket
  append_extension(bytes, 16, bytes_of(std::string_view("\0\x0c\x02h2\x08http/1.1", 14)));  // ALPN
  append_extension(bytes, 13, kSignatures);  // signature algorithms
  append_key_share(bytes, rng);
  append_extension(bytes, 45, kPskModes);  // PSK exchange modes
  append_extension(bytes, 43, kVersions);  // supported versions: 1.3, 1.2
}

void append_long_header(Bytes& bytes, Rng& rng, std::uint32_t first) {
  bytes.u8(first).u32(1);  // version 1
  bytes.u8(kConnectionId).random(kConnectionId, rng);
  bytes.u8(kConnectionId).random(kConnectionId, rng);
}

/// The remaining `left` bytes of a long-header packet: their length, then random bytes.
void append_protected(Bytes& bytes, Rng& rng, std::size_t left) {
  bytes.u16(0x4000u | static_cast<std::uint32_t>(left - 2)).random(left - 2, rng);
}

}  // namespace

void append_http_request(Bytes& bytes, Rng& rng, std::string_view host) {
  constexpr std::array<std::string_view, 5> kPaths = {"/", "/news", "/search?q=", "/login",
                                                      "/img/"};
  bytes.text("GET ").text(rng.pick(std::span<const std::string_view>(kPaths)));
  bytes.text(std::to_string(rng.below(100'000))).text(" HTTP/1.1\r\nHost: ").text(host);
  bytes.text(
      "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
      "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n"
      "Accept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n\r\n");
}

void append_http_response(Bytes& bytes, std::size_t body) {
  bytes.text("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\n");
  bytes.text("Content-Length: ").text(std::to_string(body)).text("\r\n\r\n");
  bytes.fill(body, 'x');
}

void append_client_hello(Bytes& bytes, Rng& rng, std::string_view server_name) {
  bytes.u8(kHandshakeRecord).u16(0x0301);
  const Length16 record(bytes);
  bytes.u8(1).u8(0);  // client_hello, and the high byte of its 24-bit length
  const Length16 message(bytes);
  bytes.u16(kTls12).random(32, rng).u8(32).random(32, rng);
  constexpr std::array<std::uint16_t, 9> kCiphers = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                                                     0xc02c, 0xc030, 0xcca9, 0xcca8};
  bytes.u16(kCiphers.size() * 2);
  for (const std::uint16_t cipher : kCiphers) bytes.u16(cipher);
  bytes.u8(1).u8(0);  // no compression
  const Length16 extensions(bytes);
  append_client_extensions(bytes, rng, server_name);
}

void append_server_hello(Bytes& bytes, Rng& rng, std::size_t size) {
  {
    bytes.u8(kHandshakeRecord).u16(kTls12);
    const Length16 record(bytes);
    bytes.u8(2).u8(0);  // server_hello
    const Length16 message(bytes);
    bytes.u16(kTls12).random(32, rng).u8(32).random(32, rng).u16(0x1301).u8(0);
    const Length16 extensions(bytes);
    bytes.u16(51).u16(36).u16(0x001d).u16(32).random(32, rng);  // key share
    bytes.u16(43).u16(2).u16(0x0304);                           // TLS 1.3
  }
  bytes.u8(20).u16(kTls12).u16(1).u8(1);  // change cipher spec, for middleboxes
  append_tls_data(bytes, rng, size);
}

void append_tls_data(Bytes& bytes, Rng& rng, std::size_t size) {
  size = std::min<std::size_t>(size, 16'384);
  bytes.u8(kDataRecord).u16(kTls12).u16(static_cast<std::uint32_t>(size)).random(size, rng);
}

void append_quic_initial(Bytes& bytes, Rng& rng) {
  const std::size_t start = bytes.size();
  append_long_header(bytes, rng, 0xc0 | rng.below(16));
  bytes.u8(0);  // no token
  append_protected(bytes, rng, start + kQuicDatagram - bytes.size());
}

void append_quic_server_initial(Bytes& bytes, Rng& rng) {
  const std::size_t start = bytes.size();
  append_long_header(bytes, rng, 0xc0 | rng.below(16));
  bytes.u8(0);
  append_protected(bytes, rng, 140);
  append_long_header(bytes, rng, 0xe0 | rng.below(16));  // Handshake
  append_protected(bytes, rng, start + kQuicDatagram - bytes.size());
}

void append_quic_retry(Bytes& bytes, Rng& rng) {
  append_long_header(bytes, rng, 0xf0 | rng.below(16));
  bytes.random(48 + 16, rng);  // token and integrity tag
}

void append_quic_short(Bytes& bytes, Rng& rng, std::size_t size) {
  bytes.u8(0x40 | rng.below(64)).random(size > 1 ? size - 1 : 0, rng);
}

}  // namespace floodgauge::trafficgen
