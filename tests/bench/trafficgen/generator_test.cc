#include "bench/trafficgen/generator.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/bench/trafficgen/capture_reader.h"

namespace floodgauge::trafficgen {
namespace {

TEST(Generator, EqualRequestsGiveEqualFiles) {
  const ScratchDirectory scratch;
  const auto bytes_for = [&](std::uint64_t seed) {
    Request request = small_request(scratch.file("capture.pcap"));
    request.seed = seed;
    request.benign = {{"mix", 3000}};
    request.floods = {parse_flood("tcp_syn:rate=5kpps"), parse_flood("http_request:rate=3kpps")};
    generate(request);
    return read_file(request.out);
  };
  const auto first = bytes_for(7);
  EXPECT_EQ(first, bytes_for(7));
  EXPECT_NE(first, bytes_for(8));
}

TEST(Generator, AnAdditionalFloodDoesNotChangeOrdinaryTraffic) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.benign = {{"web", 2000}, {"dns", 500}};
  const Truth alone = generate(request);
  request.floods = {parse_flood("udp:rate=5kpps")};
  const Truth flooded = generate(request);
  for (std::size_t i = 0; i < alone.benign.size(); ++i) {
    EXPECT_EQ(alone.benign[i].traffic.volume(), flooded.benign[i].traffic.volume());
  }
}

TEST(Generator, PacketsAreInTimeOrderAndWithinTheDuration) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.benign = {{"mix", 3000}};
  request.floods = {parse_flood("udp:rate=5kpps,start=500ms,pulse=100ms/200ms")};
  generate(request);
  std::int64_t last = request.start.count;
  for (const CapturedPacket& packet : read_pcap(request.out)) {
    ASSERT_GE(packet.time, last);
    last = packet.time;
  }
  EXPECT_LT(last, (request.start + request.duration).count);
}

/// Counts of the packets to one target, from the capture itself.
struct Recount {
  Volume volume;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::map<std::int64_t, std::uint64_t> windows;
  std::set<std::string> sources;

  void add(const CapturedPacket& packet) {
    if (volume.packets == 0) first = packet.time;
    last = packet.time;
    volume += {1, packet.original};
    ++windows[packet.time / kWindow.count];
    sources.insert(packet.source());
  }
  std::uint64_t peak() const {
    std::uint64_t most = 0;
    for (const auto& [number, packets] : windows) most = std::max(most, packets);
    return most;
  }
};

Recount recount(const std::string& path, const IpPrefix& target) {
  Recount counted;
  for (const CapturedPacket& packet : read_pcap(path)) {
    IpAddress to;
    const std::string text = packet.destination();
    if (!packet.v6()) to.bytes[10] = to.bytes[11] = 0xff;
    std::copy(text.begin(), text.end(), to.bytes.end() - static_cast<std::ptrdiff_t>(text.size()));
    if (target.contains(to)) counted.add(packet);
  }
  return counted;
}

class TruthOf : public testing::TestWithParam<const char*> {};

TEST_P(TruthOf, EqualsACountOfTheCapture) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.limit_pps = 8000;
  request.floods = {parse_flood(GetParam())};
  const Truth truth = generate(request);
  const FloodTruth& flood = truth.floods.at(0);
  const Recount counted = recount(request.out, flood.spec.target);
  EXPECT_EQ(flood.attack.volume(), counted.volume);
  EXPECT_EQ(flood.attack.first().count, counted.first);
  EXPECT_EQ(flood.attack.last().count, counted.last);
  EXPECT_EQ(flood.sources, counted.sources.size());
  EXPECT_DOUBLE_EQ(flood.attack.peak_pps(), static_cast<double>(counted.peak()) * 10);
  for (const auto& [number, packets] : counted.windows) {
    if (packets <= 800) continue;
    ASSERT_TRUE(flood.attack.limit_passed());
    EXPECT_EQ(flood.attack.limit_passed()->count, (number + 1) * kWindow.count);
    break;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Floods, TruthOf,
    testing::Values("tcp_syn:rate=10kpps", "tcp_syn:rate=10kpps,sources=500,ramp=1s",
                    "udp:rate=10kpps,target=203.0.113.0/24", "icmpv6:rate=10kpps",
                    "tcp_ack:rate=10kpps,target=2001:db8:1::/64",
                    "reflection_dns:rate=10kpps,start=250ms,duration=1s",
                    "reflection_dns:rate=10kpps,target=2001:db8:1::9",
                    "reflection_port_4242:rate=10kpps", "http_request:rate=10kpps",
                    "tls_hello:rate=10kpps,pulse=200ms/300ms", "tcp_connection:rate=10kpps",
                    "dns_query:rate=10kpps,sources=spoofed"));

struct RateCase {
  const char* flood;
  double packets;  // in two seconds
};
class RateOf : public testing::TestWithParam<RateCase> {};

TEST_P(RateOf, IsWithinOnePerCent) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.floods = {parse_flood(GetParam().flood)};
  const Truth truth = generate(request);
  const auto packets = static_cast<double>(truth.floods.at(0).attack.volume().packets);
  EXPECT_NEAR(packets, GetParam().packets, GetParam().packets / 100);
}

INSTANTIATE_TEST_SUITE_P(Floods, RateOf,
                         testing::Values(RateCase{"udp:rate=20kpps", 40'000},
                                         RateCase{"udp:rate=20kpps,ramp=1s", 30'000},
                                         RateCase{"udp:rate=20kpps,start=500ms", 30'000},
                                         RateCase{"udp:rate=20kpps,pulse=100ms/100ms", 20'000},
                                         RateCase{"http_request:rate=20kpps", 40'000},
                                         RateCase{"reflection_dns:rate=20kpps", 40'000}));

}  // namespace
}  // namespace floodgauge::trafficgen
