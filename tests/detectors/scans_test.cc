// Scans: which sources are told, what they tried, and what of it is set aside before a flood is
// judged.
#include "detectors/scans.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::protecting;
using testing::WindowFeed;

IpAddress address(std::uint32_t v4) {
  return IpAddress::from_v4(v4);
}

class ScanTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kNet = 0xc6336400;  // 198.51.100.0
  static constexpr std::uint32_t kScanner = 0xcb007109;

  void window() {
    feed_.close([this](const NetworkWindow& window) { book_.on_window(window); });
  }
  void last_window() {
    feed_.add({.target = "198.51.100.200", .vector = Vector::tcp_established, .packets = 1});
    feed_.close([this](const NetworkWindow& window) { book_.on_window(window); }, milliseconds(99));
  }
  /// A probe of a source to a host and port.
  void probe(std::uint32_t source, std::uint32_t host, std::uint16_t port,
             Vector vector = Vector::tcp_syn, std::uint16_t bytes = 40) {
    feed_.probe(address(source), address(host), port, vector, bytes);
  }
  std::string told() const {
    std::string text;
    for (const Scan& scan : book_.rows()) {
      text += scan.source.text() + " " + scan.target.text() + " " + name(scan.kind) + " " +
              std::to_string(scan.tried) + " " + std::to_string(scan.refused) + ";";
    }
    return text;
  }

  WindowFeed feed_{protecting("198.51.100.0/24")};
  ScanBook book_;
};

TEST_F(ScanTest, PortsOfAHostAreToldFromAHundredOn) {
  for (std::uint16_t port = 1; port <= 99; ++port) probe(kScanner, kNet + 7, port);
  for (std::uint16_t port = 1; port <= 100; ++port) probe(kScanner + 1, kNet + 7, port);
  last_window();
  EXPECT_EQ(told(), "203.0.113.10 198.51.100.7/32 ports 100 0;");
  EXPECT_EQ(book_.total(), 1u);
}

TEST_F(ScanTest, ManyHostsOfAPrefixThatScanItAtOnceAreAFloodWithForgedSources) {
  struct Case {
    std::uint32_t first;
    std::uint32_t sources;
    std::uint64_t told;
  };
  for (const Case& one : {Case{kNet + 1, 60, 60}, Case{kNet + 1, 65, 0}, Case{kScanner, 65, 65}}) {
    ScanBook book;
    const auto close = [&] {
      feed_.close([&](const NetworkWindow& window) { book.on_window(window); });
    };
    for (std::uint16_t first = 1; first <= 120; first += 10) {
      for (std::uint32_t source = 0; source < one.sources; ++source) {
        for (std::uint16_t port = first; port < first + 10; ++port) {
          probe(one.first + source, kNet + 1 + (source + 1) % one.sources, port);
        }
      }
      close();
    }
    for (int n = 0; n < 30; ++n) close();  // scans are told once a second
    EXPECT_EQ(book.total(), one.told) << one.sources;
  }
}

TEST_F(ScanTest, HostsAreToldWithTheSmallestPrefixAroundThem) {
  for (std::uint32_t host = 16; host < 128; ++host) probe(kScanner, kNet + host, 22);
  last_window();
  EXPECT_EQ(told(), "203.0.113.9 198.51.100.0/25 hosts 112 0;");
}

TEST_F(ScanTest, ASourceMayScanPortsAndHosts) {
  for (std::uint16_t port = 1; port <= 120; ++port) probe(kScanner, kNet + 7, port);
  window();
  for (std::uint32_t host = 0; host < 128; ++host) probe(kScanner, kNet + host, 22);
  last_window();
  EXPECT_EQ(book_.rows().size(), 2u) << told();
}

TEST_F(ScanTest, ASlowScanIsFoundAmongClients) {
  for (std::uint16_t n = 0; n < 150; ++n) {
    if (n % 2 == 0) probe(kScanner, kNet + 7, static_cast<std::uint16_t>(1000 + n / 2));
    probe(0x0a000000u + n * 77, kNet + 7, 443);  // clients, one connection each
    window();
  }
  for (std::uint16_t n = 75; n < 110; ++n) {
    probe(kScanner, kNet + 7, static_cast<std::uint16_t>(1000 + n));
    window();
  }
  last_window();
  EXPECT_EQ(told(), "203.0.113.9 198.51.100.7/32 ports 110 0;");
}

TEST_F(ScanTest, WhoGoesOnToSpeakIsAClient) {
  for (std::uint32_t host = 0; host < 128; ++host) probe(kScanner, kNet + host, 443);
  for (int n = 0; n < 64; ++n) feed_.client_event(address(kScanner), ClientOutcome::spoke);
  for (std::uint32_t host = 0; host < 128; ++host) probe(kScanner + 1, kNet + host, 443);
  for (int n = 0; n < 63; ++n) feed_.client_event(address(kScanner + 1), ClientOutcome::spoke);
  last_window();
  EXPECT_EQ(told(), "203.0.113.10 198.51.100.0/25 hosts 128 0;");
}

TEST_F(ScanTest, RefusalsAreCounted) {
  for (std::uint16_t port = 1; port <= 200; ++port) probe(kScanner, kNet + 7, port);
  for (int n = 0; n < 150; ++n) feed_.client_event(address(kScanner), ClientOutcome::refused);
  window();
  last_window();
  EXPECT_EQ(told(), "203.0.113.9 198.51.100.7/32 ports 200 150;");
}

TEST_F(ScanTest, WhoRepeatsEachTargetOftenIsNoScanner) {
  for (int round = 0; round < 4; ++round) {
    for (std::uint32_t host = 0; host < 128; ++host) probe(kScanner, kNet + host, 443);
  }
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t host = 0; host < 128; ++host) probe(kScanner + 1, kNet + host, 443);
  }
  window();
  last_window();
  for (const Scan& scan : book_.rows()) EXPECT_EQ(scan.source, address(kScanner + 1));
}

TEST_F(ScanTest, LargeDatagramsAreNoProbes) {
  for (std::uint16_t port = 1; port <= 200; ++port) {
    probe(kScanner, kNet + 7, port, Vector::udp, 129);
    probe(kScanner + 1, kNet + 7, port, Vector::udp, 128);
  }
  last_window();
  EXPECT_EQ(told(), "203.0.113.10 198.51.100.7/32 ports 200 0;");
}

TEST_F(ScanTest, AHostMayScanOthers) {
  feed_.add({.target = "198.51.100.7", .vector = Vector::tcp_established, .packets = 5});
  feed_.add_sent({.source = "198.51.100.7",
                  .vector = Vector::tcp_syn,
                  .packets = 300,
                  .bytes_each = 40,
                  .receivers = 300});
  last_window();
  ASSERT_EQ(book_.rows().size(), 1u);
  EXPECT_EQ(book_.rows()[0].source, IpAddress::parse("198.51.100.7").value());
  EXPECT_EQ(book_.rows()[0].kind, ScanKind::hosts);
}

TEST_F(ScanTest, ShareOfAHostIsSetAsideUpToTheLimitOfAllPackets) {
  for (std::uint16_t port = 1; port <= 900; ++port) probe(kScanner, kNet + 7, port);
  for (std::uint32_t n = 0; n < 600; ++n) probe(0x0b000000u + n * 0x9e3779b1u, kNet + 7, 443);
  TargetCounts counts;
  feed_.close([&](const NetworkWindow& window) {
    book_.on_window(window);
    counts.add(window.hosts()[0]);
    const ScanShare* const share = book_.shares().share_of(0, Direction::in);
    ASSERT_NE(share, nullptr);
    TargetCounts beyond = counts;
    share->set_aside(beyond, 1499);
    EXPECT_EQ(beyond.of(Vector::tcp_syn).packets, 1500u);
    share->set_aside(counts, 1500);
  });
  EXPECT_EQ(counts.of(Vector::tcp_syn).packets, 600u) << "the flood at one port is left";
  EXPECT_EQ(counts.new_flows, 600u);
}

TEST_F(ScanTest, ManySourcesAtTheSamePortsAreAFlood) {
  for (std::uint32_t source = 0; source < 50; ++source) {
    for (std::uint16_t port = 1; port <= 10; ++port) {
      probe(kScanner + source * 0x101, kNet + 7, port);
    }
  }
  feed_.close([&](const NetworkWindow& window) {
    book_.on_window(window);
    const ScanShare* const share = book_.shares().share_of(0, Direction::in);
    ASSERT_NE(share, nullptr);
    EXPECT_FALSE(share->is_spread());
    TargetCounts counts;
    counts.add(window.hosts()[0]);
    share->set_aside(counts, 5000);
    EXPECT_EQ(counts.of(Vector::tcp_syn).packets, 500u);
  });
}

TEST_F(ScanTest, OneSourceAtOnePortIsNoScan) {
  for (int n = 0; n < 900; ++n) probe(kScanner, kNet + 7, 443);
  feed_.close([&](const NetworkWindow& window) {
    book_.on_window(window);
    EXPECT_EQ(book_.shares().share_of(0, Direction::in), nullptr);
  });
  EXPECT_EQ(told(), "");
}

TEST_F(ScanTest, AHundredRowsAreShownAndAllAreCounted) {
  for (std::uint32_t source = 0; source < 103; ++source) {
    for (std::uint16_t port = 1; port <= 100 + source; ++port) {
      if (source < 20) probe(kScanner + source, kNet + 7 + source, port);
    }
  }
  window();
  for (std::uint32_t begin = 20; begin < 103; begin += 20) {
    for (std::uint32_t source = begin; source < std::min(begin + 20, 103u); ++source) {
      for (std::uint16_t port = 1; port <= 100 + source; ++port) {
        probe(kScanner + source, kNet + 7 + source, port);
      }
    }
    window();
  }
  last_window();
  EXPECT_EQ(book_.total(), 103u);
  ASSERT_EQ(book_.rows().size(), 100u);
  EXPECT_EQ(book_.rows()[0].source, address(kScanner + 3)) << "those that tried most are shown";
}

TEST(DistinctCount, IsExactWhileSmall) {
  DistinctCount count;
  for (std::uint64_t n = 0; n < 512; ++n) {
    count.add(n * 0x9e3779b97f4a7c15u);
    count.add(n * 0x9e3779b97f4a7c15u);
  }
  EXPECT_EQ(count.value(), 512u);
}

}  // namespace
}  // namespace floodgauge
