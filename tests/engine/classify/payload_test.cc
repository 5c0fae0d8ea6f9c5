// The small parsers: HTTP, TLS, QUIC, game queries and SIP.
#include <gtest/gtest.h>
#include <string>

#include "engine/classify/a2s.h"
#include "engine/classify/http_request.h"
#include "engine/classify/quic_initial.h"
#include "engine/classify/sip.h"
#include "engine/classify/tls_hello.h"
#include "tests/engine/classify/guarded.h"

namespace floodgauge {
namespace {

using namespace std::string_literals;

TEST(HttpStart, TellsRequestsFromAnswersAndFromTheRest) {
  struct Case {
    std::string bytes;
    HttpMethod method;
    std::uint16_t code;
    const char* what;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1\r\n", HttpMethod::get, 0, "a request"},
      {"GET /", HttpMethod::get, 0, "cut after the target's first byte"},
      {"GET ", HttpMethod::none, 0, "cut before the target"},
      {"GE", HttpMethod::none, 0, "cut in the method"},
      {"get / HTTP/1.1", HttpMethod::none, 0, "methods are upper case"},
      {"GET http://a/ HTTP/1.1", HttpMethod::get, 0, "to a proxy"},
      {"POST /xmlrpc.php HTTP/1.0", HttpMethod::post, 0, "a post"},
      {"HEAD /", HttpMethod::head, 0, "a head"},
      {"CONNECT host:443 HTTP/1.1", HttpMethod::connect, 0, "a tunnel"},
      {"OPTIONS * HTTP/1.1", HttpMethod::options, 0, "of the server"},
      {"OPTIONS sip:a@b SIP/2.0", HttpMethod::none, 0, "SIP is not HTTP"},
      {"OPTIONS rtsp://a RTSP/1.0", HttpMethod::none, 0, "RTSP is not HTTP"},
      {"PROPFIND /dav HTTP/1.1", HttpMethod::other, 0, "WebDAV"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HttpMethod::pri, 0, "HTTP/2 in clear"},
      {"HTTP/1.1 200 OK\r\n", HttpMethod::none, 200, "an answer"},
      {"HTTP/1.0 503", HttpMethod::none, 503, "an answer without its reason"},
      {"HTTP/1.1 20", HttpMethod::none, 0, "cut in the code"},
      {"HTTP/1.1 999 x", HttpMethod::none, 0, "no such code"},
      {"HTTP/1.1 2x0 x", HttpMethod::none, 0, "not a number"},
      {"EHLO mail", HttpMethod::none, 0, "SMTP"},
      {"", HttpMethod::none, 0, "nothing"},
      {"\xff\xfe", HttpMethod::none, 0, "binary"},
  };
  Guarded guarded;
  for (const Case& c : cases) {
    const HttpStart start = parse_http_start(guarded(c.bytes));
    EXPECT_EQ(start.method, c.method) << c.what;
    EXPECT_EQ(start.code, c.code) << c.what;
    EXPECT_EQ(start.request(), c.method != HttpMethod::none) << c.what;
    EXPECT_EQ(start.answer(), c.code != 0) << c.what;
  }
}

TEST(TlsHello, ReadsTheTwoHeaders) {
  const std::string client = "\x16\3\1\2\0\1\0\1\xfc\3\3"s + std::string(32, 'r');
  struct Case {
    std::string bytes;
    TlsHello want;
    const char* what;
  };
  const Case cases[] = {
      {client, TlsHello::client, "a ClientHello"},
      {client.substr(0, 9), TlsHello::client, "its first nine bytes"},
      {client.substr(0, 8), TlsHello::none, "eight are too few"},
      {"\x16\3\3\0\x7a\2\0\0\x76\3\3"s, TlsHello::server, "a ServerHello"},
      {"\x16\3\3\0\x7a\x0b\0\0\x76\3\3"s, TlsHello::none, "a certificate"},
      {"\x17\3\3\0\x7a\1\0\0\x76\3\3"s, TlsHello::none, "application data"},
      {"\x16\2\0\0\x7a\1\0\0\x76\3\3"s, TlsHello::none, "version 2.0"},
      {"\x16\3\1\xff\xff\1\0\0\x76\3\3"s, TlsHello::none, "a record longer than any"},
      {"\x16\3\1\0\2\1\0\0\x76\3\3"s, TlsHello::none, "a record shorter than a header"},
      {"\x16\3\1\0\x7a\1\0\0\5\3\3"s, TlsHello::none, "a hello too short to be one"},
      {"\x80\x2e\1\3\1"s, TlsHello::client, "SSL 2.0's form"},
      {"\x80\x2e\1\0\2"s, TlsHello::none, "SSL 2.0 itself"},
      {"\x80\5\1\3\1"s, TlsHello::none, "SSL 2.0's form, too short"},
      {"", TlsHello::none, "nothing"},
  };
  Guarded guarded;
  for (const Case& c : cases) EXPECT_EQ(parse_tls_hello(guarded(c.bytes)), c.want) << c.what;
}

std::string quic(char first, const std::string& version, int destination_id, int source_id,
                 const std::string& rest = "\0"s) {
  return first + version + static_cast<char>(destination_id) +
         std::string(static_cast<std::size_t>(destination_id), 'd') + static_cast<char>(source_id) +
         std::string(static_cast<std::size_t>(source_id), 's') + rest;
}

TEST(QuicLongHeader, ReadsVersionsTypesAndIds) {
  const std::string v1 = "\0\0\0\1"s;
  const std::string v2 = "\x6b\x33\x43\xcf"s;
  struct Case {
    std::string bytes;
    QuicPacket want;
    const char* what;
  };
  const Case cases[] = {
      {quic('\xc3', v1, 8, 0), QuicPacket::initial, "version 1"},
      {quic('\xc3', "\xff\0\0\x1d"s, 18, 20), QuicPacket::initial, "draft 29"},
      {quic('\xd3', v2, 8, 0), QuicPacket::initial, "version 2"},
      {quic('\xd3', v1, 8, 0), QuicPacket::zero_rtt, "0-RTT"},
      {quic('\xe3', v1, 8, 8), QuicPacket::handshake, "handshake"},
      {quic('\xf3', v1, 8, 8), QuicPacket::retry, "retry"},
      {quic('\xc3', v2, 8, 8), QuicPacket::retry, "version 2's retry"},
      {quic('\x80', "\0\0\0\0"s, 8, 8), QuicPacket::version_negotiation, "version negotiation"},
      {quic('\x43', v1, 8, 0), QuicPacket::none, "a short header"},
      {quic('\x83', v1, 8, 0), QuicPacket::none, "the fixed bit is clear"},
      {quic('\xc3', "\x1a\x2a\x3a\x4a"s, 8, 0), QuicPacket::none, "a version of grease"},
      {quic('\xc3', v1, 21, 0), QuicPacket::none, "a connection id of 21 bytes"},
      {quic('\xc3', v1, 8, 21), QuicPacket::none, "a source id of 21 bytes"},
      {quic('\xc3', v1, 8, 0, ""), QuicPacket::none, "cut before the token"},
  };
  Guarded guarded;
  for (const Case& c : cases) {
    EXPECT_EQ(parse_quic_long_header(guarded(c.bytes)).packet, c.want) << c.what;
  }
  const std::string whole = quic('\xc3', v1, 20, 20, "\x10"s);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(parse_quic_long_header(guarded(whole.substr(0, size))).packet, QuicPacket::none);
  }
  const QuicLongHeader header = parse_quic_long_header(guarded(whole));
  EXPECT_TRUE(header.token);
  EXPECT_EQ(header.version, kQuicVersion1);
  EXPECT_EQ(header.destination_id_bytes, 20);
  EXPECT_EQ(header.source_id_bytes, 20);
  EXPECT_FALSE(parse_quic_long_header(guarded(quic('\xc3', v1, 8, 0))).token);
}

TEST(GameQuery, TellsQueriesFromAnswers) {
  const std::string four = "\xff\xff\xff\xff"s;
  struct Case {
    std::string bytes;
    GameQuery want;
    const char* what;
  };
  const Case cases[] = {
      {four + "TSource Engine Query\0"s, GameQuery::a2s_request, "A2S_INFO"},
      {four + "U" + four, GameQuery::a2s_request, "A2S_PLAYER"},
      {four + "V" + four, GameQuery::a2s_request, "A2S_RULES"},
      {four + "I\x11name", GameQuery::a2s_answer, "its answer"},
      {four + "A\1\2\3\4", GameQuery::a2s_answer, "a challenge"},
      {"\xfe\xff\xff\xff\1"s, GameQuery::a2s_answer, "an answer in parts"},
      {four + "getstatus", GameQuery::quake_request, "Quake's query"},
      {four + "getinfo xxx", GameQuery::quake_request, "Quake's short query"},
      {four + "statusResponse\n\\mapname", GameQuery::quake_answer, "its answer"},
      {four + "disconnect", GameQuery::quake_answer, "D of disconnect is no A2S"},
      {four + "getstatu", GameQuery::none, "cut in the word"},
      {four, GameQuery::none, "nothing behind the marker"},
      {"\xff\xff\xff"s, GameQuery::none, "cut in the marker"},
      {four + "\1", GameQuery::none, "another protocol"},
  };
  Guarded guarded;
  for (const Case& c : cases) EXPECT_EQ(parse_game_query(guarded(c.bytes)), c.want) << c.what;
}

TEST(SipStart, TellsRequestsFromAnswersAndFromTheRest) {
  struct Case {
    std::string bytes;
    SipMethod method;
    std::uint16_t code;
    const char* what;
  };
  const Case cases[] = {
      {"INVITE sip:a@b SIP/2.0\r\n", SipMethod::invite, 0, "a call"},
      {"REGISTER sips:b SIP/2.0\r\n", SipMethod::register_, 0, "a registration"},
      {"OPTIONS sip:100@b SIP/2.0\r\n", SipMethod::options, 0, "a scanner's probe"},
      {"BYE tel:+1 SIP/2.0\r\n", SipMethod::bye, 0, "to a number"},
      {"NOTIFY sip:a@b SIP/2.0\r\n", SipMethod::other, 0, "a notification"},
      {"NOTIFY * HTTP/1.1\r\n", SipMethod::none, 0, "SSDP is not SIP"},
      {"OPTIONS * HTTP/1.1\r\n", SipMethod::none, 0, "HTTP is not SIP"},
      {"INVITE ", SipMethod::none, 0, "cut before the target"},
      {"SIP/2.0 200 OK\r\n", SipMethod::none, 200, "an answer"},
      {"SIP/2.0 40", SipMethod::none, 0, "cut in the code"},
      {"", SipMethod::none, 0, "nothing"},
  };
  Guarded guarded;
  for (const Case& c : cases) {
    const SipStart start = parse_sip_start(guarded(c.bytes));
    EXPECT_EQ(start.method, c.method) << c.what;
    EXPECT_EQ(start.code, c.code) << c.what;
  }
}

}  // namespace
}  // namespace floodgauge
