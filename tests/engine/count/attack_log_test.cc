#include "engine/count/attack_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/engine/count/engine.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::Engine;
using testing::kServer;
using testing::parsed_burst;
using testing::Paths;
using testing::udp;

/// The packets of each source of a host, from its log and its detail.
std::map<std::string, std::uint64_t> sources_of(const WorkerWindow& window,
                                                const HostRecord& host) {
  std::map<std::string, std::uint64_t> sources;
  if (host.events().detail != 0) {
    window.details[host.events().detail - 1].top_sources.for_each(
        [&](const auto& entry) { sources[entry.key.text()] += entry.count; });
  }
  for (std::uint32_t at = host.events().log_head; at != 0; at = window.log[at - 1].older) {
    ++sources[window.log[at - 1].source.text()];
  }
  return sources;
}

TEST(AttackLog, KeepsTheSourcesOfAllPacketsFromTheFirstOn) {
  WindowCapacity capacity = Engine::kSmall;
  for (const std::uint32_t shared : {0u, 50u, 4096u}) {
    capacity.log_shared = shared;
    Engine engine({}, capacity);
    for (unsigned n = 0; n < 100; ++n) {
      const std::string source = "192.0.2." + std::to_string(n % 10);
      engine.see(udp(source.c_str(), kServer));
      const auto sources = sources_of(engine.window(), *engine.host(kServer));
      EXPECT_EQ(sources.size(), std::min(n + 1, 10u)) << n;
      EXPECT_EQ(sources.at("192.0.2.0"), n / 10 + 1) << n;
    }
    const unsigned logged = std::min(std::max<unsigned>(shared, kLoggedPackets), 100u);
    EXPECT_EQ(engine.window().log_used, logged);
    EXPECT_EQ(engine.window().details_used, logged < 100 ? 1u : 0u);
    EXPECT_EQ(engine.host(kServer)->events().detail != 0, logged < 100);
    EXPECT_EQ(engine.host(kServer)->events().suspicious, 100u);
    EXPECT_EQ(engine.window().details[0].packets, 100 - logged);
    EXPECT_EQ(engine.window().detail_missed, 0u);
  }
}

TEST(AttackLog, LogsTheFirstPacketsOfEveryHostHoweverManyOthersAreLogged) {
  WindowCapacity capacity = Engine::kSmall;
  capacity.log_shared = 200;
  Engine engine({}, capacity);
  for (unsigned n = 0; n < 1000; ++n) engine.see(udp("192.0.2.1", kServer));
  for (unsigned n = 0; n < 20; ++n) engine.see(udp("192.0.2.2", "198.51.100.8"));
  EXPECT_EQ(engine.window().log_used, 220u);
  EXPECT_EQ(engine.host(kServer)->events().detail, 1u);
  EXPECT_EQ(engine.host("198.51.100.8")->events().detail, 0u);
  EXPECT_EQ(sources_of(engine.window(), *engine.host(kServer)).at("192.0.2.1"), 1000u);
  EXPECT_EQ(sources_of(engine.window(), *engine.host("198.51.100.8")).at("192.0.2.2"), 20u);
}

TEST(AttackLog, GoesOnWithTheLogWhenEveryDetailIsTaken) {
  WindowCapacity capacity = Engine::kSmall;
  capacity.log_shared = 0;
  Engine engine({}, capacity);
  std::vector<std::string> hosts;
  for (unsigned h = 0; h < 10; ++h) hosts.push_back("198.51.100." + std::to_string(h));
  for (unsigned n = 0; n < 100; ++n) {
    for (const std::string& host : hosts) engine.see(udp("192.0.2.1", host.c_str()));
  }
  EXPECT_EQ(engine.window().details_used, Engine::kSmall.details);
  for (const std::string& host : hosts) {
    EXPECT_EQ(sources_of(engine.window(), *engine.host(host.c_str())).at("192.0.2.1"), 100u)
        << host;
  }
}

TEST(AttackLog, CountsPacketsWithoutRoom) {
  WindowCapacity capacity = Engine::kSmall;
  capacity.details = 1;
  capacity.log_entries = 64;
  Engine engine({}, capacity);
  for (unsigned n = 0; n < 100; ++n) {
    for (const char* host : {"198.51.100.1", "198.51.100.2", "198.51.100.3"}) {
      engine.see(udp("192.0.2.1", host));
    }
  }
  EXPECT_GT(engine.window().detail_missed, 0u);
  EXPECT_EQ(engine.cells("198.51.100.3"), "udp 100") << "counting goes on";
}

TEST(AttackLog, WritesAllFieldsOfAnEntry) {
  Paths paths;
  const Bytes frames[] = {udp("192.0.2.1", kServer, 1234, 5678, 50),
                          udp("192.0.2.2", kServer, 4321, 8765, 60)};
  const auto burst = parsed_burst(frames);
  burst->tags = {7, 8};
  HostRecord& record = paths.window->begin_host(3, IpAddress::parse(kServer).value(), 0);
  const AttackLog log(paths.tables);
  log.add(*burst, 0, Vector::udp, paths.tables.shed, record, *paths.window);
  log.add(*burst, 1, Vector::quic_initial, paths.tables.shed, record, *paths.window);
  EXPECT_EQ(record.events().suspicious, 2u);
  EXPECT_EQ(record.events().log_head, 2u);
  const LogEntry& newest = paths.window->log[1];
  EXPECT_EQ(newest.source.text(), "192.0.2.2");
  EXPECT_EQ(newest.older, 1u);
  EXPECT_EQ(newest.tag, 8u);
  EXPECT_EQ(newest.source_port, 4321);
  EXPECT_EQ(newest.destination_port, 8765);
  EXPECT_EQ(newest.ip_bytes, 20 + 8 + 60);
  EXPECT_EQ(newest.ttl, 64);
  EXPECT_EQ(newest.vector, Vector::quic_initial);
  EXPECT_EQ(paths.window->log[0].older, 0u);
  EXPECT_EQ(paths.window->log[0].tag, 7u);
}

TEST(AttackLog, KeepsNothingWhileDetailIsShed) {
  Paths paths;
  paths.tables.shed.detail = true;
  const Bytes frame = udp("192.0.2.1", kServer);
  const auto burst = parsed_burst({&frame, 1});
  HostRecord& record = paths.window->begin_host(3, IpAddress::parse(kServer).value(), 0);
  AttackLog(paths.tables).add(*burst, 0, Vector::udp, paths.tables.shed, record, *paths.window);
  EXPECT_EQ(record.events().suspicious, 1u);
  EXPECT_EQ(paths.window->log_used, 0u);
  EXPECT_EQ(paths.window->detail_missed, 1u);
}

}  // namespace
}  // namespace floodgauge
