// The keyed hash of a flow, the same for both of its directions, and which end sent this packet.
// The ends are put in order first: adding up a hash of each would let whoever knows no key make
// collisions.
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
  bool from_upper;  ///< sent by the end that comes second in the order that the hash puts them in
};

/// What a flow's hash is of beside its addresses. Ports 0 where the protocol has none.
struct FlowPorts {
  std::uint16_t source;
  std::uint16_t destination;
  std::uint8_t protocol;
};

namespace flow_hash_detail {

/// A flow of IPv4 in one block, as flow_hash_of_plain() shuffles it: ports, the protocol,
/// addresses, the lower end's before the upper one's.
inline __m128i block_v4(FlowPorts ports, const IpAddress& lower, const IpAddress& upper) {
  const auto v4 = [](const IpAddress& address) { return static_cast<int>(address.low() >> 32); };
  const std::uint32_t both = std::uint32_t{ports.destination} << 16 | ports.source;
  return _mm_set_epi32(v4(upper), v4(lower), ports.protocol, static_cast<int>(both));
}

/// By whether the source is the upper end: shuffles to a block_v4() the ports, the protocol among
/// other bytes, and the addresses, the source's before the destination's.
alignas(16) inline constexpr std::int8_t kOrders[2][16] = {
    {0, 1, 2, 3, 4, -1, -1, -1, 8, 9, 10, 11, 12, 13, 14, 15},
    {2, 3, 0, 1, 4, -1, -1, -1, 12, 13, 14, 15, 8, 9, 10, 11},
};

}  // namespace flow_hash_detail

/// Of any packet.
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

/// The same of facts that parse_outer() says to be plain, all in vectors and without a branch:
/// which end sends is as good as a coin.
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
  // Ports, the protocol and what follows it, addresses.
  const __m128i all = _mm_castps_si128(
      _mm_shuffle_ps(_mm_castsi128_ps(rest), _mm_castsi128_ps(addresses), _MM_SHUFFLE(3, 2, 2, 0)));
  return {HashChain(key).add(_mm_shuffle_epi8(all, load(kOrders[upper]))).hash(), upper};
}

}  // namespace floodgauge
