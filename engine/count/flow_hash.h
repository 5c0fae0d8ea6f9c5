// The keyed hash of a flow, the same for both of its directions, and which end sent this packet.
// The ends are put in order first: adding up a hash of each would let whoever knows no key make
// collisions.
#pragma once

#include <smmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "detectors/sketch/keyed_hash.h"
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

/// Of both versions in 16 bytes, network order; IPv4's last four are the address.
struct Words {
  std::uint64_t first, second;
};
inline Words words(const IpAddress& address) {
  return std::bit_cast<Words>(address.bytes);
}

/// A flow of IPv4 in one block, as flow_hash_of_plain() shuffles it: ports, the protocol,
/// addresses, the lower end's before the upper one's.
inline __m128i block_v4(FlowPorts ports, const Words& lower, const Words& upper) {
  const auto address = [](const Words& words) { return static_cast<int>(words.second >> 32); };
  const std::uint32_t both = std::uint32_t{ports.destination} << 16 | ports.source;
  return _mm_set_epi32(address(upper), address(lower), ports.protocol, static_cast<int>(both));
}

inline std::uint64_t hash_of_block(__m128i block, const HashKey& key) {
  HashChain chain(key);
  chain.add(block);
  return chain.hash();
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
  const Words from = words(source);
  const Words to = words(destination);
  const bool upper = from.second != to.second ? from.second > to.second
                     : from.first != to.first ? from.first > to.first
                                              : ports.source > ports.destination;
  if (upper) std::swap(ports.source, ports.destination);
  if (source.is_v4() && destination.is_v4()) {
    return {hash_of_block(block_v4(ports, upper ? to : from, upper ? from : to), key), upper};
  }
  HashChain chain(key);
  chain.add(upper ? destination : source);
  chain.add(upper ? source : destination);
  chain.add(std::uint64_t{ports.source} << 24 | std::uint64_t{ports.destination} << 8 |
            ports.protocol);
  return {chain.hash(), upper};
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
    return (words(address).second & ~std::uint64_t{0xffffffff}) | port;
  };
  const bool upper =
      end(facts.source, facts.source_port) > end(facts.destination, facts.destination_port);
  const auto load = [](const void* at) { return _mm_load_si128(static_cast<const __m128i*>(at)); };
  const __m128i addresses = _mm_unpackhi_epi32(load(&facts.source), load(&facts.destination));
  const __m128i rest = load(&facts.source_port);
  // Ports, the protocol and what follows it, addresses.
  const __m128i all = _mm_castps_si128(
      _mm_shuffle_ps(_mm_castsi128_ps(rest), _mm_castsi128_ps(addresses), _MM_SHUFFLE(3, 2, 2, 0)));
  return {hash_of_block(_mm_shuffle_epi8(all, load(kOrders[upper])), key), upper};
}

}  // namespace floodgauge
