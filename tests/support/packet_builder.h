// Builds packets for tests, layer by layer from the outside in, with the lengths, protocol numbers
// and checksums that a real sender fills in.
//
//   const Bytes frame = PacketBuilder()
//                           .ethernet()
//                           .vlan({.id = 7})
//                           .ipv4({.source = "192.0.2.1", .destination = "198.51.100.7"})
//                           .udp({.source_port = 53})
//                           .payload(100)
//                           .build();
//
// Lengths and protocols that an option sets explicitly are written as they are, even if wrong.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/address.h"

namespace floodgauge::testing {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32;

struct EthernetOptions {
  std::optional<std::uint16_t> type = {};
};
struct VlanOptions {
  std::uint16_t id = 1;
  std::uint16_t tag = 0x8100;  ///< this tag's own EtherType
  std::optional<std::uint16_t> type = {};
};
struct Ipv4Options {
  const char* source = "192.0.2.1";
  const char* destination = "198.51.100.7";
  std::uint8_t ttl = 64;
  std::uint8_t traffic_class = 0;  ///< the octet that was Type of Service
  std::uint16_t id = 0;
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;  ///< bytes, a multiple of 8
  Bytes options = {};                 ///< a multiple of 4 bytes
  std::optional<std::uint8_t> protocol = {};
  std::optional<std::uint16_t> total_length = {};
  std::optional<std::uint8_t> version_and_length = {};
};
struct Ipv6Options {
  const char* source = "2001:db8::1";
  const char* destination = "2001:db8:1::7";
  std::uint8_t hop_limit = 64;
  std::uint8_t traffic_class = 0;
  std::optional<std::uint8_t> next_header = {};
  std::optional<std::uint16_t> payload_length = {};
  std::optional<std::uint8_t> version = {};
};
struct TcpOptions {
  std::uint16_t source_port = 40000;
  std::uint16_t destination_port = 80;
  std::uint8_t flags = kSyn;
  std::uint32_t sequence = 1;
  std::uint32_t acknowledgment = 0;
  Bytes options = {};  ///< a multiple of 4 bytes
  std::optional<std::uint8_t> offset = {};
};
struct UdpOptions {
  std::uint16_t source_port = 40000;
  std::uint16_t destination_port = 53;
  std::optional<std::uint16_t> length = {};
};
struct IcmpOptions {
  std::uint8_t type = 8;
  std::uint8_t code = 0;
  std::uint16_t identifier = 0x1234;
  std::uint16_t sequence = 1;
};

/// The numbers by which headers announce the next layer.
struct Names {
  std::optional<std::uint16_t> ethertype = {};
  std::optional<std::uint8_t> protocol = {};
  std::optional<std::uint16_t> ppp = {};
};
/// Offsets in a layer's header at which it announces the next layer, if it does.
struct NextField {
  std::optional<std::size_t> ethertype = {};
  std::optional<std::size_t> protocol = {};
  std::optional<std::size_t> ppp = {};
};

class PacketBuilder {
 public:
  /// A layer of arbitrary bytes.
  PacketBuilder& raw(Bytes bytes, Names names = {}, NextField next = {}) {
    return add({std::move(bytes), names, next, nullptr, nullptr});
  }

  PacketBuilder& ethernet(EthernetOptions o = {}) {
    Bytes h = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0, 0};
    NextField next{.ethertype = 12};
    if (o.type) put16(h, 12, *o.type), next = {};
    return raw(std::move(h), {.ethertype = 0x6558}, next);
  }
  PacketBuilder& vlan(VlanOptions o = {}) {
    Bytes h(4);
    put16(h, 0, o.id);
    NextField next{.ethertype = 2};
    if (o.type) put16(h, 2, *o.type), next = {};
    return raw(std::move(h), {.ethertype = o.tag}, next);
  }
  /// One label. The last label of a stack needs `bottom`.
  PacketBuilder& mpls(std::uint32_t label, bool bottom = true) {
    Bytes h(4);
    put32(h, 0, label << 12 | (bottom ? 0x100u : 0u) | 64);
    return raw(std::move(h), {.ethertype = 0x8847, .protocol = 137, .ppp = 0x0281});
  }
  /// PPPoE session with PPP's two-byte protocol field.
  PacketBuilder& pppoe() {
    Layer layer{{0x11, 0, 0, 1, 0, 0, 0, 0}, {.ethertype = 0x8864}, {.ppp = 6}, nullptr, nullptr};
    layer.finish = [](Bytes& p, const Layer*) { put16(p, 4, p.size() - 6); };
    return add(std::move(layer));
  }

  PacketBuilder& ipv4(Ipv4Options o = {}) {
    Bytes h(20);
    h.insert(h.end(), o.options.begin(), o.options.end());
    h[0] = o.version_and_length.value_or(static_cast<std::uint8_t>(0x40 | h.size() / 4));
    h[1] = o.traffic_class;
    put16(h, 4, o.id);
    put16(h, 6, (o.more_fragments ? 0x2000u : 0u) | o.fragment_offset / 8u);
    h[8] = o.ttl;
    h[9] = o.protocol.value_or(59);
    put_v4(h, 12, o.source);
    put_v4(h, 16, o.destination);
    const std::size_t header_bytes = h.size();
    Layer layer{
        std::move(h), {.ethertype = 0x0800, .protocol = 4, .ppp = 0x0021}, {}, nullptr, nullptr};
    if (!o.protocol) layer.next.protocol = 9;
    layer.finish = [o, header_bytes](Bytes& p, const Layer*) {
      put16(p, 2, o.total_length ? *o.total_length : p.size());
      put16(p, 10, checksum(p.data(), header_bytes, 0));
    };
    layer.pseudo_sum = [](const Bytes& header) { return sum16(header.data() + 12, 8); };
    return add(std::move(layer));
  }
  PacketBuilder& ipv6(Ipv6Options o = {}) {
    Bytes h(40);
    h[0] = static_cast<std::uint8_t>(o.version.value_or(6) << 4 | o.traffic_class >> 4);
    h[1] = static_cast<std::uint8_t>(o.traffic_class << 4);
    h[6] = o.next_header.value_or(59);
    h[7] = o.hop_limit;
    put_v6(h, 8, o.source);
    put_v6(h, 24, o.destination);
    Layer layer{
        std::move(h), {.ethertype = 0x86dd, .protocol = 41, .ppp = 0x0057}, {}, nullptr, nullptr};
    if (!o.next_header) layer.next.protocol = 6;
    layer.finish = [o](Bytes& p, const Layer*) {
      put16(p, 4, o.payload_length ? *o.payload_length : p.size() - 40);
    };
    layer.pseudo_sum = [](const Bytes& header) { return sum16(header.data() + 8, 32); };
    return add(std::move(layer));
  }
  /// Hop-by-hop (0), routing (43), destination options (60), mobility (135), HIP (139), shim6
  /// (140): `bytes` long, a multiple of 8, its content padding.
  PacketBuilder& extension(std::uint8_t protocol, std::size_t bytes = 8) {
    Bytes h(bytes);
    h[0] = 59;
    h[1] = static_cast<std::uint8_t>(bytes / 8 - 1);
    h[2] = 1;  // PadN
    h[3] = static_cast<std::uint8_t>(bytes - 4);
    return raw(std::move(h), {.protocol = protocol}, {.protocol = 0});
  }
  /// IPv6 fragment header; `offset` in bytes, a multiple of 8.
  PacketBuilder& fragment(std::uint16_t offset, bool more) {
    Bytes h(8);
    h[0] = 59;
    put16(h, 2, offset | (more ? 1u : 0u));
    return raw(std::move(h), {.protocol = 44}, {.protocol = 0});
  }
  /// Authentication header with a 12-byte check value.
  PacketBuilder& ah() {
    Bytes h(24);
    h[0] = 59;
    h[1] = 4;
    return raw(std::move(h), {.protocol = 51}, {.protocol = 0});
  }

  PacketBuilder& tcp(TcpOptions o = {}) {
    Bytes h(20);
    put16(h, 0, o.source_port);
    put16(h, 2, o.destination_port);
    put32(h, 4, o.sequence);
    put32(h, 8, o.acknowledgment);
    h.insert(h.end(), o.options.begin(), o.options.end());
    h[12] =
        static_cast<std::uint8_t>(o.offset.value_or(static_cast<std::uint8_t>(h.size() / 4)) << 4);
    h[13] = o.flags;
    put16(h, 14, 0xffff);
    return transport(std::move(h), 6, 16);
  }
  PacketBuilder& udp(UdpOptions o = {}) { return datagram(o, 17); }
  /// `length` is the coverage of the checksum; 0, the default, covers the whole packet.
  PacketBuilder& udp_lite(UdpOptions o = {}) {
    if (!o.length) o.length = std::uint16_t{0};
    return datagram(o, 136);
  }
  PacketBuilder& sctp(std::uint16_t source_port, std::uint16_t destination_port) {
    Bytes h(12);
    put16(h, 0, source_port);
    put16(h, 2, destination_port);
    return raw(std::move(h), {.protocol = 132});
  }
  PacketBuilder& icmp(IcmpOptions o = {}) {
    Layer layer{icmp_header(o), {.protocol = 1}, {}, nullptr, nullptr};
    layer.finish = [](Bytes& p, const Layer*) { put16(p, 2, checksum(p.data(), p.size(), 0)); };
    return add(std::move(layer));
  }
  PacketBuilder& icmpv6(IcmpOptions o = {.type = 128}) { return transport(icmp_header(o), 58, 2); }

  /// GRE with the given flags word. `optional` holds the fields that the flags announce.
  PacketBuilder& gre(std::uint16_t flags = 0, Bytes optional = {},
                     std::optional<std::uint16_t> type = std::nullopt) {
    Bytes h(4);
    put16(h, 0, flags);
    h.insert(h.end(), optional.begin(), optional.end());
    NextField next{.ethertype = 2};
    if (type) put16(h, 2, *type), next = {};
    return raw(std::move(h), {.protocol = 47}, next);
  }
  PacketBuilder& vxlan(std::uint32_t network = 42) {
    Bytes h(8);
    h[0] = 0x08;
    put32(h, 4, network << 8);
    return raw(std::move(h));
  }
  PacketBuilder& geneve(Bytes options = {}) {
    Bytes h(8);
    h[0] = static_cast<std::uint8_t>(options.size() / 4);
    h.insert(h.end(), options.begin(), options.end());
    return raw(std::move(h), {}, {.ethertype = 2});
  }
  /// GTP-U user data. `flags_and_options`: the low three flags and the fields that they announce.
  PacketBuilder& gtp(std::uint8_t flags = 0, Bytes optional = {}) {
    Bytes h = {static_cast<std::uint8_t>(0x30 | flags), 0xff, 0, 0, 0, 0, 0, 1};
    h.insert(h.end(), optional.begin(), optional.end());
    Layer layer{std::move(h), {}, {}, nullptr, nullptr};
    layer.finish = [](Bytes& p, const Layer*) { put16(p, 2, p.size() - 8); };
    return add(std::move(layer));
  }

  PacketBuilder& payload(std::string_view text) { return raw(Bytes(text.begin(), text.end())); }
  /// `bytes` bytes of a fixed pattern.
  PacketBuilder& payload(std::size_t bytes) {
    Bytes content(bytes);
    for (std::size_t i = 0; i < bytes; ++i) content[i] = static_cast<std::uint8_t>(0xa0 + i % 16);
    return raw(std::move(content));
  }
  /// Pads the frame with zeros to `bytes`, as Ethernet's minimum of 60 requires.
  PacketBuilder& pad_to(std::size_t bytes) {
    padded_ = bytes;
    return *this;
  }

  Bytes build() const {
    Bytes packet;
    for (std::size_t i = layers_.size(); i-- > 0;) {
      packet.insert(packet.begin(), layers_[i].header.begin(), layers_[i].header.end());
      if (layers_[i].finish) layers_[i].finish(packet, enclosing_ip(i));
    }
    if (packet.size() < padded_) packet.resize(padded_);
    return packet;
  }

  /// The Internet checksum (RFC 1071) over `bytes`, starting from `sum`.
  static std::uint16_t checksum(const std::uint8_t* data, std::size_t bytes, std::uint32_t sum) {
    sum += sum16(data, bytes);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
  }

 private:
  struct Layer {
    Bytes header;
    Names names;
    NextField next;
    std::function<void(Bytes& packet, const Layer* ip)>
        finish;  ///< packet: this layer and all in it
    std::function<std::uint32_t(const Bytes& header)> pseudo_sum;  ///< of an IP header's addresses
  };

  PacketBuilder& add(Layer layer) {
    if (!layers_.empty()) name_in(layers_.back(), layer.names);
    layers_.push_back(std::move(layer));
    return *this;
  }
  static void name_in(Layer& before, const Names& names) {
    const NextField& next = before.next;
    if (next.ethertype && names.ethertype) put16(before.header, *next.ethertype, *names.ethertype);
    if (next.protocol && names.protocol) before.header[*next.protocol] = *names.protocol;
    if (next.ppp && names.ppp) put16(before.header, *next.ppp, *names.ppp);
  }
  const Layer* enclosing_ip(std::size_t layer) const {
    while (layer-- > 0) {
      if (layers_[layer].pseudo_sum) return &layers_[layer];
    }
    return nullptr;
  }
  /// A header whose checksum covers the pseudo header of the IP packet around it.
  PacketBuilder& transport(Bytes header, std::uint8_t protocol, std::size_t checksum_at) {
    Layer layer{std::move(header), {.protocol = protocol}, {}, nullptr, nullptr};
    layer.finish = [protocol, checksum_at](Bytes& p, const Layer* ip) {
      std::uint32_t sum = protocol + static_cast<std::uint32_t>(p.size());
      if (ip != nullptr) sum += ip->pseudo_sum(ip->header);
      const std::uint16_t value = checksum(p.data(), p.size(), sum);
      // RFC 768: 0 means that there is no checksum.
      put16(p, checksum_at, protocol == 17 && value == 0 ? 0xffff : value);
    };
    return add(std::move(layer));
  }
  PacketBuilder& datagram(const UdpOptions& o, std::uint8_t protocol) {
    Bytes h(8);
    put16(h, 0, o.source_port);
    put16(h, 2, o.destination_port);
    transport(std::move(h), protocol, 6);
    layers_.back().finish = [o, protocol, inner = layers_.back().finish](Bytes& p,
                                                                         const Layer* ip) {
      put16(p, 4, o.length ? *o.length : p.size());
      inner(p, ip);
    };
    return *this;
  }
  static Bytes icmp_header(const IcmpOptions& o) {
    Bytes h(8);
    h[0] = o.type;
    h[1] = o.code;
    put16(h, 4, o.identifier);
    put16(h, 6, o.sequence);
    return h;
  }

  static std::uint32_t sum16(const std::uint8_t* data, std::size_t bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes; ++i) sum += i % 2 == 0 ? data[i] * 256u : data[i];
    return sum;
  }
  static void put16(Bytes& bytes, std::size_t at, std::size_t value) {
    bytes[at] = static_cast<std::uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<std::uint8_t>(value);
  }
  static void put32(Bytes& bytes, std::size_t at, std::uint32_t value) {
    put16(bytes, at, value >> 16);
    put16(bytes, at + 2, value & 0xffff);
  }
  static void put_v4(Bytes& bytes, std::size_t at, const char* text) {
    const IpAddress address = IpAddress::parse(text).value();
    std::copy(address.bytes.begin() + 12, address.bytes.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  static void put_v6(Bytes& bytes, std::size_t at, const char* text) {
    const IpAddress address = IpAddress::parse(text).value();
    std::copy(address.bytes.begin(), address.bytes.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }

  std::vector<Layer> layers_;
  std::size_t padded_ = 0;
};

}  // namespace floodgauge::testing
