#include "bench/trafficgen/tcp_conversation.h"

#include <algorithm>

namespace floodgauge::trafficgen {
namespace {

using namespace tcp_flag;

constexpr std::size_t kFirstBurst = 10;  // segments: RFC 6928
constexpr std::size_t kLargestBurst = 64;
constexpr std::uint8_t kScale = 10;  // RFC 7323: windows of 1 KiB
constexpr std::uint16_t kReceiveWindow = 32'000;
constexpr Nanoseconds kGap{12'000};  // a full frame at 1 Gbit/s

std::uint32_t milliseconds_of(Nanoseconds time) {
  return static_cast<std::uint32_t>(time.count / 1'000'000);
}

void put32(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  }
}

}  // namespace

std::span<const std::uint8_t> ciphertext(Rng& rng, std::size_t size) {
  // Returns a part of one block of noise. To fill every segment with new random bytes would take
  // longer than all other work.
  constexpr std::size_t kBlock = 16'384;
  static const Bytes noise = [] {
    Rng own(0x0c1f7e47);
    Bytes bytes;
    bytes.random(kBlock, own);
    return bytes;
  }();
  size = std::min<std::size_t>(size, kMtu);
  return noise.view().subspan(rng.below(kBlock - kMtu), size);
}

TcpConversation::TcpConversation(World& world, Tally& tally, const Endpoint& client_end,
                                 const Endpoint& server_end, Rng rng)
    : world_(world), tally_(tally), rng_(rng), ends_{client_end, server_end} {
  for (const Side side : {client, server}) {
    next_[side] = rng_.u32();
    ip_id_[side] = rng_.u16();
    clock_offset_[side] = rng_.u32();
    turnaround_[side] = ends_[side].inside ? Nanoseconds{rng_.between(200'000, 1'500'000)}
                                           : Nanoseconds{rng_.between(8'000'000, 140'000'000)};
  }
}

bool TcpConversation::send_segment(Side from, std::uint8_t flags, std::uint32_t acknowledgement,
                                   std::span<const std::uint8_t> payload) {
  std::array<std::uint8_t, 20> options = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
                                          0, 0, 0, 0,    0, 0, 1, 3,  3, kScale};
  std::size_t size = options.size();
  if ((flags & syn) == 0) {
    options = {1, 1, 8, 10};
    size = 12;
  }
  const std::uint32_t now = milliseconds_of(world_.now());
  const std::size_t stamp = size == 12 ? 4 : 8;
  put32(options, stamp, now + clock_offset_[from]);
  if ((flags & ack) != 0) put32(options, stamp + 4, now + clock_offset_[other(from)] - 1);
  const TcpHeader tcp{next_[from], (flags & ack) != 0 ? acknowledgement : 0, flags,
                      static_cast<std::uint16_t>((flags & syn) != 0 ? 64240 : kReceiveWindow),
                      std::span<const std::uint8_t>(options).first(size)};
  build_tcp(world_.frame, ends_[from], ends_[other(from)], ip_id_[from]++, tcp, payload);
  const std::uint32_t phantom = (flags & (syn | fin)) != 0 ? 1 : 0;
  next_[from] += static_cast<std::uint32_t>(payload.size()) + phantom;
  if (world_.send(world_.frame, tally_)) return true;
  established_ = false;
  return false;
}

bool TcpConversation::send(Side from, std::uint8_t flags, std::span<const std::uint8_t> payload) {
  return send_segment(from, flags, next_[other(from)], payload);
}

bool TcpConversation::acknowledge(Side from, std::uint32_t behind) {
  return send_segment(from, ack, next_[other(from)] - behind, {});
}

Process TcpConversation::connect(std::optional<Service> service) {
  const std::uint32_t first = next_[client];
  for (const std::int64_t patience : {1, 2, 4}) {
    next_[client] = first;
    const bool passed = send(client, syn);
    const Nanoseconds sent = world_.now();
    co_await world_.simulation.sleep(turnaround(server));
    const bool answers =
        passed && (!service || !ends_[server].inside || world_.answers(*service, rng_));
    if (answers && send(server, syn | ack)) {
      co_await world_.simulation.sleep(turnaround(client));
      established_ = true;
      send(client, ack);
      co_return;
    }
    co_await world_.simulation.until(sent + whole_seconds(patience));
  }
}

Process TcpConversation::transfer(Side from, std::span<const std::uint8_t> payload,
                                  std::size_t more) {
  std::size_t left = payload.size() + more;
  std::size_t burst = kFirstBurst;
  std::array<std::uint16_t, kLargestBurst> sizes;  // of the burst's segments
  while (left > 0 && established_) {
    std::size_t sent = 0;
    std::uint32_t behind = 0;
    for (; sent < burst && left > 0; ++sent) {
      if (sent > 0) co_await world_.simulation.sleep(kGap);
      const auto given = payload.first(std::min(kSegment, payload.size()));
      payload = payload.subspan(given.size());
      const auto data = given.empty() ? ciphertext(rng_, std::min(left, kSegment)) : given;
      left -= data.size();
      behind += static_cast<std::uint32_t>(data.size());
      sizes[sent] = static_cast<std::uint16_t>(data.size());
      const bool last = left == 0 || sent + 1 == burst;
      if (!send(from, static_cast<std::uint8_t>(last ? ack | psh : ack), data)) co_return;
    }
    co_await world_.simulation.sleep(turnaround(other(from)));
    for (std::size_t acked = 0; acked < sent;) {  // every second segment: RFC 9293 section 3.8.6.3
      if (acked > 0) co_await world_.simulation.sleep(kGap * 2);
      for (int each = 0; each < 2 && acked < sent; ++each) behind -= sizes[acked++];
      if (!acknowledge(other(from), behind)) co_return;
    }
    if (left > 0) co_await world_.simulation.sleep(turnaround(from));
    burst = std::min(burst * 2, kLargestBurst);
  }
}

Process TcpConversation::close(Side first) {
  if (!established_ || !send(first, fin | ack)) co_return;
  co_await world_.simulation.sleep(turnaround(other(first)));
  if (!send(other(first), fin | ack)) co_return;
  co_await world_.simulation.sleep(turnaround(first));
  acknowledge(first);
  established_ = false;
}

}  // namespace floodgauge::trafficgen
