#include "engine/export/evidence/address_mask.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cctype>
#include <span>
#include <stdexcept>
#include <vector>

#include "engine/base/ip_protocol.h"

namespace floodgauge {
namespace {

constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kEthernetAddresses = 12;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::uint8_t kNoOperation = 1;  // RFC 791, 3.1

AddressMask::Key random_key() {
  AddressMask::Key key;
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    throw std::runtime_error("no random key for --anonymise is to be had");
  }
  return key;
}

/// The IP header with these addresses within `bytes`, from `from` on.
std::size_t find_header(const std::vector<std::uint8_t>& bytes, std::size_t from,
                        const PacketFacts& facts) {
  const bool v4 = facts.source.is_v4();
  const std::size_t size = v4 ? 4 : 16;
  const std::size_t source_at = v4 ? 12 : 8;
  const auto has = [&](std::size_t at, const IpAddress& address) {
    return std::equal(address.bytes.end() - static_cast<std::ptrdiff_t>(size), address.bytes.end(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(at));
  };
  for (std::size_t at = from; at + source_at + 2 * size <= bytes.size(); ++at) {
    if (bytes[at] >> 4 == (v4 ? 4 : 6) && has(at + source_at, facts.source) &&
        has(at + source_at + size, facts.destination)) {
      return at;
    }
  }
  return bytes.size();
}

void put(std::vector<std::uint8_t>& bytes, std::size_t at, const IpAddress& address, bool v4) {
  const std::ptrdiff_t size = v4 ? 4 : 16;
  std::copy(address.bytes.end() - size, address.bytes.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

/// RFC 1071.
void sum_up(std::span<std::uint8_t> header) {
  header[10] = header[11] = 0;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < header.size(); i += 2) {
    sum += static_cast<std::uint32_t>(header[i] << 8 | header[i + 1]);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  header[10] = static_cast<std::uint8_t>(~sum >> 8);
  header[11] = static_cast<std::uint8_t>(~sum);
}

/// Options may hold routes, and thus addresses.
void finish_ipv4(std::vector<std::uint8_t>& bytes, std::size_t at) {
  const std::size_t length = std::size_t{bytes[at] & 15u} * 4;
  const std::size_t end = std::min(at + length, bytes.size());
  for (std::size_t i = at + kIpv4Header; i < end; ++i) bytes[i] = kNoOperation;
  if (length >= kIpv4Header && at + length <= bytes.size()) {
    sum_up(std::span(bytes).subspan(at, length));
  }
}

/// Routing headers hold addresses. They may follow hop-by-hop options.
void finish_ipv6(std::vector<std::uint8_t>& bytes, std::size_t at) {
  const std::uint8_t next = bytes[at + 6];
  const bool may_route =
      next == kProtocolRouting || next == kProtocolHopByHop || next == kProtocolDestination;
  if (may_route) bytes.resize(std::min(bytes.size(), at + kIpv6Header));
}

/// The sum covers the addresses: it would tell something of them.
void clear_sum(std::vector<std::uint8_t>& bytes, const PacketFacts& facts) {
  if ((facts.flags & kFactTransport) == 0 || facts.payload_offset < facts.transport_bytes) return;
  const std::size_t transport = std::size_t{facts.payload_offset} - facts.transport_bytes;
  const std::size_t sum = facts.protocol == kProtocolTcp   ? 16
                          : facts.protocol == kProtocolUdp ? 6
                                                           : 0;
  if (sum == 0 || transport + sum + 2 > bytes.size()) return;
  bytes[transport + sum] = bytes[transport + sum + 1] = 0;
}

bool may_be_of_address(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == ':' || c == '/';
}

}  // namespace

AddressMask::AddressMask() : AddressMask(random_key()) {}

AddressMask::AddressMask(const Key& key) : cipher_(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free) {
  std::array<std::uint8_t, 16> second;
  std::copy(key.begin() + 16, key.end(), second.begin());
  int size = 0;
  if (cipher_ == nullptr ||
      EVP_EncryptInit_ex(cipher_.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(cipher_.get(), 0) != 1 ||
      EVP_EncryptUpdate(cipher_.get(), padding_.data(), &size, second.data(), 16) != 1) {
    throw std::runtime_error("AES is not to be had");
  }
}

AddressMask::~AddressMask() = default;

std::uint8_t AddressMask::first_bit(const std::array<std::uint8_t, 16>& block) const {
  std::array<std::uint8_t, 16> out;
  int size = 0;
  if (EVP_EncryptUpdate(cipher_.get(), out.data(), &size, block.data(), 16) != 1) {
    throw std::runtime_error("AES has failed");
  }
  return out[0] >> 7;
}

IpAddress AddressMask::of(const IpAddress& address) {
  const auto known = known_.find(address);
  if (known != known_.end()) return known->second;
  const std::size_t first = address.is_v4() ? 12 : 0;  // its bytes before are of the mapped form
  IpAddress masked = address;
  // Bit i is turned by a bit of the cipher of the i bits before it, filled up with the padding.
  std::array<std::uint8_t, 16> block = padding_;
  for (std::size_t bit = 0; bit < (16 - first) * 8; ++bit) {
    const std::size_t byte = bit / 8;
    const auto at = static_cast<std::uint8_t>(0x80u >> bit % 8);
    if (first_bit(block) != 0) masked.bytes[first + byte] ^= at;
    const bool is_set = (address.bytes[first + byte] & at) != 0;
    block[byte] = static_cast<std::uint8_t>(is_set ? block[byte] | at : block[byte] & ~at);
  }
  known_.emplace(address, masked);
  return masked;
}

IpPrefix AddressMask::of(const IpPrefix& prefix) {
  return IpPrefix::around(of(prefix.address), prefix.length);
}

std::string AddressMask::of(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && may_be_of_address(text[end])) ++end;
    if (end == at) {
      out += text[at++];
      continue;
    }
    std::string_view word = text.substr(at, end - at);
    std::string_view after;
    while (!word.empty() && (word.back() == '.' || word.back() == ':') &&
           !IpPrefix::parse(word)) {  // the end of a sentence
      after = text.substr(at + word.size() - 1, end - at - word.size() + 1);
      word.remove_suffix(1);
    }
    const bool whole = word.find_first_of(".:") != std::string_view::npos;
    const std::optional<IpPrefix> prefix = whole ? IpPrefix::parse(word) : std::nullopt;
    if (!prefix) {
      out += word;
    } else if (word.find('/') == std::string_view::npos) {
      out += of(prefix->address).text();
    } else {
      out += of(*prefix).text();
    }
    out += after;
    at = end;
  }
  return out;
}

void AddressMask::mask(KeptPacket& packet) {
  std::vector<std::uint8_t>& bytes = packet.bytes;
  const FrameView frame{bytes.data(), static_cast<std::uint32_t>(bytes.size()), packet.wire,
                        packet.link};
  // All are read before the first is replaced.
  std::vector<PacketFacts> headers(1);
  parse_outer(frame, headers[0]);
  for (PacketFacts inner = headers[0]; parse_inner(frame, inner);) headers.push_back(inner);
  if (packet.link == LinkType::ethernet) {
    std::fill_n(bytes.begin(), std::min(bytes.size(), kEthernetAddresses), std::uint8_t{0});
  }
  std::size_t from = 0;
  std::size_t kept = std::min(bytes.size(), kEthernetHeader);
  for (const PacketFacts& facts : headers) {
    if ((facts.flags & (kFactIpv4 | kFactIpv6)) == 0) break;
    const bool v4 = facts.source.is_v4();
    const std::size_t at = find_header(bytes, from, facts);
    if (at + (v4 ? kIpv4Header : kIpv6Header) > bytes.size()) break;
    put(bytes, at + (v4 ? 12 : 8), of(facts.source), v4);
    put(bytes, at + (v4 ? 16 : 24), of(facts.destination), v4);
    clear_sum(bytes, facts);
    v4 ? finish_ipv4(bytes, at) : finish_ipv6(bytes, at);
    from = at + (v4 ? kIpv4Header : kIpv6Header);
    kept = std::min<std::size_t>(bytes.size(), std::max<std::size_t>(from, facts.payload_offset));
  }
  bytes.resize(std::min(bytes.size(), kept));
}

}  // namespace floodgauge
