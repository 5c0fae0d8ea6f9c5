#include "engine/count/service_stage.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/engine/count/engine.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::Engine;
using testing::kAck;
using testing::kClient;
using testing::kPsh;
using testing::kServer;
using testing::kSyn;
using testing::PacketBuilder;
using testing::protecting;
using testing::tcp;

constexpr std::uint8_t kData = kPsh | kAck;
using Kind = ServiceAnswer::Kind;

/// A segment between a client's port 40000 and a port of the server.
Bytes segment(bool from_server, std::uint16_t server_port, std::uint8_t flags,
              std::string_view text = "", std::uint16_t client_port = 40000) {
  PacketBuilder builder;
  builder.ethernet().ipv4(
      {.source = from_server ? kServer : kClient, .destination = from_server ? kClient : kServer});
  builder.tcp({.source_port = from_server ? server_port : client_port,
               .destination_port = from_server ? client_port : server_port,
               .flags = flags});
  if (!text.empty()) builder.payload(text);
  return builder.build();
}

Bytes datagram(bool from_server, std::uint16_t server_port, std::string_view text) {
  return PacketBuilder()
      .ethernet()
      .ipv4({.source = from_server ? kServer : kClient,
             .destination = from_server ? kClient : kServer})
      .udp({.source_port = from_server ? server_port : std::uint16_t{40000},
            .destination_port = from_server ? std::uint16_t{40000} : server_port})
      .payload(text)
      .build();
}

std::string dns(std::uint16_t id, bool answer, std::uint8_t rcode = 0, bool truncated = false) {
  std::string text(12, '\0');
  text[0] = static_cast<char>(id >> 8);
  text[1] = static_cast<char>(id & 0xff);
  text[2] = static_cast<char>((answer ? 0x80 : 0) | (truncated ? 2 : 0));
  text[3] = static_cast<char>(rcode | (answer ? 0x80 : 0));
  text[5] = 1;
  return text + std::string("\3www\7example\3org\0\0\1\0\1", 21);
}

class ServiceStageTest : public ::testing::Test {
 protected:
  void see(const Bytes& frame, std::int64_t at) { engine_.see(frame, at); }
  const ServiceWindow& window() const { return engine_.window().services; }
  /// "https asked 1+0 within 0+0": of clients that were not known, and of those that were.
  std::string record(std::size_t number = 0) const {
    if (number >= window().used) return "none";
    const ServiceRecord& record = window().records[number];
    const ServiceCounts& counts = record.counts;
    return settings_.services[record.service].name + " asked " + std::to_string(counts.asked[0]) +
           "+" + std::to_string(counts.asked[1]) + " within " +
           std::to_string(counts.asked_within[0]) + "+" + std::to_string(counts.asked_within[1]);
  }
  /// "answered 25 ms"
  std::string answer(std::size_t number = 0) const {
    if (number >= window().answers.size()) return "none";
    const ServiceAnswer& answer = window().answers[number];
    const char* kind = answer.kind == Kind::answered          ? "answered"
                       : answer.kind == Kind::answered_within ? "within"
                                                              : "accepted";
    return std::string(kind) + " " + std::to_string(std::lround(double{answer.seconds} * 1000)) +
           " ms" + (answer.client == ClientClass::known ? " known" : "");
  }

  Settings settings_ = protecting({"198.51.100.0/24"});
  Engine engine_{settings_};
};

TEST_F(ServiceStageTest, OfAnEncryptedServiceTheSynAckIsTheAnswer) {
  see(segment(false, 443, kSyn), 0);
  see(segment(true, 443, kSyn | kAck), 25);
  EXPECT_EQ(record(), "https asked 1+0 within 0+0");
  EXPECT_EQ(answer(), "answered 25 ms");
  see(segment(false, 443, kAck), 50);
  see(segment(false, 443, kData, "\x16\x03\x01 hello"), 51);
  see(segment(true, 443, kData, "\x16\x03\x03 hello"), 90);
  EXPECT_EQ(window().answers.size(), 1u) << "what comes within the connection is not looked at";
  EXPECT_EQ(window().records[0].counts.completed, 1u);
}

TEST_F(ServiceStageTest, ARepeatedSynIsOneRequest) {
  for (const std::int64_t at : {0, 1000, 3000}) see(segment(false, 443, kSyn), at);
  EXPECT_EQ(record(), "https asked 1+0 within 0+0");
  EXPECT_EQ(window().records[0].counts.repetitions, 2u);
  see(segment(true, 443, kSyn | kAck), 3001);
  EXPECT_EQ(answer(), "answered 3001 ms") << "since the first one";
  EXPECT_EQ(window().records[0].first_request, whole_seconds(1000));
}

TEST_F(ServiceStageTest, AResetIsNoAnswer) {
  see(segment(false, 443, kSyn), 0);
  see(segment(true, 443, 0x14), 1);
  EXPECT_EQ(record(), "https asked 1+0 within 0+0");
  EXPECT_EQ(answer(), "none");
}

TEST_F(ServiceStageTest, AClientThatCompletedAHandshakeIsKnownFromThenOn) {
  see(segment(false, 443, kSyn), 0);
  see(segment(true, 443, kSyn | kAck), 1);
  see(segment(false, 443, kAck), 30);
  see(segment(false, 443, kSyn, "", 40001), 60);
  EXPECT_EQ(record(), "https asked 1+1 within 0+0");
  see(segment(true, 443, kSyn | kAck, "", 40001), 62);
  EXPECT_EQ(answer(1), "answered 2 ms known");
}

TEST_F(ServiceStageTest, ASynCookieThatNobodyCompletesMakesNobodyKnown) {
  see(segment(false, 443, kSyn), 0);
  see(segment(true, 443, kSyn | kAck), 1);
  see(segment(false, 443, kSyn, "", 40001), 60);
  EXPECT_EQ(record(), "https asked 2+0 within 0+0");
}

TEST_F(ServiceStageTest, OfHttpTheServersFirstBytesAreTheAnswer) {
  see(segment(false, 80, kSyn), 0);
  see(segment(true, 80, kSyn | kAck), 1);
  see(segment(false, 80, kAck), 30);
  see(segment(false, 80, kData, "GET / HTTP/1.1\r\n"), 31);
  EXPECT_EQ(record(), "http asked 1+0 within 0+1");
  EXPECT_EQ(answer(0), "accepted 1 ms") << "its SYN is then no request";
  see(segment(true, 80, kAck), 32);
  EXPECT_EQ(answer(1), "none") << "an acknowledgement is no answer";
  see(segment(true, 80, kData, "HTTP/1.1 200 OK\r\n"), 231);
  EXPECT_EQ(answer(1), "within 200 ms known");
  see(segment(true, 80, kData, "more of the page"), 232);
  EXPECT_EQ(window().answers.size(), 2u);
  see(segment(false, 80, kData, "GET /2 HTTP/1.1\r\n"), 300);
  see(segment(true, 80, kData, "HTTP/1.1 200 OK\r\n"), 305);
  EXPECT_EQ(record(), "http asked 1+0 within 0+2") << "the connection is used again";
  EXPECT_EQ(answer(2), "within 5 ms known");
}

TEST_F(ServiceStageTest, AnAnswerInTheBurstOfItsRequestIsSeen) {
  const std::vector<Bytes> frames = {segment(false, 80, kSyn), segment(true, 80, kSyn | kAck),
                                     segment(false, 80, kAck),
                                     segment(false, 80, kData, "GET / HTTP/1.1\r\n"),
                                     segment(true, 80, kData, "HTTP/1.1 200 OK\r\n")};
  engine_.see_burst(frames, 0);
  EXPECT_EQ(record(), "http asked 1+0 within 0+1");
  EXPECT_EQ(answer(1), "within 0 ms known");
}

TEST_F(ServiceStageTest, OfSmtpTheGreetingIsTheAnswer) {
  see(segment(false, 25, kSyn), 0);
  see(segment(true, 25, kSyn | kAck), 1);
  see(segment(false, 25, kAck), 30);
  EXPECT_EQ(record(), "smtp asked 1+0 within 1+0");
  see(segment(true, 25, kData, "220 mail.example.org ESMTP\r\n"), 3030);
  EXPECT_EQ(answer(1), "within 3000 ms");
  see(segment(false, 25, kData, "EHLO there\r\n"), 3060);
  see(segment(true, 25, kData, "250 ok\r\n"), 3061);
  EXPECT_EQ(window().answers.size(), 2u) << "the greeting alone is awaited";
}

TEST_F(ServiceStageTest, DnsAnswersAreFoundByTheirTransactionId) {
  see(datagram(false, 53, dns(1, false)), 0);
  see(datagram(false, 53, dns(2, false)), 10);
  see(datagram(false, 53, dns(1, false)), 500);
  EXPECT_EQ(record(), "dns asked 2+0 within 0+0");
  EXPECT_EQ(window().records[0].counts.repetitions, 1u);
  EXPECT_EQ(window().records[0].counts.dns_queries, 3u);
  see(datagram(true, 53, dns(3, true)), 520);
  EXPECT_EQ(answer(), "none") << "the third one was never asked for";
  see(datagram(true, 53, dns(2, true, 3, true)), 530);
  see(datagram(true, 53, dns(1, true)), 540);
  EXPECT_EQ(answer(0), "answered 520 ms");
  EXPECT_EQ(answer(1), "answered 540 ms");
  const ServiceCounts& counts = window().records[0].counts;
  EXPECT_EQ(counts.dns_results[static_cast<std::size_t>(DnsResult::nx_domain)], 1u);
  EXPECT_EQ(counts.dns_results[static_cast<std::size_t>(DnsResult::no_error)], 1u);
  EXPECT_EQ(counts.dns_truncated, 1u);
  EXPECT_EQ(counts.dns_recursive, 2u);
}

TEST_F(ServiceStageTest, DnsOverTcpIsTimedWithinTheConnection) {
  see(segment(false, 53, kSyn), 0);
  see(segment(true, 53, kSyn | kAck), 1);
  see(segment(false, 53, kAck), 30);
  see(segment(false, 53, kData, std::string("\0\x21", 2) + dns(7, false)), 31);
  see(segment(true, 53, kData, std::string("\0\x21", 2) + dns(7, true)), 44);
  EXPECT_EQ(record(), "dns asked 1+0 within 0+1");
  EXPECT_EQ(answer(1), "within 13 ms known");
}

TEST_F(ServiceStageTest, OfHttp3TheFirstDatagramBackIsTheAnswer) {
  see(datagram(false, 443, "\xc3\x01 initial"), 0);
  see(datagram(false, 443, "\xc3\x01 initial"), 20);
  EXPECT_EQ(record(), "https asked 1+0 within 0+0");
  see(datagram(true, 443, "\xc1\x01 initial"), 22);
  see(datagram(true, 443, "\xc1\x01 initial"), 23);
  EXPECT_EQ(answer(0), "answered 22 ms");
  EXPECT_EQ(window().answers.size(), 1u);
}

TEST_F(ServiceStageTest, OtherPortsAndOtherServersAreNoServices) {
  see(segment(false, 9999, kSyn), 0);
  see(segment(true, 9999, kSyn | kAck), 1);
  see(datagram(false, 9999, "x"), 2);
  // A protected client of a server outside.
  PacketBuilder builder;
  builder.ethernet().ipv4({.source = kServer, .destination = kClient});
  see(builder.tcp({.source_port = 50000, .destination_port = 443, .flags = kSyn}).build(), 3);
  EXPECT_EQ(window().used, 0u);
}

TEST_F(ServiceStageTest, ServersBeyondTheCapacityShareTheRecordOfTheirPrefix) {
  ServiceWindow window;
  const HashKey key = key_from_seed(1);
  for (std::uint32_t n = 0; n < ServiceWindow::kMostRecords + 1000; ++n) {
    const IpAddress server = IpAddress::from_v4(0x0a000000u + n);
    ServiceRecord* const record = window.find(server, hash_of(server, key), 3, 1);
    ASSERT_NE(record, nullptr);
    ++record->counts.asked[0];
  }
  EXPECT_LT(window.used, ServiceWindow::kMostRecords);
  const ServiceRecord& rest = window.records[window.used - 1];
  EXPECT_EQ(rest.server, IpAddress{});
  EXPECT_EQ(rest.prefix, 3u);
  EXPECT_GE(rest.counts.asked[0], 1000u);
  window.clear();
  EXPECT_EQ(window.used, 0u);
  const IpAddress server = IpAddress::from_v4(0x0a000001u);
  EXPECT_EQ(window.find(server, hash_of(server, key), 3, 1)->counts.asked[0], 0u);
}

TEST_F(ServiceStageTest, AnswersBeyondTheCapacityAreCountedWithoutTheirTime) {
  ServiceWindow window;
  ServiceRecord& record = *window.find(IpAddress::from_v4(1), 1, 0, 0);
  for (std::size_t n = 0; n < ServiceWindow::kMostOfShare + 5; ++n) {
    window.add_answer(record, {}, 7);
  }
  EXPECT_EQ(window.answers.size(), ServiceWindow::kMostOfShare);
  EXPECT_EQ(record.counts.unsampled_answers[0], 5u);
  window.add_answer(record, {}, 8);
  EXPECT_EQ(window.answers.size(), ServiceWindow::kMostOfShare + 1) << "of another share";
  window.clear();
  window.add_answer(*window.find(IpAddress::from_v4(1), 1, 0, 0), {}, 7);
  EXPECT_EQ(window.answers.size(), 1u);
}

TEST(ServiceStage, APlainSynHasNeitherFinNorRstNorAck) {
  struct Case {
    std::uint8_t protocol;
    std::uint8_t flags;
    bool plain_syn;
  };
  constexpr Case kCases[] = {
      {kProtocolTcp, kTcpSyn, true},
      {kProtocolTcp, kTcpSyn | kTcpPsh | kTcpUrg, true},
      {kProtocolTcp, kTcpSyn | kTcpAck, false},
      {kProtocolTcp, kTcpSyn | kTcpFin, false},
      {kProtocolTcp, kTcpSyn | kTcpRst, false},
      {kProtocolTcp, kTcpAck, false},
      {kProtocolUdp, kTcpSyn, false},
  };
  for (const Case& one : kCases) {
    PacketFacts facts;
    facts.protocol = one.protocol;
    facts.tcp_flags = one.flags;
    EXPECT_EQ(is_plain_syn(facts), one.plain_syn) << +one.protocol << " " << +one.flags;
  }
}

}  // namespace
}  // namespace floodgauge
