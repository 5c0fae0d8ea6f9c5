// A TCP connection as seen at the border link: sequence and acknowledgement numbers, options and
// timing of both sides (RFC 9293; timestamps of RFC 7323).
#pragma once

#include <array>
#include <optional>

#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {

inline constexpr std::size_t kSegment = 1428;  ///< data bytes of a full segment, over IPv4 and IPv6

class TcpConversation {
 public:
  enum Side : std::uint8_t { client = 0, server = 1 };

  /// The round-trip time between the link and each end is random: short to hosts inside, long to
  /// hosts outside.
  TcpConversation(World& world, Tally& tally, const Endpoint& client_end,
                  const Endpoint& server_end, Rng rng);

  /// The handshake: SYN, SYN-ACK, ACK. An unanswered SYN is repeated after 1 s and 3 s (RFC 6298).
  /// If there is no answer at all, or in a blackout, established() stays false. The state of
  /// `service` decides whether a server inside answers.
  Process connect(std::optional<Service> service);
  /// Sends `payload` and then `more` bytes of noise from side `from`. The bursts double in length,
  /// and the other side acknowledges each. The bytes of `payload` must stay valid until the end of
  /// the transfer if they are more than one segment.
  Process transfer(Side from, std::span<const std::uint8_t> payload, std::size_t more = 0);
  /// Closes the connection with a FIN of each side. Side `first` begins.
  Process close(Side first);

  /// Sends one segment now. False in a blackout; the conversation is then over.
  bool send(Side from, std::uint8_t flags, std::span<const std::uint8_t> payload = {});
  /// Sends an acknowledgement of all bytes of the other side except the last `behind`.
  bool acknowledge(Side from, std::uint32_t behind = 0);

  bool established() const { return established_; }
  const Endpoint& end(Side side) const { return ends_[side]; }
  Side inside_side() const { return ends_[client].inside ? client : server; }
  /// The time from when a packet to `side` passes the link until its answer passes the link.
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

/// Random bytes in place of encrypted data; at most 1500 bytes.
std::span<const std::uint8_t> ciphertext(Rng& rng, std::size_t size);

}  // namespace floodgauge::trafficgen
