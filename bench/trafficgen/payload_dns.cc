#include "bench/trafficgen/payload_dns.h"

#include <algorithm>
#include <array>

namespace floodgauge::trafficgen {
namespace {

using namespace dns_type;

constexpr std::string_view kZone = "example.net";
constexpr std::size_t kHeader = 12;
constexpr std::size_t kCounts = 6;  // offset of the answer count
constexpr std::size_t kAdditional = 10;

/// End of the name and of the question's type and class, in a message with one question.
std::size_t question_end(const Bytes& bytes) {
  std::size_t at = kHeader;
  while (bytes[at] != 0) at += 1u + bytes[at];
  return at + 5;
}

void append_record_head(Bytes& bytes, std::uint16_t type, std::uint32_t ttl, std::size_t length) {
  bytes.u16(0xc000 | kHeader).u16(type).u16(1).u32(ttl).u16(static_cast<std::uint32_t>(length));
}

void append_opt(Bytes& bytes) {
  bytes.u8(0).u16(41).u16(1232).u32(0x8000).u16(0);  // RFC 6891; DNSSEC OK
}

}  // namespace

std::string known_name(Rng& rng) {
  constexpr std::array<std::string_view, 12> kHosts = {
      "www", "mail", "ns1", "ns2", "shop", "api", "blog", "img", "cdn", "auth", "gov", "portal"};
  std::string name(rng.pick(std::span<const std::string_view>(kHosts)));
  return name.append(".").append(kZone);
}

std::string random_subdomain(Rng& rng) {
  std::string name;
  const std::uint32_t length = rng.between(8, 16);
  for (std::uint32_t i = 0; i < length; ++i) {
    name.push_back("abcdefghijklmnopqrstuvwxyz0123456789"[rng.below(36)]);
  }
  return name.append(".www.").append(kZone);
}

std::string outside_name(Rng& rng) {
  constexpr std::array<std::string_view, 6> kHosts = {"www", "cdn", "api", "static", "m", "edge"};
  std::string name(rng.pick(std::span<const std::string_view>(kHosts)));
  return name.append(".site").append(std::to_string(rng.below(4000))).append(".example.org");
}

void append_dns_name(Bytes& bytes, std::string_view name) {
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    bytes.u8(static_cast<std::uint32_t>(label.size())).text(label);
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  bytes.u8(0);
}

void append_dns_question(Bytes& bytes, std::uint16_t id, std::string_view name,
                         std::uint16_t type) {
  bytes.u16(id).u16(0x0100).u16(1).u16(0).u16(0).u16(0);
  append_dns_name(bytes, name);
  bytes.u16(type).u16(1);
}

void append_dns_query(Bytes& bytes, Rng& rng, std::string_view name) {
  constexpr std::array<std::uint16_t, 8> kTypes = {a, a, a, a, aaaa, aaaa, mx, txt};
  const std::size_t start = bytes.size();
  append_dns_question(bytes, rng.u16(), name, rng.pick(std::span<const std::uint16_t>(kTypes)));
  append_opt(bytes);
  bytes.set16(start + kAdditional, 1);
}

void append_dns_soa(Bytes& bytes) {
  const std::size_t start = bytes.size();
  append_record_head(bytes, soa, 900, 0);
  const std::size_t data = bytes.size();
  append_dns_name(bytes, "ns1.example.net");
  append_dns_name(bytes, "hostmaster.example.net");
  bytes.u32(2026112101).u32(7200).u32(3600).u32(1'209'600).u32(900);
  bytes.set16(start + 10, bytes.size() - data);
}

void make_dns_answer(Bytes& bytes, Rng& rng, std::uint8_t rcode) {
  const std::size_t end = question_end(bytes);
  const bool edns = bytes.size() > end;
  const std::uint16_t type = static_cast<std::uint16_t>(bytes[end - 4] << 8 | bytes[end - 3]);
  bytes.resize(end);
  bytes.set16(2, 0x8580u | rcode);  // answer, authoritative, recursion desired and available
  if (rcode != kNoError || (type != a && type != aaaa)) {
    append_dns_soa(bytes);
    bytes.set16(kCounts + 2, 1);  // one in the authority section
  } else {
    const std::uint32_t records = rng.between(1, 4);
    for (std::uint32_t i = 0; i < records; ++i) {
      const std::size_t length = type == a ? 4 : 16;
      append_record_head(bytes, type, 300, length);
      bytes.random(length, rng);
    }
    bytes.set16(kCounts, records);
  }
  if (edns) append_opt(bytes);
}

void append_dns_any_answer(Bytes& bytes, Rng& rng, std::size_t size) {
  const std::size_t start = bytes.size();
  append_dns_question(bytes, rng.u16(), "example.com", any);
  bytes.set16(start + 2, 0x8180);
  std::uint32_t records = 0;
  for (; bytes.size() - start < size; ++records) {
    if (records % 3 == 0) {  // an SPF-like text
      append_record_head(bytes, txt, 3600, 201);
      bytes.u8(200);
      for (int i = 0; i < 200; ++i) bytes.u8('a' + rng.below(26));
    } else if (records % 3 == 1) {  // RFC 4034 section 2: flags, protocol, algorithm, key
      append_record_head(bytes, dnskey, 3600, 4 + 260);
      bytes.u16(257).u8(3).u8(8).random(260, rng);
    } else {  // RFC 4034 section 3
      append_record_head(bytes, rrsig, 3600, 18 + 13 + 256);
      bytes.u16(dnskey).u8(8).u8(2).u32(3600).u32(1'795'000'000).u32(1'792'000'000).u16(rng.u16());
      append_dns_name(bytes, "example.com");
      bytes.random(256, rng);
    }
  }
  bytes.set16(start + kCounts, records);
}

}  // namespace floodgauge::trafficgen
