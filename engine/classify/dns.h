// Reads DNS messages (RFC 1035, section 4.1): query or answer, and the first question.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/keyed_hash.h"
#include "engine/classify/payload.h"

namespace floodgauge {

/// How far the question could be read.
enum class DnsQuestion : std::uint8_t {
  none,       ///< the header says that there is no question
  complete,   ///< name, type and class were read
  cut,        ///< the captured bytes end within the question
  malformed,  ///< a reserved label type, a pointer, or a name of more than 255 bytes
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
  std::uint8_t name_bytes = 0;  ///< as on the wire, including the zero byte of the root
  bool answer = false;          ///< the QR bit
  bool truncated = false;       ///< the TC bit
  bool recursion_desired = false;
  DnsQuestion question = DnsQuestion::none;
};

/// Reads the header and the first question. Returns nothing when fewer than the header's 12 bytes
/// are there, the opcode is unassigned, or the Z bit is set (RFC 6895): no DNS software sends that.
std::optional<DnsMessage> parse_dns(Payload payload, const HashKey& key);

}  // namespace floodgauge
