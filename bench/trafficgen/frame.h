// An Ethernet frame, and functions that fill it with headers, checksums and fragments.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "bench/trafficgen/addresses.h"

namespace floodgauge::trafficgen {

inline constexpr std::size_t kEthernetHeader = 14;
inline constexpr std::size_t kMtu = 1500;
/// IEEE 802.3: 64 bytes with the FCS, which captures do not contain.
inline constexpr std::size_t kMinFrame = 60;

/// IP protocol numbers (IANA).
enum class Protocol : std::uint8_t { icmp = 1, tcp = 6, udp = 17, gre = 47, esp = 50, icmpv6 = 58 };

namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10,
                              urg = 0x20;
}

/// A frame as on the wire, without FCS. Short frames are padded to 60 bytes.
class Frame {
 public:
  std::span<const std::uint8_t> bytes() const { return {data_.data(), length_}; }

 private:
  friend class FrameWriter;
  std::array<std::uint8_t, kEthernetHeader + kMtu> data_{};
  std::size_t length_ = 0;
};

struct TcpHeader {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 64240;
  std::span<const std::uint8_t> options;  ///< a multiple of 4 bytes, at most 40
};

/// These functions fill `frame` with Ethernet, IP (of the version of `from`) and the transport
/// header, with correct checksums. Payloads are cut at the MTU. `ip_id` is used for IPv4 only.
void build_tcp(Frame& frame, const Endpoint& from, const Endpoint& to, std::uint16_t ip_id,
               const TcpHeader& tcp, std::span<const std::uint8_t> payload);
void build_udp(Frame& frame, const Endpoint& from, const Endpoint& to, std::uint16_t ip_id,
               std::span<const std::uint8_t> payload);
/// ICMP or ICMPv6, by the version of `from`. `rest`: the four bytes after the checksum.
void build_icmp(Frame& frame, const Endpoint& from, const Endpoint& to, std::uint16_t ip_id,
                std::uint8_t type, std::uint8_t code, std::uint32_t rest,
                std::span<const std::uint8_t> payload);
/// Any other protocol, with the given IP payload.
void build_ip(Frame& frame, const Endpoint& from, const Endpoint& to, std::uint16_t ip_id,
              std::uint8_t protocol, std::span<const std::uint8_t> payload);

/// A fragment of an IP payload (RFC 791, section 2.3; RFC 8200, section 4.5). `offset`: in bytes, a
/// multiple of 8. `more`: this is not the last fragment.
struct Fragment {
  std::uint32_t id;
  std::size_t offset;
  bool more;
};
void build_fragment(Frame& frame, const Endpoint& from, const Endpoint& to, std::uint8_t protocol,
                    const Fragment& fragment, std::span<const std::uint8_t> part);

/// The largest payload of a fragment, in bytes: what the MTU has room for.
constexpr std::size_t fragment_room(bool v6) {
  return v6 ? (kMtu - 40 - 8) / 8 * 8 : (kMtu - 20) / 8 * 8;
}
/// The largest UDP payload of one frame, in bytes.
constexpr std::size_t udp_room(bool v6) {
  return kMtu - (v6 ? 40 : 20) - 8;
}

/// The UDP header of a whole datagram, with its checksum: for datagrams that are sent in fragments.
std::array<std::uint8_t, 8> udp_header(const Endpoint& from, const Endpoint& to,
                                       std::span<const std::uint8_t> payload);

/// The Internet checksum (RFC 1071). `sum`: the sum of an earlier part, whose length must be even.
std::uint64_t sum_words(std::span<const std::uint8_t> bytes, std::uint64_t sum = 0);
std::uint16_t fold_checksum(std::uint64_t sum);

}  // namespace floodgauge::trafficgen
