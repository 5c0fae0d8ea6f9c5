// Whether a target answers, over whole conversations: through all stages, with and without the fast
// path.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

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
using testing::udp;

/// One connection to the server, seen from both sides.
class Connection {
 public:
  explicit Connection(bool fast_path) : engine(protecting({"198.51.100.0/24"})) {
    engine.fast_path = fast_path;
    send(kSyn, 0, 0);
    reply(kSyn | kAck, 1);
    send(kAck, 0, 0);
  }
  void send(std::uint8_t flags, std::size_t payload, std::int64_t at) {
    engine.see(segment(kClient, kServer, 40000, 80, flags, 1, payload), at);
  }
  void reply(std::uint8_t flags, std::uint32_t acknowledgment, std::size_t payload = 0,
             std::int64_t at = 0) {
    engine.see(segment(kServer, kClient, 80, 40000, flags, acknowledgment, payload), at);
  }
  void windows_pass(int count) {
    for (int n = 0; n < count; ++n) engine.next_window();
  }
  std::uint64_t of(const char* vector) const {
    std::uint64_t packets = 0;
    engine.host(kServer)->for_each_cell([&](const Cell& cell) {
      if (!cell.outbound && info(cell.vector).name == vector) packets = cell.packets;
    });
    return packets;
  }

  Engine engine;

 private:
  static Bytes segment(const char* from, const char* to, std::uint16_t source, std::uint16_t dest,
                       std::uint8_t flags, std::uint32_t acknowledgment, std::size_t payload) {
    PacketBuilder builder;
    builder.ethernet().ipv4({.source = from, .destination = to});
    builder.tcp({.source_port = source,
                 .destination_port = dest,
                 .flags = flags,
                 .acknowledgment = acknowledgment});
    if (payload != 0) builder.payload(payload);
    return builder.build();
  }
};

class Conversation : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(FastPathOffAndOn, Conversation, ::testing::Bool());

TEST_P(Conversation, WhatIsPouredIntoAnEstablishedConnectionIsUnsolicited) {
  Connection connection(GetParam());
  for (int n = 0; n < 1000; ++n) connection.send(kAck | kPsh, 800, 0);
  EXPECT_EQ(connection.of("tcp_ack"), 1000u - 64 - 62);
}

TEST_P(Conversation, AnUploadIsAnsweredHoweverSeldomItIsAcknowledged) {
  for (const int each : {2, 45, 60}) {
    Connection connection(GetParam());
    for (int n = 1; n <= 5000; ++n) {
      connection.send(kAck, 1400, 0);
      if (n % each == 0) connection.reply(kAck, static_cast<std::uint32_t>(n) * 1400);
    }
    EXPECT_EQ(connection.of("tcp_ack"), 0u) << each;
  }
}

TEST_P(Conversation, RepeatedAcknowledgementsDoNotExcuseForEver) {
  Connection connection(GetParam());
  for (int window = 0; window < 60; ++window) {
    for (int n = 0; n < 40; ++n) {
      connection.send(kAck | kPsh, 800, window * 100);
      connection.reply(kAck, 1, 0, window * 100);
    }
    if (window == 10) {
      EXPECT_EQ(connection.of("tcp_ack"), 0u) << "this may be a loss";
    }
    if (window < 59) connection.windows_pass(1);
  }
  EXPECT_EQ(connection.of("tcp_ack"), 40u);
}

TEST_P(Conversation, ADownloadIsAnswered) {
  Connection connection(GetParam());
  for (int window = 0; window < 60; ++window) {
    for (int n = 0; n < 200; ++n) {
      connection.reply(kAck, 2, 1400, window * 100);
      connection.send(kAck, 0, window * 100);
    }
    EXPECT_EQ(connection.of("tcp_established"), window == 0 ? 201u : 200u) << window;
    if (window < 59) connection.windows_pass(1);
  }
}

/// Sends `each` datagrams in each window, and has every `reports`th window answered once.
std::string stream(bool fast_path, int windows, int each, int reports) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.fast_path = fast_path;
  engine.see(udp(kClient, kServer));
  engine.see(udp(kServer, kClient, 9000, 40000));
  for (int window = 0; window < windows; ++window) {
    if (window != 0) engine.next_window();
    for (int n = 0; n < each; ++n) engine.see(udp(kClient, kServer), window * 100);
    if (reports != 0 && window % reports == 0) {
      engine.see(udp(kServer, kClient, 9000, 40000), window * 100);
    }
  }
  return engine.cells(kServer);
}

TEST_P(Conversation, DatagramsOfAFlowAnsweredLongAgoAreUnsolicited) {
  EXPECT_EQ(stream(GetParam(), 8, 50, 0), "udp_answered 50") << "within a second";
  EXPECT_EQ(stream(GetParam(), 40, 50, 0), "udp 50");
}

TEST_P(Conversation, AStreamIsAnsweredByRareReports) {
  EXPECT_EQ(stream(GetParam(), 400, 20, 50), "udp_answered 20") << "one report in 5 s";
  EXPECT_EQ(stream(GetParam(), 400, 20, 150), "udp 20") << "one in 15 s";
}

}  // namespace
}  // namespace floodgauge
