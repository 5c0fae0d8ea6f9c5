// Packets in, a worker's window out: parse, protect, flows, classify and count as a worker runs
// them, without a port.
#include "engine/count/counter.h"
#include "engine/worker/burst.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/classify/classify.h"
#include "tests/support/packet_builder.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::kAck;
using testing::kPsh;
using testing::kSyn;
using testing::PacketBuilder;

constexpr const char* kServer = "198.51.100.7";
constexpr const char* kClient = "192.0.2.1";

/// A worker's stages without its threads and queues.
class Engine {
 public:
  explicit Engine(const Settings& settings = {}, const WindowCapacity& capacity = kSmall,
                  std::uint32_t flows = 4096)
      : registry_(8),
        counter_({.flows = flows, .hosts = capacity.hosts, .key = key_from_seed(1)}),
        window_(std::make_unique<WorkerWindow>(capacity)) {
    registry_.assign(settings);
    protection_ = std::make_unique<const Protection>(registry_, settings);
  }
  static constexpr WindowCapacity kSmall{
      .hosts = 64, .prefixes = 8, .log_entries = 4096, .details = 4, .more_cells = 4};

  /// `at`: milliseconds since the first window.
  void see(const Bytes& frame, std::int64_t at = 0) { see_burst({&frame, 1}, at); }
  /// At most kBurst frames.
  void see_burst(std::span<const Bytes> frames, std::int64_t at = 0) {
    auto burst = std::make_unique<Burst>();
    burst->size = static_cast<std::uint16_t>(frames.size());
    for (std::uint16_t i = 0; i < burst->size; ++i) {
      const auto size = static_cast<std::uint32_t>(frames[i].size());
      burst->frames[i] = {frames[i].data(), size, size, LinkType::ethernet};
      burst->times[i] = whole_seconds(1000) + milliseconds(at);
      const bool plain = parse_outer(burst->frames[i], burst->facts[i]);
      burst->plain |= std::uint32_t{plain} << i;
    }
    Counter::count_parsed(*burst, *window_);
    burst->remaining = burst->all();
    if (recalls) counter_.count_known_flows(*burst, *protection_, window_index_, *window_);
    protection_->find_targets(*burst);
    counter_.look_up_flows(*burst, *protection_, window_index_, *window_);
    classify_burst(*burst);
    counter_.count_hosts(*burst, *protection_, *window_);
  }
  void next_window() {
    counter_.finish(*window_);
    window_->clear();
    counter_.next_window();
    window_->index = ++window_index_;
  }

  const WorkerWindow& window() const { return *window_; }
  const HostRecord* host(const char* address) const {
    const IpAddress wanted = IpAddress::parse(address).value();
    for (std::uint32_t i = 0; i < window_->hosts_used; ++i) {
      if (window_->host(i).address == wanted) return &window_->host(i);
    }
    return nullptr;
  }
  /// "udp 3, out udp_answered 1": packets by vector and direction, by name.
  std::string cells(const char* address) const {
    const HostRecord* record = host(address);
    if (record == nullptr) return "none";
    std::map<std::string, std::uint64_t> packets;
    record->for_each_cell([&](const Cell& cell) {
      packets[(cell.outbound ? "out " : "") + std::string(info(cell.vector).name)] += cell.packets;
    });
    std::string text;
    for (const auto& [name, count] : packets) {
      text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count);
    }
    return text;
  }
  /// All that is known of every host, by address.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> all;
    for (std::uint32_t i = 0; i < window_->hosts_used; ++i) {
      const HostRecord& host = window_->host(i);
      const HostEvents& events = host.events();
      const std::string address = host.address.text();
      all[address] = cells(address.c_str()) + " of " + std::to_string(host.prefix);
      for (const auto number :
           {events.suspicious, events.new_flows, host.flows_active, events.handshakes,
            events.syn_answered, events.progressed, events.first_payloads, events.answers,
            std::uint32_t{events.logged}}) {
        all[address] += " " + std::to_string(number);
      }
    }
    all["overflowed"] = std::to_string(window_->hosts_overflowed);
    all["responses"] = std::to_string(window_->responses.size());
    all["flows"] = std::to_string(counter_.flows().entries()) + " " +
                   std::to_string(counter_.flows().evictions());
    for (const std::uint32_t prefix : window_->touched_prefixes) {
      std::string& text = all["prefix " + std::to_string(prefix)];
      GrowingHyperLogLog<12> sources;
      window_->prefix_sources.merge_into(sources, prefix);
      text = std::to_string(sources.estimate());
      for (const ServiceCount& service : window_->prefixes[prefix].services) {
        text += " " + std::to_string(service.requests) + "/" + std::to_string(service.answers);
      }
    }
    return all;
  }
  /// What each host's packets left in the log, by address, in no order.
  std::map<std::string, std::multiset<std::string>> logged() const {
    std::map<std::string, std::multiset<std::string>> all;
    for (std::uint32_t i = 0; i < window_->hosts_used; ++i) {
      const HostRecord& host = window_->host(i);
      for (std::uint32_t at = host.events().log_head; at != 0;) {
        const LogEntry& packet = window_->log[at - 1];
        std::string text = packet.source.text() + " " + std::string(info(packet.vector).name);
        for (const auto number :
             {std::uint32_t{packet.source_port}, std::uint32_t{packet.destination_port},
              std::uint32_t{packet.ip_bytes}, std::uint32_t{packet.ttl}, packet.tag}) {
          text += " " + std::to_string(number);
        }
        all[host.address.text()].insert(text);
        at = packet.older;
      }
    }
    return all;
  }
  /// From the next packet on.
  void protect(const Settings& settings) {
    registry_.assign(settings);
    protection_ = std::make_unique<const Protection>(registry_, settings);
  }
  std::size_t memory_bytes() const { return counter_.memory_bytes(); }

  bool recalls = true;  ///< false: every packet takes every stage

 private:
  PrefixRegistry registry_;
  std::unique_ptr<const Protection> protection_;
  Counter counter_;
  std::unique_ptr<WorkerWindow> window_;
  std::uint64_t window_index_ = 0;
};

Settings protecting(std::initializer_list<const char*> prefixes) {
  Settings settings;
  ProtectEntry entry;
  for (const char* text : prefixes) entry.prefixes.push_back(IpPrefix::parse(text).value());
  settings.protect.push_back(entry);
  return settings;
}

Bytes udp(const char* source, const char* destination, std::uint16_t source_port = 40000,
          std::uint16_t destination_port = 9000, std::size_t bytes = 50) {
  return PacketBuilder()
      .ethernet()
      .ipv4({.source = source, .destination = destination})
      .udp({.source_port = source_port, .destination_port = destination_port})
      .payload(bytes)
      .build();
}
Bytes tcp(const char* source, const char* destination, std::uint8_t flags,
          std::string_view text = "", std::uint16_t client_port = 40000) {
  const bool from_server = std::string_view(source) == kServer;
  PacketBuilder builder;
  builder.ethernet().ipv4({.source = source, .destination = destination});
  builder.tcp({.source_port = from_server ? std::uint16_t{80} : client_port,
               .destination_port = from_server ? client_port : std::uint16_t{80},
               .flags = flags});
  if (!text.empty()) builder.payload(text);
  return builder.build();
}

TEST(Counter, CountsAWholeConnection) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.see(tcp(kClient, kServer, kSyn), 0);
  engine.see(tcp(kServer, kClient, kSyn | kAck), 20);
  engine.see(tcp(kClient, kServer, kAck), 40);
  engine.see(tcp(kClient, kServer, kPsh | kAck, "GET / HTTP/1.1\r\n"), 41);
  engine.see(tcp(kServer, kClient, kPsh | kAck, "HTTP/1.1 200 OK\r\n"), 60);
  EXPECT_EQ(engine.cells(kServer),
            "http_request 1, out tcp_established 2, tcp_established 1, tcp_syn 1");
  const HostRecord& host = *engine.host(kServer);
  EXPECT_EQ(host.events().new_flows, 1u);
  EXPECT_EQ(host.flows_active, 1u);
  EXPECT_EQ(host.events().syn_answered, 1u);
  EXPECT_EQ(host.events().handshakes, 1u);
  EXPECT_EQ(host.events().first_payloads, 1u);
  EXPECT_EQ(engine.host(kClient), nullptr) << "the client is nobody's to protect";
  const auto& http = engine.window().prefixes[0].services[static_cast<std::size_t>(Service::http)];
  EXPECT_EQ(http.requests, 1u);
  EXPECT_EQ(http.answers, 1u);
  EXPECT_EQ(engine.window().total.packets, 5u);
  EXPECT_EQ(engine.window().unprotected, 0u);
}

TEST(Counter, CountsClientsThatGoOnWhereAnswersAreNotVisible) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.see(tcp(kClient, kServer, kSyn));
  engine.see(tcp(kClient, kServer, kAck));
  EXPECT_EQ(engine.host(kServer)->events().progressed, 1u);
  EXPECT_EQ(engine.host(kServer)->events().handshakes, 0u);
}

TEST(Counter, CountsBothSidesOfTrafficBetweenProtectedHosts) {
  Engine engine(protecting({"198.51.100.0/24", "203.0.113.0/24"}));
  engine.see(udp("203.0.113.9", kServer));
  EXPECT_EQ(engine.cells(kServer), "udp 1");
  EXPECT_EQ(engine.cells("203.0.113.9"), "out udp 1");
  EXPECT_EQ(engine.window().touched_prefixes.size(), 2u);
}

TEST(Counter, NotesAPrefixThatOnlySends) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.see(udp(kServer, kClient));
  EXPECT_EQ(engine.cells(kServer), "out udp 1");
  EXPECT_EQ(engine.window().touched_prefixes.size(), 1u) << "or the merge passes it over";
}

TEST(Counter, CountsWhatIsNobodysApart) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.see(udp("192.0.2.1", "203.0.113.1"));
  engine.see(PacketBuilder().ethernet({.type = 0x0806}).payload(28).build());
  EXPECT_EQ(engine.window().unprotected, 2u);
  EXPECT_EQ(engine.window().hosts_used, 0u);
  EXPECT_EQ(engine.window().parse.non_ip, 1u);
  EXPECT_EQ(engine.window().parse.ipv4, 1u);
}

TEST(Counter, WhoeverOnlySendsIsNoHostWhereEverythingIsProtected) {
  Engine engine;
  engine.see(udp("192.0.2.1", kServer));
  EXPECT_EQ(engine.cells(kServer), "udp 1");
  EXPECT_EQ(engine.host("192.0.2.1"), nullptr);
}

TEST(Counter, TakesExcludedTrafficForOrdinary) {
  Settings settings = protecting({"198.51.100.0/24"});
  settings.exclude.sources = {IpPrefix::parse("192.0.2.0/24").value()};
  Engine engine(settings);
  engine.see(udp("192.0.2.1", kServer));
  engine.see(tcp("192.0.2.1", kServer, kSyn));
  engine.see(udp("203.0.113.1", kServer));
  EXPECT_EQ(engine.cells(kServer), "tcp_established 1, udp 1, udp_answered 1");
  EXPECT_EQ(engine.host(kServer)->events().suspicious, 1u);
}

TEST(Counter, CountsBytesAsOnTheWire) {
  Engine engine;
  const Bytes frame = udp(kClient, kServer, 40000, 9000, 1000);
  engine.see(frame);
  EXPECT_EQ(engine.window().total, (Volume{1, frame.size()}));
  engine.host(kServer)->for_each_cell(
      [&](const Cell& cell) { EXPECT_EQ(cell.bytes, frame.size()); });
}

/// Every source that is known of a host's packets, from its log and its detail, by packets.
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

TEST(Counter, KeepsWhoHitsAHostFromItsFirstPacketOn) {
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

TEST(Counter, LogsTheFirstPacketsOfEveryHostHoweverManyOthersLog) {
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

TEST(Counter, LogsOnWhereEveryDetailIsTaken) {
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

TEST(Counter, SaysWhatFoundNoRoom) {
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

TEST(Counter, KeepsMoreVectorsThanARecordHasRoomFor) {
  Engine engine;
  const std::uint16_t ports[] = {53,   123, 11211, 1900, 389,  161,  19,    17,  520,
                                 5353, 137, 111,   69,   3702, 5683, 27960, 500, 1701};
  for (int round = 0; round < 3; ++round) {
    for (const std::uint16_t port : ports) engine.see(udp("192.0.2.1", kServer, port, 40000));
  }
  std::size_t cells = 0;
  std::uint64_t packets = 0;
  engine.host(kServer)->for_each_cell([&](const Cell& cell) {
    ++cells;
    packets += cell.packets;
    EXPECT_EQ(cell.packets % 3, 0u) << info(cell.vector).name;
  });
  EXPECT_EQ(packets, 3 * std::size(ports));
  EXPECT_GT(cells, std::size_t{HostRecord::kCells});
}

TEST(Counter, ASweepDoesNotHideTheHostThatIsReallyHit) {
  Engine engine;
  for (unsigned n = 0; n < 200; ++n) {
    engine.see(udp("192.0.2.1", ("203.0.113." + std::to_string(n)).c_str()));
  }
  EXPECT_LT(engine.window().hosts_used, Engine::kSmall.hosts) << "some places are kept back";
  EXPECT_GT(engine.window().hosts_overflowed, 100u);
  for (unsigned n = 0; n < 500; ++n) engine.see(udp("192.0.2.1", kServer));
  ASSERT_NE(engine.host(kServer), nullptr);
  EXPECT_GE(engine.host(kServer)->events().suspicious, 500u - OverflowHosts::kAdmit);
  engine.next_window();
  engine.see(udp("192.0.2.1", "203.0.113.250"));
  EXPECT_EQ(engine.cells("203.0.113.250"), "udp 1") << "the next window has all its places";
  EXPECT_EQ(engine.window().hosts_overflowed, 0u);
}

TEST(Counter, BeginsEachWindowAnewButKnowsItsFlows) {
  Engine engine;
  engine.see(udp(kClient, kServer));
  engine.next_window();
  EXPECT_EQ(engine.window().hosts_used, 0u);
  EXPECT_EQ(engine.window().total.packets, 0u);
  engine.see(udp(kClient, kServer));
  engine.see(udp(kServer, kClient, 9000, 40000));
  engine.see(udp(kClient, kServer));
  EXPECT_EQ(engine.cells(kServer), "out udp_answered 1, udp 1, udp_answered 1");
  EXPECT_EQ(engine.host(kServer)->events().new_flows, 0u);
  EXPECT_EQ(engine.host(kServer)->flows_active, 1u);
  EXPECT_EQ(engine.host(kServer)->events().answers, 1u);
}

TEST(Counter, TimesAnswers) {
  Engine engine(protecting({"198.51.100.0/24"}));
  // One flow in four is timed: of many, about as many.
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

constexpr unsigned kServers = 12;

/// A talk of a few clients with some servers, of all that can happen in it in any order.
Bytes random_packet(std::mt19937& random) {
  const std::string client = "192.0.2." + std::to_string(1 + random() % 3);
  const std::string server = "198.51.100." + std::to_string(7 + random() % kServers);
  const auto port = static_cast<std::uint16_t>(40000 + random() % 3);
  const bool up = random() % 2 == 0;
  const char* source = up ? client.c_str() : server.c_str();
  const char* destination = up ? server.c_str() : client.c_str();
  constexpr std::uint8_t kFlags[] = {kSyn, kSyn | kAck, kAck, kAck, kPsh | kAck, 0x11, 0x04};
  const std::uint8_t flags = kFlags[random() % std::size(kFlags)];
  constexpr std::string_view kTexts[] = {"", "GET / HTTP/1.1\r\n", "anything", "Hello"};
  const std::string_view text = (flags & kSyn) != 0 ? "" : kTexts[random() % std::size(kTexts)];
  PacketBuilder builder;
  builder.ethernet();
  if (random() % 4 == 0) {
    builder.ipv6({.source = up ? "2001:db8::1" : "2001:db8:1::7",
                  .destination = up ? "2001:db8:1::7" : "2001:db8::1"});
  } else {
    builder.ipv4({.source = source, .destination = destination});
  }
  if (random() % 4 == 0) {
    constexpr std::uint16_t kServices[] = {53, 443, 9000};
    const std::uint16_t service = kServices[random() % std::size(kServices)];
    constexpr std::string_view kDatagrams[] = {"", "@ of QUIC", "\xc3\x00\x00\x00\x01 of QUIC",
                                               "x"};
    return builder
        .udp({.source_port = up ? port : service, .destination_port = up ? service : port})
        .payload(kDatagrams[random() % std::size(kDatagrams)])
        .build();
  }
  builder.tcp({.source_port = up ? port : std::uint16_t{80},
               .destination_port = up ? std::uint16_t{80} : port,
               .flags = flags});
  if (!text.empty()) builder.payload(text);
  return builder.build();
}

constexpr WindowCapacity kRoomForAll{
    .hosts = 256, .prefixes = 8, .log_entries = 4096, .details = 4, .more_cells = 4};

void expect_the_short_way_counts_the_same(const Settings& settings,
                                          const WindowCapacity& capacity) {
  std::mt19937 random(7);
  Engine whole(settings, capacity);
  Engine recalling(settings, capacity);
  whole.recalls = false;
  // What is protected changes now and then, between windows.
  const Settings others[] = {settings, protecting({"198.51.100.8/29", "2001:db8:1::/48"}),
                             protecting({"203.0.113.0/24", "198.51.100.0/24"})};
  for (int window = 0; window < 120; ++window) {
    const Settings& other = others[random() % std::size(others)];
    if (random() % 16 == 0) {
      whole.protect(other);
      recalling.protect(other);
    }
    const int bursts = window % 3 == 0 ? 1 : 20;  // in some windows, few of the hosts
    for (int burst = 0; burst < bursts; ++burst) {
      std::vector<Bytes> frames(1 + random() % kBurst);
      for (Bytes& frame : frames) frame = random_packet(random);
      for (const Bytes& frame : frames) whole.see(frame, window * 100);
      recalling.see_burst(frames, window * 100);
    }
    ASSERT_EQ(recalling.everything(), whole.everything()) << "window " << window;
    whole.next_window();
    recalling.next_window();
  }
}

TEST(Counter, PacketsOfFlowsMetBeforeCountAsAllStagesWouldCountThem) {
  expect_the_short_way_counts_the_same(protecting({"198.51.100.0/24", "2001:db8:1::/48"}),
                                       kRoomForAll);
}
TEST(Counter, TheSameWhereEverythingIsProtected) {
  expect_the_short_way_counts_the_same({}, kRoomForAll);
}
TEST(Counter, TheSameWherePlacesGoRound) {
  expect_the_short_way_counts_the_same({}, Engine::kSmall);
}
TEST(Counter, TheSameWhereHostsFindNoRoom) {
  expect_the_short_way_counts_the_same(
      {}, {.hosts = 4, .prefixes = 8, .log_entries = 4096, .details = 4, .more_cells = 4});
}

/// One of a flood: from anywhere, to one of the servers. Some come twice, some from a server, some
/// say more than a SYN does.
Bytes spoofed_syn(std::mt19937& random) {
  const std::string source = random() % 8 == 0
                                 ? "198.51.100." + std::to_string(7 + random() % kServers)
                                 : "203.0.113." + std::to_string(random() % 256);
  const std::string target = "198.51.100." + std::to_string(7 + random() % kServers);
  constexpr std::uint8_t kFlags[] = {kSyn, kSyn, kSyn, kSyn, kSyn | kPsh, kSyn | kAck, kSyn | 0x01};
  PacketBuilder builder;
  builder.ethernet()
      .ipv4({.source = source.c_str(),
             .destination = target.c_str(),
             .ttl = static_cast<std::uint8_t>(random() % 256)})
      .tcp({.source_port = static_cast<std::uint16_t>(random() % 64),
            .destination_port = static_cast<std::uint16_t>(random() % 3 == 0 ? 443 : 80),
            .flags = kFlags[random() % std::size(kFlags)]});
  if (random() % 4 == 0) builder.payload("of TCP Fast Open");
  return builder.build();
}

/// With exclusions, though of nobody, every SYN takes every stage.
void expect_syns_count_the_same(Settings settings, const WindowCapacity& capacity) {
  std::mt19937 random(11);
  Engine shorter(settings, capacity);
  settings.exclude.sources.push_back(*IpPrefix::parse("192.0.2.200/32"));
  Engine whole(settings, capacity);
  const HashKey key = key_from_seed(1);
  for (int window = 0; window < 60; ++window) {
    const bool flood = window % 10 > 2;
    for (int burst = 0; burst < 20; ++burst) {
      std::vector<Bytes> frames(1 + random() % kBurst);
      for (Bytes& frame : frames) {
        frame = flood && random() % 4 != 0 ? spoofed_syn(random) : random_packet(random);
      }
      whole.see_burst(frames, window * 100);
      shorter.see_burst(frames, window * 100);
    }
    ASSERT_EQ(shorter.everything(), whole.everything()) << "window " << window;
    ASSERT_EQ(shorter.logged(), whole.logged()) << "window " << window;
    for (unsigned last = 0; last < 256; ++last) {
      const auto hash = hash_of(*IpAddress::parse("203.0.113." + std::to_string(last)), key);
      ASSERT_EQ(shorter.window().senders.of(hash).tcp, whole.window().senders.of(hash).tcp);
    }
    whole.next_window();
    shorter.next_window();
  }
}

TEST(Counter, SynsOfACrowdCountAsAllStagesWouldCountThem) {
  expect_syns_count_the_same(protecting({"198.51.100.0/24"}), kRoomForAll);
}
TEST(Counter, SynsOfACrowdCountTheSameWhereEverythingIsProtected) {
  expect_syns_count_the_same({}, kRoomForAll);
}

TEST(Counter, AHostKeepsItsPlaceWhileItIsFree) {
  Engine engine;
  const auto see = [&](std::initializer_list<int> hosts) {
    for (const int host : hosts) {
      engine.see(udp(kClient, ("198.51.100." + std::to_string(host)).c_str()));
    }
  };
  const auto place = [&](int host) {
    return engine.window().hosts.slot_of(
        *engine.host(("198.51.100." + std::to_string(host)).c_str()));
  };
  see({1, 2, 3});
  const auto first = place(1);
  const auto third = place(3);
  engine.next_window();
  see({3, 4, 1});
  EXPECT_EQ(place(1), first);
  EXPECT_EQ(place(3), third);
  EXPECT_NE(place(4), place(1));
  EXPECT_EQ(engine.window().host(0).address, IpAddress::parse("198.51.100.3").value())
      << "in the order of their first packets all the same";
}

TEST(Counter, MemoryDoesNotGrow) {
  Engine engine;
  const std::size_t counter = engine.memory_bytes();
  const std::size_t window = engine.window().memory_bytes();
  for (unsigned n = 0; n < 20000; ++n) {
    const std::string source = "192.0.2." + std::to_string(n % 250);
    const std::string target = "203.0.113." + std::to_string(n % 241);
    engine.see(udp(source.c_str(), target.c_str(), static_cast<std::uint16_t>(n), 9000));
  }
  EXPECT_EQ(engine.memory_bytes(), counter);
  EXPECT_EQ(engine.window().memory_bytes(), window);
}

}  // namespace
}  // namespace floodgauge
