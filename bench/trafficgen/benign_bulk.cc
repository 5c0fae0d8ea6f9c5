#include <algorithm>
#include <string>
#include <vector>

#include "bench/trafficgen/benign_mixes.h"
#include "bench/trafficgen/bulk_transfer.h"
#include "bench/trafficgen/payload_dns.h"

namespace floodgauge::trafficgen {
namespace {

using Side = TcpConversation::Side;

constexpr std::uint16_t kHttps = 443;
constexpr std::uint16_t kDns = 53;

struct BulkKind {
  Role inside_role;
  bool upload;  ///< from inside to outside
  std::uint32_t flows;
  Nanoseconds start;  ///< of the first flow; each other one starts `stagger` later
  Nanoseconds stagger;
};

/// Starts flows from clients inside to servers outside.
void start_flows(World& world, Tally& tally, double pps, std::uint64_t seed, const BulkKind& kind) {
  for (std::uint32_t i = 0; i < kind.flows; ++i) {
    Rng rng(derive_seed(seed, i));
    const bool v6 = world.flow_v6(i);
    const BulkTransfer transfer{world.inside.pick(kind.inside_role, v6, rng.client_port(), rng),
                                world.outside(v6, kHttps, rng), kind.upload, pps / kind.flows,
                                rng.next()};
    world.simulation.start(stream_tcp(world, tally, transfer), kind.start + kind.stagger * i);
  }
}

constexpr std::uint32_t kMostMessages = 60;

/// A message of a zone transfer (RFC 5936). All transfers are of the same zone. They differ in the
/// query id, which comes first, and in the addresses.
struct ZoneMessage {
  Bytes bytes;
  std::vector<std::size_t> addresses;  ///< offset of each address

  /// `end`: this is the first or the last message, which has the SOA record.
  ZoneMessage(std::uint32_t number, bool end) {
    constexpr std::uint32_t kRecords = 40;
    append_dns_question(bytes, 0, "example.net", dns_type::axfr);
    bytes.set16(2, 0x8400);
    bytes.set16(6, kRecords);
    if (end) append_dns_soa(bytes);
    for (std::uint32_t record = end ? 1 : 0; record < kRecords; ++record) {
      append_dns_name(bytes, "host" + std::to_string(number * kRecords + record) + ".example.net");
      bytes.u16(dns_type::a).u16(1).u32(3600).u16(4);
      addresses.push_back(bytes.size());
      bytes.u32(0);
    }
  }
};

std::vector<ZoneMessage> all_zone_messages(bool end) {
  std::vector<ZoneMessage> messages;
  for (std::uint32_t number = 0; number < kMostMessages; ++number) {
    messages.emplace_back(number, end);
  }
  return messages;
}

/// All messages of a transfer, each after its length (RFC 1035, section 4.2.2).
Bytes zone_messages(Rng& rng, std::uint16_t id) {
  static const std::vector<ZoneMessage> kEnds = all_zone_messages(true);
  static const std::vector<ZoneMessage> kBetween = all_zone_messages(false);
  Bytes bytes;
  const std::uint32_t messages = rng.between(20, kMostMessages);
  for (std::uint32_t number = 0; number < messages; ++number) {
    const bool end = number == 0 || number + 1 == messages;
    const ZoneMessage& message = (end ? kEnds : kBetween)[number];
    bytes.u16(static_cast<std::uint32_t>(message.bytes.size()));
    const std::size_t start = bytes.size();
    bytes.append(message.bytes.view());
    bytes.set16(start, id);
    for (const std::size_t at : message.addresses) bytes.set32(start + at, rng.u32());
  }
  return bytes;
}

}  // namespace

Process zone_transfer(World& world, Tally& tally, std::uint64_t seed) {
  Rng rng(seed);
  const bool v6 = world.draw_v6(rng);
  const bool inbound = rng.chance(0.5);  // a secondary outside asks the primary inside
  const Endpoint client = inbound ? world.outside(v6, rng.client_port(), rng)
                                  : world.inside.pick(Role::dns, v6, rng.client_port(), rng);
  const Endpoint server =
      inbound ? world.inside.pick(Role::dns, v6, kDns, rng) : world.outside(v6, kDns, rng);
  TcpConversation tcp(world, tally, client, server, rng);
  co_await tcp.connect(Service::dns);
  if (!tcp.established()) co_return;
  Bytes query;
  const std::uint16_t id = rng.u16();
  query.u16(0);
  append_dns_question(query, id, "example.net", dns_type::axfr);
  query.set16(0, query.size() - 2);
  co_await tcp.transfer(Side::client, query.view());
  const Bytes zone = zone_messages(rng, id);
  co_await tcp.transfer(Side::server, zone.view());
  co_await tcp.close(Side::client);
}

void start_speed_tests(World& world, Tally& tally, double pps, std::uint64_t seed) {
  // One connection for a slow line, up to four for a fast one. They begin with the capture.
  const std::uint32_t flows = std::min(flows_for(pps, 30'000), std::uint32_t{4});
  start_flows(
      world, tally, pps, seed,
      {Role::client, false, flows, std::max(world.now(), world.request.start), milliseconds(5)});
}

void start_backups(World& world, Tally& tally, double pps, std::uint64_t seed) {
  start_flows(world, tally, pps, seed,
              {Role::web, true, flows_for(pps, 40'000), world.now(), milliseconds(300)});
}

void start_cache_fills(World& world, Tally& tally, double pps, std::uint64_t seed) {
  start_flows(world, tally, pps, seed,
              {Role::cache, false, flows_for(pps, 8000), world.now(), milliseconds(7)});
}

}  // namespace floodgauge::trafficgen
