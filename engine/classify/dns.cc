#include "engine/classify/dns.h"

#include <emmintrin.h>

#include <array>
#include <cstring>

namespace floodgauge {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kMaxNameBytes = 255;   // RFC 1035, section 2.3.4
constexpr std::uint8_t kMaxLabelBytes = 63;  // greater values are pointers or reserved

/// Network order. The caller has checked that the bytes are there.
std::uint16_t load16(Payload payload, std::size_t offset) {
  return static_cast<std::uint16_t>(payload[offset] << 8 | payload[offset + 1]);
}

/// The bytes of a name as in the message, at most kMaxNameBytes, in lower case.
class Name {
 public:
  /// Names are compared without regard to case (RFC 4343), and some resolvers mix the case to make
  /// spoofing harder. The lengths of labels are never changed: they are below the code of any
  /// letter.
  explicit Name(Payload wire) : size_(wire.size()) {
    std::memcpy(bytes_.data(), wire.data(), size_);
    const __m128i before_a = _mm_set1_epi8('A' - 1);
    const __m128i after_z = _mm_set1_epi8('Z' + 1);
    const __m128i to_lower = _mm_set1_epi8('a' - 'A');
    for (std::size_t at = 0; at < size_; at += sizeof(__m128i)) {
      auto* const block = reinterpret_cast<__m128i*>(bytes_.data() + at);
      const __m128i text = _mm_load_si128(block);
      const __m128i capital =
          _mm_and_si128(_mm_cmpgt_epi8(text, before_a), _mm_cmplt_epi8(text, after_z));
      _mm_store_si128(block, _mm_add_epi8(text, _mm_and_si128(capital, to_lower)));
    }
  }
  std::uint64_t hash(const HashKey& key) const { return hash_bytes(bytes_.data(), size_, key); }

 private:
  static_assert(kMaxNameBytes < 256);
  alignas(16) std::array<std::uint8_t, 256> bytes_;
  std::size_t size_;
};

DnsQuestion read_question(Payload question, const HashKey& key, DnsMessage& message) {
  std::size_t at = 0;
  std::uint8_t labels = 0;
  for (;;) {
    if (at >= question.size()) return DnsQuestion::cut;
    const std::uint8_t length = question[at];
    if (length > kMaxLabelBytes || at + length >= kMaxNameBytes) return DnsQuestion::malformed;
    ++at;
    if (length == 0) break;
    if (question.size() - at < length) return DnsQuestion::cut;
    at += length;
    ++labels;
  }
  if (question.size() - at < 4) return DnsQuestion::cut;
  message.name_hash = Name(question.first(at)).hash(key);
  message.type = load16(question, at);
  message.labels = labels;
  message.first_label_bytes = question[0];
  message.name_bytes = static_cast<std::uint8_t>(at);
  return DnsQuestion::complete;
}

// The IANA registry of DNS OpCodes has 0 to 6 without 3.
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

}  // namespace floodgauge
