// The keyed hash of a flow, which is the same for both directions, and which end sent this packet.
// The two ends are sorted first and then hashed together. The sum of one hash per end would be
// symmetric too, but an attacker could produce collisions without knowing the key.
#pragma once

#include <smmintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/base/keyed_hash.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {

struct FlowHash {
  std::uint64_t hash;
  bool from_upper;  ///< sent by the upper end, which the hash sorts second
};

/// The parts of a flow's key besides its addresses. Ports are 0 if the flow has none.
struct FlowPorts {
  std::uint16_t source;
  std::uint16_t destination;
  std::uint8_t protocol;
};

namespace flow_hash_detail {

/// The key of an IPv4 flow in one block of 16 bytes: ports, protocol, addresses, each the lower
/// end's before the upper end's. flow_hash_of_plain() builds the same block by shuffling.
inline __m128i block_v4(FlowPorts ports, const IpAddress& lower, const IpAddress& upper) {
  const auto v4 = [](const IpAddress& address) { return static_cast<int>(address.low() >> 32); };
  const std::uint32_t both = std::uint32_t{ports.destination} << 16 | ports.source;
  return _mm_set_epi32(v4(upper), v4(lower), ports.protocol, static_cast<int>(both));
}

/// Shuffles for flow_hash_of_plain(). The input is ports, the protocol among other bytes, and
/// addresses, the source's before the destination's; the output is as of block_v4(). The index is
/// whether the source is the upper end.
alignas(16) inline constexpr std::int8_t kShuffles[2][16] = {
    {0, 1, 2, 3, 4, -1, -1, -1, 8, 9, 10, 11, 12, 13, 14, 15},
    {2, 3, 0, 1, 4, -1, -1, -1, 12, 13, 14, 15, 8, 9, 10, 11},
};

}  // namespace flow_hash_detail

/// For any packet. Ends are ordered by IpAddress::low(), then high(), then port.
inline FlowHash flow_hash(const IpAddress& source, const IpAddress& destination, FlowPorts ports,
                          const HashKey& key) {
  using namespace flow_hash_detail;
  const bool upper = source.low() != destination.low()     ? source.low() > destination.low()
                     : source.high() != destination.high() ? source.high() > destination.high()
                                                           : ports.source > ports.destination;
  if (upper) std::swap(ports.source, ports.destination);
  const IpAddress& from = upper ? destination : source;
  const IpAddress& to = upper ? source : destination;
  if (from.is_v4() && to.is_v4()) {
    return {HashChain(key).add(block_v4(ports, from, to)).hash(), upper};
  }
  const std::uint64_t rest =
      std::uint64_t{ports.source} << 24 | std::uint64_t{ports.destination} << 8 | ports.protocol;
  return {HashChain(key).add(from).add(to).add(rest).hash(), upper};
}

/// The same hash for packets that parse_outer() reports as plain IPv4, in vector registers and
/// without a branch, since which end sends cannot be predicted.
[[gnu::always_inline]] inline FlowHash flow_hash_of_plain(const PacketFacts& facts,
                                                          const HashKey& key) {
  using namespace flow_hash_detail;
  static_assert(offsetof(PacketFacts, destination_port) == offsetof(PacketFacts, source_port) + 2);
  static_assert(offsetof(PacketFacts, protocol) == offsetof(PacketFacts, source_port) + 8);
  static_assert(offsetof(PacketFacts, source_port) % 16 == 0);
  const auto end = [](const IpAddress& address, std::uint16_t port) {
    return (address.low() & ~std::uint64_t{0xffffffff}) | port;
  };
  const bool upper =
      end(facts.source, facts.source_port) > end(facts.destination, facts.destination_port);
  const auto load = [](const void* at) { return _mm_load_si128(static_cast<const __m128i*>(at)); };
  const __m128i addresses = _mm_unpackhi_epi32(load(&facts.source), load(&facts.destination));
  const __m128i rest = load(&facts.source_port);
  // Ports, the protocol and three more bytes, addresses.
  const __m128i all = _mm_castps_si128(
      _mm_shuffle_ps(_mm_castsi128_ps(rest), _mm_castsi128_ps(addresses), _MM_SHUFFLE(3, 2, 2, 0)));
  return {HashChain(key).add(_mm_shuffle_epi8(all, load(kShuffles[upper]))).hash(), upper};
}

}  // namespace floodgauge
