#include <string>

#include "bench/trafficgen/reflection_answers.h"

namespace floodgauge::trafficgen::answers {
namespace {

/// A mandatory attribute-value pair of L2TP (RFC 2661, section 4.1) with the vendor ID of the IETF.
void append_avp(Bytes& bytes, std::uint16_t type, const Bytes& value) {
  bytes.u16(0x8000 | static_cast<std::uint32_t>(value.size() + 6)).u16(0).u16(type);
  bytes.append(value.view());
}

/// A STUN attribute (RFC 8489 section 14), padded to four bytes.
void append_attribute(Bytes& bytes, std::uint16_t type, const Bytes& value) {
  bytes.u16(type).u16(static_cast<std::uint32_t>(value.size())).append(value.view());
  bytes.fill((4 - value.size() % 4) % 4);
}

Bytes transport_address(Rng& rng) {
  return Bytes().u8(0).u8(1).u16(rng.u16()).u32(rng.u32());
}

}  // namespace

void isakmp(Bytes& bytes, Rng& rng) {
  // Main mode, second message (RFC 2408, RFC 2409): the chosen proposal and vendor IDs.
  bytes.random(16, rng).u8(1).u8(0x10).u8(2).u8(0).u32(0);
  const std::size_t length = bytes.size();
  bytes.u32(0);
  Bytes transform;  // 3DES, SHA-1, group 2, pre-shared key, a lifetime of 28800 s
  transform.u16(0x8001).u16(5).u16(0x8002).u16(2).u16(0x8004).u16(2).u16(0x8003).u16(1);
  transform.u16(0x800b).u16(1).u16(0x800c).u16(28'800);
  const auto size = static_cast<std::uint32_t>(transform.size());
  bytes.u8(13).u8(0).u16(size + 28).u32(1).u32(1);           // SA, IPsec DOI, identity only
  bytes.u8(0).u8(0).u16(size + 16).u8(1).u8(1).u8(0).u8(1);  // proposal
  bytes.u8(0).u8(0).u16(size + 8).u8(1).u8(1).u16(0).append(transform.view());
  const std::uint32_t vendors = rng.between(3, 8);
  for (std::uint32_t i = 0; i < vendors; ++i) {
    bytes.u8(i + 1 < vendors ? 13 : 0).u8(0).u16(20).random(16, rng);
  }
  bytes.set16(length + 2, bytes.size());
}

void l2tp(Bytes& bytes, Rng& rng) {
  // Start-Control-Connection-Reply (RFC 2661 section 6.2).
  const std::size_t start = bytes.size();
  bytes.u16(0xc802).u16(0).u16(rng.u16()).u16(0).u16(0).u16(1);
  append_avp(bytes, 0, Bytes().u16(2));
  append_avp(bytes, 2, Bytes().u16(0x0100));
  append_avp(bytes, 3, Bytes().u32(3));
  append_avp(bytes, 7, Bytes().text("lns" + std::to_string(rng.below(1000)) + ".example.com"));
  append_avp(bytes, 8, Bytes().text("xelerance.com"));
  append_avp(bytes, 9, Bytes().u16(rng.u16() | 1u));
  append_avp(bytes, 10, Bytes().u16(4));
  bytes.set16(start + 2, bytes.size() - start);
}

void openvpn(Bytes& bytes, Rng& rng) {
  // P_CONTROL_HARD_RESET_SERVER_V2, acknowledging the client's packet 0.
  bytes.u8(8 << 3).random(8, rng).u8(1).u32(0).random(8, rng).u32(0);
}

void stun(Bytes& bytes, Rng& rng) {
  // Binding success response (RFC 8489, section 7.3.1), with the attributes that old servers add.
  Bytes attributes;
  append_attribute(attributes, 0x0001, transport_address(rng));
  append_attribute(attributes, 0x0020, transport_address(rng));
  append_attribute(attributes, 0x802b, transport_address(rng));
  append_attribute(attributes, 0x802c, transport_address(rng));
  append_attribute(attributes, 0x8022, Bytes().text("Coturn-4.5.1.1 'dan Eider'"));
  bytes.u16(0x0101).u16(static_cast<std::uint32_t>(attributes.size())).u32(0x2112a442);
  bytes.random(12, rng).append(attributes.view());
}

void sip(Bytes& bytes, Rng& rng) {
  // The answer of a PBX to OPTIONS (RFC 3261, section 11.2).
  const std::string call = std::to_string(rng.u32());
  bytes.text("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK").text(call);
  bytes.text(";rport=5060\r\nFrom: \"scan\" <sip:100@1.1.1.1>;tag=").text(call);
  bytes.text("\r\nTo: \"scan\" <sip:100@1.1.1.1>;tag=as5f1ab2\r\nCall-ID: ").text(call);
  bytes.text(
      "\r\nCSeq: 1 OPTIONS\r\nServer: Asterisk PBX 13.21.0\r\n"
      "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH\r\n"
      "Supported: replaces, timer\r\nContact: <sip:192.0.2.10:5060>\r\nAccept: application/sdp\r\n"
      "Content-Length: 0\r\n\r\n");
}

}  // namespace floodgauge::trafficgen::answers
