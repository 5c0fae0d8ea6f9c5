#include "engine/count/service_count.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "tests/engine/count/engine.h"

namespace floodgauge {
namespace {

using testing::Engine;
using testing::kAck;
using testing::kClient;
using testing::kServer;
using testing::kSyn;
using testing::Paths;
using testing::protecting;
using testing::tcp;
using testing::udp;

TEST(ServiceCount, TimesAnswers) {
  Engine engine(protecting({"198.51.100.0/24"}));
  // About one flow in four is timed.
  for (std::uint16_t port = 0; port < 400; ++port) {
    const auto client = static_cast<std::uint16_t>(20000 + port);
    engine.see(tcp(kClient, kServer, kSyn, "", client), 0);
    engine.see(tcp(kServer, kClient, kSyn | kAck, "", client), 25);
  }
  const auto& responses = engine.window().responses;
  EXPECT_GT(responses.size(), 50u);
  EXPECT_LT(responses.size(), 200u);
  for (const ResponseSample& sample : responses) {
    EXPECT_FLOAT_EQ(sample.seconds, 0.025f);
    EXPECT_EQ(sample.service, Service::http);
  }
}

TEST(ServiceCount, APlainSynHasNeitherFinNorRstNorAck) {
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

TEST(ServiceCount, CountsDnsQueriesAndTheirAnswers) {
  Paths paths(protecting({"198.51.100.0/24"}));
  paths.count(std::array{udp(kClient, kServer, 40000, 53), udp(kClient, kServer, 40000, 53),
                         udp(kServer, kClient, 53, 40000), udp(kServer, kClient, 53, 40001)});
  const auto& dns = paths.window->prefixes[0].services[static_cast<std::size_t>(Service::dns)];
  EXPECT_EQ(dns.requests, 2u);
  EXPECT_EQ(dns.answers, 1u) << "the last one was never asked for";
}

}  // namespace
}  // namespace floodgauge
