// A TCP connection as the border link sees it: sequence and acknowledgement numbers, options and
// timing of both sides (RFC 9293, timestamps of RFC 7323).
#pragma once

#include <array>
#include <optional>

#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {

inline constexpr std::size_t kSegment = 1428;  ///< data bytes that fit over IPv4 and IPv6 alike

class TcpConversation {
 public:
  enum Side : std::uint8_t { client = 0, server = 1 };

  /// Round-trip times between the link and each end are drawn: short to inside hosts, long to
  /// those outside.
  TcpConversation(World& world, Tally& tally, const Endpoint& client_end,
                  const Endpoint& server_end, Rng rng);

  /// SYN, SYN-ACK, ACK. An unanswered SYN is repeated after 1 and 3 s (RFC 6298); after that, or
  /// when the link went dark, established() is false. `service` decides whether a server inside
  /// answers.
  Process connect(std::optional<Service> service);
  /// Sends `payload` from `from` and after it `more` bytes of noise, in bursts that double, each
  /// acknowledged by the other side. A payload longer than a segment must outlive the transfer.
  Process transfer(Side from, std::span<const std::uint8_t> payload, std::size_t more = 0);
  /// FIN from both sides.
  Process close(Side first);

  /// One segment right now. False when the link was dark; the conversation is then over.
  bool send(Side from, std::uint8_t flags, std::span<const std::uint8_t> payload = {});
  /// An acknowledgement of all but the last `behind` bytes of the other side.
  bool acknowledge(Side from, std::uint32_t behind = 0);

  bool established() const { return established_; }
  const Endpoint& end(Side side) const { return ends_[side]; }
  Side inside_side() const { return ends_[client].inside ? client : server; }
  /// Time from a packet towards `side` passing the link to the answer passing it.
  Nanoseconds turnaround(Side side) const { return turnaround_[side]; }
  Rng& rng() { return rng_; }

 private:
  static Side other(Side side) { return side == client ? server : client; }
  bool send_segment(Side from, std::uint8_t flags, std::uint32_t acknowledgement,
                    std::span<const std::uint8_t> payload);

  World& world_;
  Tally& tally_;
  Rng rng_;
  std::array<Endpoint, 2> ends_;
  std::array<std::uint32_t, 2> next_;
  std::array<std::uint16_t, 2> ip_id_;
  std::array<std::uint32_t, 2> clock_offset_;
  std::array<Nanoseconds, 2> turnaround_;
  bool established_ = false;
};

/// Noise for data that is encrypted anyway; at most 1500 bytes.
std::span<const std::uint8_t> ciphertext(Rng& rng, std::size_t size);

}  // namespace floodgauge::trafficgen
