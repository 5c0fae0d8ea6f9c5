#include "engine/classify/dns.h"

#include <array>

namespace floodgauge {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kMaxNameBytes = 255;   // RFC 1035, section 2.3.4
constexpr std::uint8_t kMaxLabelBytes = 63;  // greater lengths are pointers or reserved

// Names are compared without case (RFC 4343), and resolvers mix it to foil spoofers.
std::uint8_t lower(std::uint8_t c) {
  return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
}

DnsQuestion read_question(Payload question, const HashKey& key, DnsMessage& message) {
  std::array<std::uint8_t, kMaxNameBytes> name;
  std::size_t at = 0;
  std::uint8_t labels = 0;
  std::uint8_t first = 0;
  for (;;) {
    if (at >= question.size()) return DnsQuestion::cut;
    const std::uint8_t length = question[at];
    if (length > kMaxLabelBytes || at + length >= kMaxNameBytes) return DnsQuestion::malformed;
    name[at++] = length;
    if (length == 0) break;
    if (question.size() - at < length) return DnsQuestion::cut;
    for (const std::size_t end = at + length; at < end; ++at) name[at] = lower(question[at]);
    if (labels == 0) first = length;
    ++labels;
  }
  if (question.size() - at < 4) return DnsQuestion::cut;
  const std::size_t parent = labels == 0 ? 0 : first + 1u;
  message.name_hash = hash_bytes(name.data(), at, key);
  message.parent_hash = hash_bytes(name.data() + parent, at - parent, key);
  message.type = load16(question, at);
  message.labels = labels;
  message.first_label_bytes = first;
  message.name_bytes = static_cast<std::uint8_t>(at);
  return DnsQuestion::complete;
}

// 0 to 6 without 3: the IANA registry of DNS OpCodes.
bool assigned_opcode(unsigned opcode) {
  return opcode <= 6 && opcode != 3;
}

}  // namespace

std::optional<DnsMessage> parse_dns(Payload payload, const HashKey& key) {
  if (payload.size() < kHeaderBytes) return std::nullopt;
  const std::uint16_t flags = load16(payload, 2);
  const unsigned opcode = flags >> 11 & 15u;
  if (!assigned_opcode(opcode) || (flags & 0x40) != 0) return std::nullopt;
  DnsMessage message;
  message.id = load16(payload, 0);
  message.answer = (flags & 0x8000) != 0;
  message.opcode = static_cast<std::uint8_t>(opcode);
  message.truncated = (flags & 0x0200) != 0;
  message.recursion_desired = (flags & 0x0100) != 0;
  message.rcode = static_cast<std::uint8_t>(flags & 15);
  message.question_count = load16(payload, 4);
  message.answer_count = load16(payload, 6);
  if (message.question_count != 0) {
    message.question = read_question(payload.subspan(kHeaderBytes), key, message);
  }
  return message;
}

std::optional<DnsMessage> parse_dns_tcp(Payload payload, const HashKey& key) {
  if (payload.size() < 2) return std::nullopt;
  const std::size_t length = load16(payload, 0);
  if (length < kHeaderBytes) return std::nullopt;
  const Payload rest = payload.subspan(2);
  return parse_dns(rest.first(length < rest.size() ? length : rest.size()), key);
}

}  // namespace floodgauge
