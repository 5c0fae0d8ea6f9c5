#include "tests/fuzz/slow_parser.h"

#include <algorithm>

namespace floodgauge::slow {
namespace {

struct Unknown {};
struct Malformed {};

void must(bool holds) {
  if (!holds) throw Malformed{};
}

void know(bool holds) {
  if (!holds) throw Unknown{};
}

class Parser {
 public:
  explicit Parser(std::span<const std::uint8_t> frame) : frame_(frame), end_(frame.size()) {}

  Packet parse() {
    ethernet();
    return packet_;
  }

 private:
  std::uint32_t byte(std::size_t at) const {
    must(at_ + at < end_);
    return frame_[at_ + at];
  }
  std::uint32_t word(std::size_t at) const { return byte(at) << 8 | byte(at + 1); }
  std::size_t left() const { return end_ - at_; }

  /// IEEE 802.3, clause 3, and IEEE 802.1Q, clause 9.
  void ethernet() {
    std::uint32_t type = word(12);
    at_ = 14;
    for (int tags = 0; type == 0x8100 || type == 0x88a8; ++tags) {
      know(tags < 2);
      type = word(2);
      at_ += 4;
    }
    if (type == 0x0800) return ipv4();
    if (type == 0x86dd) return ipv6();
    throw Unknown{};
  }

  /// RFC 791, section 3.1.
  void ipv4() {
    must(left() >= 20);
    must(byte(0) >> 4 == 4);
    const std::size_t header = (byte(0) & 15) * std::size_t{4};
    const std::size_t total = word(2);
    must(header >= 20);
    know(total != 0);  // not segmented yet, where it was captured
    must(total >= header && total <= left());
    packet_.traffic_class = static_cast<std::uint8_t>(byte(1));
    packet_.ip_bytes = static_cast<std::uint32_t>(total);
    packet_.ttl = static_cast<std::uint8_t>(byte(8));
    packet_.protocol = static_cast<std::uint8_t>(byte(9));
    for (std::size_t i = 0; i < 4; ++i) {
      packet_.source[i] = static_cast<std::uint8_t>(byte(12 + i));
      packet_.destination[i] = static_cast<std::uint8_t>(byte(16 + i));
    }
    const bool more = (byte(6) & 0x20) != 0;
    const std::uint32_t offset = word(6) & 0x1fff;
    packet_.fragment = more || offset != 0;
    packet_.later_fragment = offset != 0;
    end_ = at_ + total;
    at_ += header;
    transport();
  }

  /// RFC 8200, sections 3 and 4.
  void ipv6() {
    must(left() >= 40);
    must(byte(0) >> 4 == 6);
    packet_.v6 = true;
    packet_.traffic_class = static_cast<std::uint8_t>((byte(0) & 15) << 4 | byte(1) >> 4);
    packet_.protocol = static_cast<std::uint8_t>(byte(6));
    packet_.ttl = static_cast<std::uint8_t>(byte(7));
    for (std::size_t i = 0; i < 16; ++i) {
      packet_.source[i] = static_cast<std::uint8_t>(byte(8 + i));
      packet_.destination[i] = static_cast<std::uint8_t>(byte(24 + i));
    }
    const std::size_t payload = word(4);
    know(payload != 0);  // a jumbogram (RFC 2675), or not segmented yet
    must(payload <= left() - 40);
    packet_.ip_bytes = static_cast<std::uint32_t>(40 + payload);
    end_ = at_ + 40 + payload;
    at_ += 40;
    for (int headers = 0; extension(); ++headers) know(headers < 9);
    transport();
  }

  /// Moves past one extension header. False where another header follows, or none.
  bool extension() {
    if (packet_.later_fragment) return false;
    std::size_t length = 0;
    switch (packet_.protocol) {
      case 0:    // hop-by-hop options
      case 43:   // routing
      case 60:   // destination options
      case 135:  // mobility (RFC 6275)
        length = (byte(1) + 1) * std::size_t{8};
        break;
      case 44:
        return fragment_header();
      case 51:  // authentication (RFC 4302, section 2.2)
        length = (byte(1) + 2) * std::size_t{4};
        know(length >= 12);
        break;
      default:
        return false;
    }
    must(length <= left());
    packet_.protocol = static_cast<std::uint8_t>(byte(0));
    at_ += length;
    return true;
  }

  /// RFC 8200, section 4.5.
  bool fragment_header() {
    must(left() >= 8);
    const std::uint32_t offset = word(2) >> 3;
    const bool more = (word(2) & 1) != 0;
    know(!packet_.fragment);  // a second one
    packet_.fragment = more || offset != 0;
    packet_.later_fragment = offset != 0;
    packet_.protocol = static_cast<std::uint8_t>(byte(0));
    at_ += 8;
    return true;
  }

  void transport() {
    payload();
    if (packet_.later_fragment) return;
    switch (packet_.protocol) {
      case 6:
        return tcp();
      case 17:
        return udp();
      case 1:
        know(!packet_.v6);
        return icmp(8);
      case 58:
        know(packet_.v6);
        return icmp(4);
      case 2:    // IGMP
      case 46:   // RSVP
      case 88:   // EIGRP
      case 89:   // OSPF
      case 112:  // VRRP
        return;
      default:
        throw Unknown{};
    }
  }

  void payload() {
    packet_.payload_at = static_cast<std::uint32_t>(at_);
    packet_.payload_bytes = static_cast<std::uint32_t>(left());
  }

  /// RFC 9293, section 3.1.
  void tcp() {
    if (packet_.fragment) know(left() >= 20);
    must(left() >= 20);
    ports();
    const std::size_t header = (byte(12) >> 4) * std::size_t{4};
    must(header >= 20);
    if (packet_.fragment) know(header <= left());
    must(header <= left());
    packet_.tcp_flags = static_cast<std::uint8_t>(byte(13));
    packet_.transport_bytes = static_cast<std::uint32_t>(header);
    at_ += header;
    payload();
  }

  /// RFC 768. The datagram of a first fragment ends in another one.
  void udp() {
    if (packet_.fragment) know(left() >= 8);
    must(left() >= 8);
    ports();
    const std::size_t length = word(4);
    know(length != 0);  // a jumbogram (RFC 2675, section 4), or not segmented yet
    must(length >= 8);
    must(length <= left() || packet_.fragment);
    end_ = std::min(end_, at_ + length);
    packet_.transport_bytes = 8;
    at_ += 8;
    payload();
  }

  void ports() {
    packet_.transport = true;
    packet_.source_port = static_cast<std::uint16_t>(word(0));
    packet_.destination_port = static_cast<std::uint16_t>(word(2));
  }

  /// RFC 792, RFC 950 and RFC 8335; RFC 4443. `least`: bytes of the shortest message.
  void icmp(std::size_t least) {
    if (packet_.fragment) know(left() >= 8);
    must(left() >= least);
    const std::uint32_t type = byte(0);
    const bool of_v4 =
        type == 0 || type == 8 || (type >= 13 && type <= 18) || type == 42 || type == 43;
    const bool of_v6 = type == 128 || type == 129 || type == 160 || type == 161;
    packet_.transport = true;
    packet_.source_port = static_cast<std::uint16_t>(word(0));
    if (packet_.v6 ? of_v6 : of_v4) {
      must(left() >= 8);
      packet_.destination_port = static_cast<std::uint16_t>(word(4));
    }
    at_ += std::min<std::size_t>(8, left());
    payload();
  }

  std::span<const std::uint8_t> frame_;
  std::size_t end_;
  std::size_t at_ = 0;
  Packet packet_;
};

}  // namespace

Result parse(std::span<const std::uint8_t> frame) {
  try {
    return {Verdict::packet, Parser(frame).parse()};
  } catch (const Malformed&) {
    return {Verdict::malformed, {}};
  } catch (const Unknown&) {
    return {};
  }
}

}  // namespace floodgauge::slow
