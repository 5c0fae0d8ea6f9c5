// The generated packets: checksums, sequence numbers, addresses and ports.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "bench/trafficgen/benign.h"
#include "bench/trafficgen/flood_reflection.h"
#include "bench/trafficgen/frame.h"
#include "tests/bench/trafficgen/capture_reader.h"

namespace floodgauge::trafficgen {
namespace {

std::uint32_t sum16(const CapturedPacket& packet, std::size_t from, std::size_t to) {
  std::uint32_t sum = 0;
  for (std::size_t i = from; i < to; ++i) {
    sum += static_cast<std::uint32_t>(packet.bytes[i]) << ((i - from) % 2 == 0 ? 8 : 0);
  }
  return sum;
}

bool is_whole(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

bool is_fragment(const CapturedPacket& packet) {
  return packet.v6() ? packet.protocol() == 44 : (packet.u16(20) & 0x3fff) != 0;
}

/// Whether all checksums of the packet are correct (for fragments: only that of the IP header).
bool checksums_right(const CapturedPacket& packet) {
  if (!packet.v6() && !is_whole(sum16(packet, 14, 34))) return false;
  if (is_fragment(packet)) return true;
  const std::size_t start = packet.transport();
  const std::size_t end = packet.v6() ? start + packet.u16(18) : 14u + packet.u16(16);
  const std::uint8_t protocol = packet.protocol();
  std::uint32_t pseudo = packet.v6() ? sum16(packet, 22, 54) : sum16(packet, 26, 34);
  pseudo += protocol + static_cast<std::uint32_t>(end - start);
  if (protocol == 1) pseudo = 0;
  if (protocol != 1 && protocol != 6 && protocol != 17 && protocol != 58) return true;
  return is_whole(sum16(packet, start, end) + pseudo);
}

TEST(Packets, HaveCorrectChecksumsInEveryMixAndVector) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.duration = whole_seconds(1);
  for (const Mix& mix : mixes()) request.benign.push_back({std::string(mix.name), 400});
  std::vector<std::string> names;
  for (const VectorInfo& row : vector_table()) {
    if (!row.attack) continue;
    const bool unknown = row.vector == Vector::reflection_port;
    const std::string name = std::string(row.name) + (unknown ? "_4242" : "");
    request.floods.push_back(parse_flood(name + ":rate=100pps"));
    if (row.vector == Vector::icmp || row.vector == Vector::icmpv6) continue;
    request.floods.push_back(parse_flood(name + ":rate=100pps,target=2001:db8:1::7"));
  }
  const Truth truth = generate(request);
  for (const FloodTruth& flood : truth.floods) {
    EXPECT_NEAR(static_cast<double>(flood.attack.volume().packets), 100, 1)
        << flood.spec.vector_name();
  }
  for (const CapturedPacket& packet : read_pcap(request.out)) {
    ASSERT_TRUE(checksums_right(packet)) << "protocol " << int{packet.protocol()};
    ASSERT_GE(packet.original, kMinFrame);
    ASSERT_LE(packet.original, kEthernetHeader + kMtu);
  }
}

/// One direction of a TCP connection.
using Way = std::pair<std::string, std::string>;
Way way_of(const CapturedPacket& packet, bool reversed) {
  const std::size_t at = packet.transport();
  const std::string from = packet.source() + std::to_string(packet.u16(at));
  const std::string to = packet.destination() + std::to_string(packet.u16(at + 2));
  return reversed ? Way{to, from} : Way{from, to};
}

class SequenceOf : public testing::TestWithParam<const char*> {};

TEST_P(SequenceOf, HasNoGapsAndAcknowledgesOnlySentBytes) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.benign = {{GetParam(), 3000}};
  generate(request);
  std::map<Way, std::uint32_t> next;
  std::size_t checked = 0;
  for (const CapturedPacket& packet : read_pcap(request.out)) {
    if (packet.protocol() != 6) continue;
    const std::size_t at = packet.transport();
    const std::uint8_t flags = packet.bytes[at + 13];
    const std::size_t header = std::size_t{4} * (packet.bytes[at + 12] >> 4);
    const std::size_t end = packet.v6() ? at + packet.u16(18) : 14u + packet.u16(16);
    const auto length = static_cast<std::uint32_t>(end - at - header);
    const Way way = way_of(packet, false);
    const bool opens = (flags & tcp_flag::syn) != 0;
    const auto known = next.find(way);
    if (known != next.end() && !opens) {
      ASSERT_EQ(packet.u32(at + 4), known->second);
      ++checked;
    }
    const auto others = next.find(way_of(packet, true));
    if (others != next.end() && (flags & tcp_flag::ack) != 0) {
      ASSERT_LE(static_cast<std::int32_t>(packet.u32(at + 8) - others->second), 0);
    }
    const std::uint32_t phantom = (flags & (tcp_flag::syn | tcp_flag::fin)) != 0 ? 1 : 0;
    next[way] = packet.u32(at + 4) + length + phantom;
  }
  EXPECT_GT(checked, 1000u);
}

INSTANTIATE_TEST_SUITE_P(Mixes, SequenceOf,
                         testing::Values("web", "mail", "backup", "speed_test", "flash_crowd",
                                         "zone_transfer", "cdn_fill"));

TEST(AddressPool, NeverRepeatsAndAvoidsSpecialAddresses) {
  const std::vector<IpPrefix> inside = {parse_prefix("64.0.0.0/3")};
  const AddressPool pool(5, std::uint64_t{1} << 32, false, inside);
  std::set<IpAddress> seen;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const IpAddress address = pool.at(i);
    EXPECT_TRUE(seen.insert(address).second) << address.text();
    for (const char* special : {"0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "192.168.0.0/16",
                                "172.16.0.0/12", "224.0.0.0/3", "64.0.0.0/3"}) {
      EXPECT_FALSE(parse_prefix(special).contains(address)) << address.text();
    }
  }
}

TEST(AddressPool, CrowdsAreClusteredAndForgedAddressesAreNot) {
  std::set<IpAddress> crowd;
  std::set<IpAddress> any;
  std::array<int, 256> in_crowd{};
  int impossible = 0;
  constexpr int kHosts = 20'000;
  for (std::uint64_t i = 0; i < kHosts; ++i) {
    crowd.insert(crowd_host(i, 9));
    ++in_crowd[crowd_host(i, 9).bytes[12]];
    any.insert(any_address(i, 9));
    impossible += any_address(i, 9).bytes[12] >= 224 ? 1 : 0;
  }
  EXPECT_EQ(crowd.size(), std::size_t{kHosts}) << "all addresses differ";
  EXPECT_EQ(any.size(), std::size_t{kHosts}) << "all addresses differ";
  EXPECT_NEAR(impossible, kHosts / 8, kHosts / 100);
  EXPECT_EQ(in_crowd[10] + in_crowd[127] + in_crowd[0], 0);
  EXPECT_GT(*std::max_element(in_crowd.begin(), in_crowd.end()), kHosts / 30)
      << "some networks have many hosts";
  EXPECT_GT(std::count(in_crowd.begin(), in_crowd.end(), 0), 150) << "most networks are empty";
}

TEST(AddressPool, SpreadsOverTheWholeAddressSpace) {
  const AddressPool pool(5, std::uint64_t{1} << 32, false, {});
  std::set<std::uint32_t> first_octets;
  for (std::uint64_t i = 0; i < 20'000; ++i) first_octets.insert(pool.at(i).v4() >> 24);
  EXPECT_GT(first_octets.size(), 215u);
}

TEST(Reflection, ComesFromThePortByWhichTheEngineKnowsTheService) {
  for (const ReflectedService& service : reflected_services()) {
    if (service.vector == Vector::reflection_tcp) continue;
    // Ordinary traffic comes from the port of HTTPS too: there the payload tells the service.
    const bool by_payload =
        service.vector == Vector::reflection_dtls || service.vector == Vector::reflection_quic;
    EXPECT_EQ(reflection_of_port(service.port), by_payload ? Vector::udp : service.vector)
        << info(service.vector).name;
  }
}

TEST(Reflection, OfEachVectorHasAnAnswer) {
  std::set<Vector> known;
  for (const ReflectedService& service : reflected_services()) known.insert(service.vector);
  for (const VectorInfo& row : vector_table()) {
    const bool has_answer = is_reflection(row.vector) && row.vector != Vector::reflection_port;
    EXPECT_EQ(known.contains(row.vector), has_answer) << row.name;
  }
}

}  // namespace
}  // namespace floodgauge::trafficgen
