#include "bench/trafficgen/bulk_transfer.h"

#include <algorithm>

#include "bench/trafficgen/payload_dns.h"
#include "bench/trafficgen/payload_web.h"

namespace floodgauge::trafficgen {
namespace {

using Side = TcpConversation::Side;

/// The times of data packets, which are two of three packets. Their gaps vary by 10 %.
class Pace {
 public:
  Pace(double pps, Rng& rng) : gap_(1.5e9 / pps), rng_(rng) {}
  Nanoseconds next() { return {static_cast<std::int64_t>(gap_ * (0.9 + 0.2 * rng_.unit()))}; }
  /// Data packets sent within `span`.
  std::uint32_t within(Nanoseconds span) const {
    return static_cast<std::uint32_t>(static_cast<double>(span.count) / gap_);
  }

 private:
  double gap_;
  Rng& rng_;
};

}  // namespace

Process stream_tcp(World& world, Tally& tally, BulkTransfer transfer) {
  TcpConversation tcp(world, tally, transfer.client, transfer.server, Rng(transfer.seed));
  co_await tcp.connect(std::nullopt);
  Bytes hello;
  append_client_hello(hello, tcp.rng(), outside_name(tcp.rng()));
  co_await tcp.transfer(Side::client, hello.view());
  Bytes flight;
  append_server_hello(flight, tcp.rng(), 2800);
  co_await tcp.transfer(Side::server, flight.view());
  const Side sender = transfer.upload ? Side::client : Side::server;
  const Side receiver = transfer.upload ? Side::server : Side::client;
  Pace pace(transfer.pps, tcp.rng());
  const std::uint32_t under_way = pace.within(tcp.turnaround(receiver));
  for (std::uint32_t sent = 1; tcp.established(); ++sent) {
    co_await world.simulation.sleep(pace.next());
    if (!tcp.send(sender, tcp_flag::ack, ciphertext(tcp.rng(), kSegment))) co_return;
    if (sent % 2 != 0 || sent <= under_way) continue;
    if (!tcp.acknowledge(receiver, static_cast<std::uint32_t>(under_way * kSegment))) co_return;
  }
}

Process stream_quic(World& world, Tally& tally, BulkTransfer transfer) {
  constexpr std::size_t kDataPacket = 1350;
  Rng rng(transfer.seed);
  const auto send = [&](const Endpoint& from, const Endpoint& to) {
    build_udp(world.frame, from, to, rng.u16(), world.scratch.view());
    return world.send(world.frame, tally);
  };
  world.scratch.clear();
  append_quic_initial(world.scratch, rng);
  if (!send(transfer.client, transfer.server)) co_return;
  co_await world.simulation.sleep({rng.between(8'000'000, 140'000'000)});
  world.scratch.clear();
  append_quic_server_initial(world.scratch, rng);
  if (!send(transfer.server, transfer.client)) co_return;
  const Endpoint& sender = transfer.upload ? transfer.client : transfer.server;
  const Endpoint& receiver = transfer.upload ? transfer.server : transfer.client;
  Pace pace(transfer.pps, rng);
  for (std::uint32_t sent = 1;; ++sent) {
    co_await world.simulation.sleep(pace.next());
    world.scratch.clear();
    append_quic_short(world.scratch, rng, 8);
    world.scratch.append(ciphertext(rng, kDataPacket - 8));
    send(sender, receiver);
    if (sent % 2 != 0) continue;
    world.scratch.clear();
    append_quic_short(world.scratch, rng, rng.between(33, 48));
    send(receiver, sender);
  }
}

}  // namespace floodgauge::trafficgen
