// DNS messages (RFC 1035, section 4.1): query or answer, and what is asked for.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/keyed_hash.h"
#include "engine/classify/payload.h"

namespace floodgauge {

/// How far the question could be read.
enum class DnsQuestion : std::uint8_t {
  none,       ///< the header counts no question
  complete,   ///< name, type and class were read
  cut,        ///< the captured bytes end within it
  malformed,  ///< a label of a reserved kind, a pointer, or a name of more than 255 bytes
};

struct DnsMessage {
  std::uint64_t name_hash = 0;  ///< of the whole name, in lower case; 0 unless complete
  std::uint16_t id = 0;
  std::uint16_t type = 0;  ///< QTYPE; 0 unless complete
  std::uint16_t question_count = 0;
  std::uint16_t answer_count = 0;
  std::uint8_t opcode = 0;
  std::uint8_t rcode = 0;  ///< the header's four bits, without EDNS's extension
  std::uint8_t labels = 0;
  std::uint8_t first_label_bytes = 0;
  std::uint8_t name_bytes = 0;  ///< as on the wire, with the root's zero
  bool answer = false;          ///< the QR bit
  bool truncated = false;       ///< the TC bit
  bool recursion_desired = false;
  DnsQuestion question = DnsQuestion::none;
};

/// QTYPEs and RCODEs that the detectors name.
inline constexpr std::uint16_t kDnsTypeAny = 255;
inline constexpr std::uint8_t kDnsNoError = 0;
inline constexpr std::uint8_t kDnsServFail = 2;
inline constexpr std::uint8_t kDnsNxDomain = 3;
inline constexpr std::uint8_t kDnsRefused = 5;

/// Reads the header and the first question. Empty when the header's 12 bytes are not all there, or
/// its opcode is unassigned or its Z bit is set (RFC 6895), which no DNS software sends.
std::optional<DnsMessage> parse_dns(Payload payload, const HashKey& key);

/// The same for the first message of a TCP segment, behind its two bytes of length (RFC 7766).
std::optional<DnsMessage> parse_dns_tcp(Payload payload, const HashKey& key);

}  // namespace floodgauge
