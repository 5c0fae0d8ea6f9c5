// Whether the protected end of a flow still answers: 24 bits of the flow's entry, above the cached
// host slots. A SYN-ACK or a datagram long ago excuses nothing of what comes now. Towards the
// protected end, the payload packets since it last sent anything are counted; when they are many,
// the flow is watched: its packets leave the fast path, and it is seen exactly whether
// acknowledgements advance (TCP) or datagrams come back (UDP).
//
//    63        62       57 56        51 50      48 47    44 43    40
//   +---------+-----------+------------+----------+--------+--------+
//   | watched | received  | packets    | progress | second | mark   |
//   +---------+-----------+------------+----------+--------+--------+
//
//   received  payload packets since the protected end last sent; while the flow is watched, since
//   it
//             last made progress. A carry out of it sets `watched`.
//   packets   of the flow outside the fast path: 32 follows 63
//   progress  UDP: in how many different seconds a datagram came back, while one was waited for,
//   and
//             whether a QUIC connection has changed its identifier; TCP: see RequestState
//   second    when the flow last made progress, modulo 16, or since when it is watched
//   mark      TCP: hash of the last acknowledgement number that the protected end sent; UDP: hash
//   of
//             the QUIC connection
//
// A TCP receiver acknowledges at least every second full segment (RFC 9293, section 3.8.6.3), and
// at the latest after 0.5 s (RFC 1122, section 4.2.3.2). Receive offloading merges up to 64 KiB
// into one segment, about 45 packets, before anything is acknowledged. After a loss the same number
// is repeated until a retransmission arrives; a sender that sees no progress for a second sends a
// single segment after each timeout (RFC 6298, section 5).
#pragma once

#include <algorithm>
#include <cstdint>

namespace floodgauge::answer_bits {

inline constexpr unsigned kMarkAt = 40, kSecondAt = 44, kProgressAt = 48, kPacketsAt = 51,
                          kReceivedAt = 57;
inline constexpr std::uint64_t kMark = std::uint64_t{15} << kMarkAt;
inline constexpr std::uint64_t kSecond = std::uint64_t{15} << kSecondAt;
inline constexpr std::uint64_t kProgress = std::uint64_t{7} << kProgressAt;
inline constexpr std::uint64_t kPackets = std::uint64_t{63} << kPacketsAt;
inline constexpr std::uint64_t kOnePacket = std::uint64_t{1} << kPacketsAt;
inline constexpr std::uint64_t kReceived = std::uint64_t{63} << kReceivedAt;
inline constexpr std::uint64_t kOneReceived = std::uint64_t{1} << kReceivedAt;
inline constexpr std::uint64_t kWatched = std::uint64_t{1} << 63;

/// So many payload packets are received before a flow is watched, and about as many once more
/// before it counts as unanswered.
inline constexpr unsigned kReceivedMost = 63;
/// Seconds without progress: from these on a TCP flow is reviewed, and repeated acknowledgements
/// excuse nothing.
inline constexpr unsigned kLongAgo = 2;
/// Streams over UDP are answered by reports alone: the first one after 3.1 s at most, the others
/// 6.2 s apart at most (RFC 3550, sections 6.2 and 6.3.1). So many seconds may a flow be silent
/// before its first report, and after one.
inline constexpr unsigned kFirstReport = 3;
inline constexpr unsigned kReportsApart = 8;
/// UDP flows keep two bits of how often they were answered.
inline constexpr std::uint64_t kAnsweredSeconds = std::uint64_t{3} << kProgressAt;
inline constexpr std::uint64_t kConnectionChanged = std::uint64_t{4} << kProgressAt;
/// A mark that is equal to no stored one.
inline constexpr unsigned kNoMark = 16;

inline bool is_watched(std::uint64_t bits) {
  return (bits & kWatched) != 0;
}
inline unsigned received(std::uint64_t bits) {
  return static_cast<unsigned>((bits & kReceived) >> kReceivedAt);
}
inline unsigned mark(std::uint64_t bits) {
  return static_cast<unsigned>((bits & kMark) >> kMarkAt);
}
inline std::uint64_t with_mark(std::uint64_t bits, unsigned mark) {
  return (bits & ~kMark) | static_cast<std::uint64_t>(mark & 15) << kMarkAt;
}
inline std::uint64_t with_second(std::uint64_t bits, unsigned second) {
  return (bits & ~kSecond) | static_cast<std::uint64_t>(second & 15) << kSecondAt;
}
/// Seconds since the one stored, modulo 16. `now`: the present second.
inline unsigned age(std::uint64_t bits, unsigned now) {
  return (now - static_cast<unsigned>((bits & kSecond) >> kSecondAt)) & 15;
}
inline unsigned answered_seconds(std::uint64_t bits) {
  return static_cast<unsigned>((bits & kAnsweredSeconds) >> kProgressAt);
}

/// Of a TCP flow: what its client's last segment left open (engine/classify/http_requests.h).
inline std::uint8_t request_state(std::uint64_t bits) {
  return static_cast<std::uint8_t>((bits & kProgress) >> kProgressAt);
}
/// A flow with open requests stays under watch.
inline std::uint64_t with_request_state(std::uint64_t bits, std::uint8_t state) {
  bits = (bits & ~kProgress) | std::uint64_t{state} << kProgressAt;
  if (state == 0 || is_watched(bits)) return bits;
  return (bits & ~kReceived) | kWatched;
}
/// Whether a QUIC Initial begins a connection, as FlowTable::begins_connection(). From the server's
/// answer on, the client uses the identifier that the server has chosen (RFC 9000, section 7.2):
/// one change is part of the flow's first connection.
inline bool begin_connection(std::uint64_t& bits, unsigned connection, bool answered) {
  const unsigned before = mark(bits);
  if (before == connection) return false;
  const bool same = answered && before != 0 && (bits & kConnectionChanged) == 0;
  bits = with_mark(bits, connection);
  if (same) bits |= kConnectionChanged;
  return !same;
}

inline std::uint64_t segments_progressed(std::uint64_t bits, unsigned now) {
  if (request_state(bits) == 0) bits &= ~kWatched;
  return with_second(bits & ~kReceived, now);
}

/// A flow's first packet outside the fast path, and each further one.
inline std::uint64_t add_packet(std::uint64_t bits) {
  return (bits & kPackets) == kPackets ? bits - 31 * kOnePacket : bits + kOnePacket;
}

/// After a packet with payload to the protected end, outside the fast path.
inline std::uint64_t after_received(std::uint64_t bits, unsigned now) {
  if (!is_watched(bits)) return bits + kOneReceived;
  if (received(bits) == 0) return with_second(bits, now) + kOneReceived;
  // The age stays between the limits that it is compared with, however long it lasts.
  if (age(bits, now) >= 12) bits = with_second(bits, now - kReportsApart);
  return received(bits) == kReceivedMost ? bits : bits + kOneReceived;
}

/// After a segment from the protected end, whose acknowledgement number has the hash `mark` (0..15,
/// or kNoMark if it cannot be read).
inline std::uint64_t after_segment_sent(std::uint64_t bits, unsigned mark_now, unsigned now) {
  if (mark_now != mark(bits)) return with_mark(segments_progressed(bits, now), mark_now);
  if (!is_watched(bits)) return bits & ~kReceived;
  const unsigned so_far = received(bits);
  if (so_far == 0) return segments_progressed(bits, now);  // there was nothing to acknowledge
  // A repeated acknowledgement after a loss. The first ones show that somebody is there.
  const bool excuses = so_far < kReceivedMost && age(bits, now) < kLongAgo;
  return excuses ? (bits & ~kReceived) + kOneReceived : bits;
}

/// After a datagram from the protected end.
inline std::uint64_t after_datagram_sent(std::uint64_t bits, unsigned now) {
  const bool counts = is_watched(bits) && answered_seconds(bits) < 3;
  if (counts) bits += std::uint64_t{1} << kProgressAt;
  return with_second(bits & ~(kWatched | kReceived), now);
}

/// Whether the protected end has long stopped answering what is sent to it.
inline bool is_unanswered(std::uint64_t bits, bool tcp, unsigned now) {
  if (!is_watched(bits) || received(bits) < kReceivedMost) return false;
  if (tcp) return true;
  return age(bits, now) >= (answered_seconds(bits) != 0 ? kReportsApart : kFirstReport);
}

/// After the first packet of a window, if it goes to the protected end of a TCP flow: a flow
/// without known progress for some time is watched.
inline std::uint64_t review(std::uint64_t bits, unsigned now) {
  if (is_watched(bits) || age(bits, now) < kLongAgo) return bits;
  const bool payload = received(bits) != 0;
  bits = (bits & ~kReceived) | kWatched;
  return payload ? after_received(bits, now) : bits;
}

}  // namespace floodgauge::answer_bits
