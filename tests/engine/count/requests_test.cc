// Requests of which the first bytes of a packet do not tell how many: through all stages.
#include "engine/count/requests.h"

#include <gtest/gtest.h>

#include <array>
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

constexpr std::string_view kOne = "GET /a HTTP/1.1\r\nHost: w\r\n\r\n";

std::string times(int count) {
  std::string text;
  for (int n = 0; n < count; ++n) text += kOne;
  return text;
}

class Requests : public ::testing::TestWithParam<std::size_t> {
 protected:
  Requests() : engine(protecting({"198.51.100.0/24"})) {}
  /// Sends frames in bursts of the parameter's size.
  void see(const std::vector<Bytes>& frames) {
    for (std::size_t at = 0; at < frames.size(); at += GetParam()) {
      const std::size_t count = std::min(GetParam(), frames.size() - at);
      engine.see_burst(std::span(frames).subspan(at, count));
    }
  }
  void connect() {
    see({tcp(kClient, kServer, kSyn), tcp(kServer, kClient, kSyn | kAck),
         tcp(kClient, kServer, kAck)});
  }
  std::uint32_t extra() const { return engine.host(kServer)->extra_requests(); }

  Engine engine;
};
INSTANTIATE_TEST_SUITE_P(BurstsOf, Requests, ::testing::Values(1, 2, 3, 32));

TEST_P(Requests, AreCountedInTheSegment) {
  connect();
  see({tcp(kClient, kServer, kAck | kPsh, times(48)),
       tcp(kServer, kClient, kAck | kPsh, "HTTP/1.1 200"),
       tcp(kClient, kServer, kAck | kPsh, times(1)), tcp(kClient, kServer, kAck)});
  EXPECT_EQ(engine.cells(kServer),
            "http_request 2, out tcp_established 2, tcp_established 2, tcp_syn 1");
  EXPECT_EQ(extra(), 47u);
}

TEST_P(Requests, AreCountedOverSegments) {
  connect();
  const std::string text = times(3);
  const std::string_view all = text;
  see({tcp(kClient, kServer, kAck, all.substr(0, 33)), tcp(kClient, kServer, kAck, all.substr(33)),
       tcp(kClient, kServer, kAck, "no request\r\n\r\n"),
       tcp(kServer, kClient, kAck | kPsh, "HTTP/1.1 200"),
       tcp(kClient, kServer, kAck, "nothing open HTTP/1.1")});
  EXPECT_EQ(engine.cells(kServer).substr(0, 14), "http_request 2");
  EXPECT_EQ(extra(), 1u);
}

TEST_P(Requests, OfServersAreNotCounted) {
  connect();
  see({tcp(kServer, kClient, kAck | kPsh, times(3))});
  EXPECT_EQ(extra(), 0u);
}

TEST_P(Requests, AreRecognisedByTheirFirstByteOfAConnection) {
  connect();
  see({tcp(kClient, kServer, kAck, "G"), tcp(kClient, kServer, kAck, std::string(kOne.substr(1)))});
  EXPECT_EQ(engine.cells(kServer).substr(0, 14), "http_request 1");
  Engine tls(protecting({"198.51.100.0/24"}));
  tls.see(tcp(kClient, kServer, kSyn));
  tls.see(tcp(kServer, kClient, kSyn | kAck));
  tls.see(tcp(kClient, kServer, kAck, "\x16\x03\x01"));
  EXPECT_NE(tls.cells(kServer).find("tls_hello 1"), std::string::npos) << tls.cells(kServer);
}

/// A datagram of a client's QUIC connection, whose identifier has eight bytes `id`.
Bytes initial(char id, bool from_server = false) {
  const std::string text =
      std::string("\xc3\0\0\0\1\x08", 6) + std::string(8, id) + std::string(40, '\0');
  return PacketBuilder()
      .ethernet()
      .ipv4({.source = from_server ? kServer : kClient,
             .destination = from_server ? kClient : kServer})
      .udp({.source_port = from_server ? std::uint16_t{443} : std::uint16_t{40000},
            .destination_port = from_server ? std::uint16_t{40000} : std::uint16_t{443}})
      .payload(text)
      .build();
}

TEST_P(Requests, OfQuicAreConnections) {
  see({initial('a'), initial('a'), initial('a')});
  EXPECT_EQ(engine.cells(kServer), "quic_initial 1, udp 2") << "nobody has answered yet";
  see({initial('z', true), initial('a'), initial('b'), initial('b')});
  EXPECT_EQ(engine.cells(kServer), "out udp_answered 1, quic_initial 1, udp 2, udp_answered 3")
      << "the client goes on with the identifier that the server has chosen";
  see({initial('c'), initial('d'), initial('e')});
  EXPECT_GE(engine.host(kServer)->inbound().packets, 9u);
  EXPECT_EQ(engine.cells(kServer), "out udp_answered 1, quic_initial 4, udp 2, udp_answered 3")
      << "and not with ever new ones";
}

}  // namespace
}  // namespace floodgauge
