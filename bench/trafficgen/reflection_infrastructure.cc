#include <array>
#include <string>

#include "bench/trafficgen/payload_dns.h"
#include "bench/trafficgen/reflection_answers.h"

namespace floodgauge::trafficgen::answers {
namespace {

namespace ber {  // ITU-T X.690
inline constexpr std::uint8_t integer = 0x02, octets = 0x04, object = 0x06, enumerated = 0x0a,
                              sequence = 0x30, set = 0x31;
}

/// Tag, definite length, contents.
void append_tlv(Bytes& bytes, std::uint8_t tag, const Bytes& contents) {
  const auto size = static_cast<std::uint32_t>(contents.size());
  bytes.u8(tag);
  if (size < 128) {
    bytes.u8(size);
  } else {
    bytes.u8(0x82).u16(size);
  }
  bytes.append(contents.view());
}

void append_tlv(Bytes& bytes, std::uint8_t tag, std::string_view contents) {
  append_tlv(bytes, tag, Bytes().text(contents));
}

void append_small_integer(Bytes& bytes, std::uint8_t tag, std::uint8_t value) {
  append_tlv(bytes, tag, Bytes().u8(value & 0x7fu));
}

/// One attribute of a search result: a type and a set of values (RFC 4511 section 4.5.2).
void append_attribute(Bytes& bytes, std::string_view type, std::span<const std::string> values) {
  Bytes set;
  for (const std::string& value : values) append_tlv(set, ber::octets, value);
  Bytes attribute;
  append_tlv(attribute, ber::octets, type);
  append_tlv(attribute, ber::set, set);
  append_tlv(bytes, ber::sequence, attribute);
}

}  // namespace

void dns(Bytes& bytes, Rng& rng) {
  append_dns_any_answer(bytes, rng, rng.between(2400, 3900));
}

void ntp(Bytes& bytes, Rng& rng) {
  // Mode 7, MON_GETLIST_1: six items of 72 bytes (CVE-2013-5211; ntpd's ntp_request.h).
  constexpr std::uint32_t kItems = 6, kItemSize = 72;
  bytes.u8(0xd7).u8(rng.below(100)).u8(3).u8(42).u16(kItems).u16(kItemSize);
  for (std::uint32_t i = 0; i < kItems; ++i) {
    bytes.u32(rng.below(600)).u32(rng.below(100'000)).u32(0).u32(rng.below(1000));
    bytes.u32(rng.u32()).u32(rng.u32()).u32(1).u16(rng.u16()).u8(3).u8(4);
    bytes.u32(0).fill(kItemSize - 36);
  }
}

void snmp(Bytes& bytes, Rng& rng) {
  // GetResponse to a GetBulk over the system and interfaces groups (RFC 3416 section 4.2.3).
  Bytes bindings;
  const std::uint32_t count = rng.between(15, 23);
  for (std::uint8_t i = 1; i <= count; ++i) {
    Bytes binding;
    append_tlv(binding, ber::object,
               Bytes().u8(0x2b).u8(6).u8(1).u8(2).u8(1).u8(2).u8(2).u8(1).u8(2).u8(i));
    append_tlv(binding, ber::octets,
               "Linux router 4.14.151 #0 SMP mips - port " + std::to_string(i));
    append_tlv(bindings, ber::sequence, binding);
  }
  Bytes pdu;
  append_tlv(pdu, ber::integer, Bytes().u32(rng.u32() & 0x7fffffff));
  append_small_integer(pdu, ber::integer, 0);
  append_small_integer(pdu, ber::integer, 0);
  append_tlv(pdu, ber::sequence, bindings);
  Bytes message;
  append_small_integer(message, ber::integer, 1);  // version 2c
  append_tlv(message, ber::octets, "public");
  append_tlv(message, 0xa2, pdu);
  append_tlv(bytes, ber::sequence, message);
}

void cldap(Bytes& bytes, Rng& rng) {
  // searchResEntry of a domain controller's rootDSE, and searchResDone (RFC 4511 section 4.5.2).
  const std::string domain = "DC=corp" + std::to_string(rng.below(1000)) + ",DC=example,DC=com";
  std::vector<std::string> controls;
  for (std::uint32_t i = 0; i < 40; ++i) {
    controls.push_back("1.2.840.113556.1.4." + std::to_string(319 + i * 37));
  }
  const std::vector<std::string> contexts = {domain, "CN=Configuration," + domain,
                                             "CN=Schema,CN=Configuration," + domain,
                                             "DC=DomainDnsZones," + domain};
  const std::vector<std::string> policies = {"MaxPoolThreads", "MaxDatagramRecv",
                                             "MaxQueryDuration", "MaxPageSize", "MaxConnections"};
  Bytes attributes;
  append_attribute(attributes, "currentTime", std::vector<std::string>{"20261121180002.0Z"});
  append_attribute(attributes, "namingContexts", contexts);
  append_attribute(attributes, "supportedControl", controls);
  append_attribute(attributes, "supportedLDAPPolicies", policies);
  append_attribute(attributes, "dnsHostName", std::vector<std::string>{"dc1.corp.example.com"});
  append_attribute(attributes, "isGlobalCatalogReady", std::vector<std::string>{"TRUE"});
  Bytes entry;
  append_tlv(entry, ber::octets, "");
  append_tlv(entry, ber::sequence, attributes);
  Bytes message;
  append_small_integer(message, ber::integer, 7);
  append_tlv(message, 0x64, entry);
  append_tlv(bytes, ber::sequence, message);
  Bytes done;
  append_small_integer(done, ber::enumerated, 0);
  append_tlv(done, ber::octets, "");
  append_tlv(done, ber::octets, "");
  Bytes end;
  append_small_integer(end, ber::integer, 7);
  append_tlv(end, 0x65, done);
  append_tlv(bytes, ber::sequence, end);
}

void rip(Bytes& bytes, Rng& rng) {
  // RIPv1 response with 25 routes, the most it holds (RFC 1058 section 3.1).
  bytes.u8(2).u8(1).u16(0);
  for (int i = 0; i < 25; ++i) {
    bytes.u16(2).u16(0).u32(0x0a000000 | rng.below(1 << 16) << 8).u64(0).u32(rng.between(1, 16));
  }
}

void mdns(Bytes& bytes, Rng& rng) {
  // Service enumeration (RFC 6763 section 9): pointers to the services of a printer or a NAS.
  constexpr std::array<std::string_view, 8> kServices = {
      "_http._tcp.local", "_ipp._tcp.local",         "_printer._tcp.local",    "_smb._tcp.local",
      "_ssh._tcp.local",  "_workstation._tcp.local", "_afpovertcp._tcp.local", "_raop._tcp.local"};
  const std::uint32_t count = rng.between(4, kServices.size());
  bytes.u16(0).u16(0x8400).u16(0).u16(count).u16(0).u16(0);
  for (std::uint32_t i = 0; i < count; ++i) {
    append_dns_name(bytes, "_services._dns-sd._udp.local");
    const std::string_view service = kServices[i];
    bytes.u16(dns_type::ptr).u16(1).u32(10).u16(static_cast<std::uint32_t>(service.size()) + 2);
    append_dns_name(bytes, service);
  }
}

void netbios(Bytes& bytes, Rng& rng) {
  // Node status response (RFC 1002 section 4.2.18): names, then 46 bytes of statistics.
  constexpr std::array<std::uint8_t, 6> kSuffixes = {0x00, 0x20, 0x00, 0x1e, 0x1d, 0x01};
  constexpr std::uint32_t kNames = kSuffixes.size();
  bytes.u16(rng.u16()).u16(0x8400).u16(0).u16(1).u16(0).u16(0);
  bytes.u8(32).text("CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").u8(0);  // "*", half-ASCII
  bytes.u16(0x21).u16(1).u32(0).u16(1 + kNames * 18 + 46).u8(kNames);
  std::string name = "SERVER" + std::to_string(rng.between(100, 999));
  name.resize(15, ' ');
  for (const std::uint8_t suffix : kSuffixes) bytes.text(name).u8(suffix).u16(0x0400);
  bytes.random(6, rng).fill(40);
}

void portmap(Bytes& bytes, Rng& rng) {
  // Reply to DUMP (RFC 1833 section 3): every program, version, protocol and port.
  bytes.u32(rng.u32()).u32(1).u32(0).u64(0).u32(0);
  const std::uint32_t count = rng.between(10, 40);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t program = i < 6 ? 100'000 : 100'003 + i / 4;
    bytes.u32(1).u32(program).u32(2 + i % 3).u32(i % 2 == 0 ? 6 : 17).u32(i < 6 ? 111 : 32'768 + i);
  }
  bytes.u32(0);
}

void tftp(Bytes& bytes, Rng& rng) {
  bytes.u16(3).u16(1).random(512, rng);  // RFC 1350: the first block of the file
}

}  // namespace floodgauge::trafficgen::answers
