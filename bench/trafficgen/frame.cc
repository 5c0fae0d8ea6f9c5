#include "bench/trafficgen/frame.h"

#include <algorithm>
#include <cstring>

namespace floodgauge::trafficgen {

std::uint64_t sum_words(std::span<const std::uint8_t> bytes, std::uint64_t sum) {
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {  // 32 bits at a time: the fold gives the same
    std::uint32_t word;
    std::memcpy(&word, bytes.data() + i, 4);
    sum += __builtin_bswap32(word);
  }
  for (; i < bytes.size(); ++i) {
    const std::uint64_t shift = i % 2 == 0 ? 8 : 0;
    sum += std::uint64_t{bytes[i]} << shift;
  }
  return sum;
}

std::uint16_t fold_checksum(std::uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// Appends to a frame, and never writes past its end.
class FrameWriter {
 public:
  explicit FrameWriter(Frame& frame) : frame_(frame) { frame_.length_ = 0; }

  void u8(std::size_t value) {
    if (room() > 0) frame_.data_[frame_.length_++] = static_cast<std::uint8_t>(value);
  }
  void u16(std::size_t value) {
    u8(value >> 8);
    u8(value);
  }
  void u32(std::size_t value) {
    u16(value >> 16);
    u16(value);
  }
  void append(std::span<const std::uint8_t> bytes) {
    const std::size_t count = std::min(bytes.size(), room());
    if (count > 0) std::memcpy(frame_.data_.data() + frame_.length_, bytes.data(), count);
    frame_.length_ += count;
  }
  std::size_t length() const { return frame_.length_; }
  std::size_t room() const { return frame_.data_.size() - frame_.length_; }
  std::span<const std::uint8_t> from(std::size_t at) const { return frame_.bytes().subspan(at); }
  void set16(std::size_t at, std::size_t value) {
    frame_.data_[at] = static_cast<std::uint8_t>(value >> 8);
    frame_.data_[at + 1] = static_cast<std::uint8_t>(value);
  }
  void pad() {
    if (frame_.length_ >= kMinFrame) return;
    std::memset(frame_.data_.data() + frame_.length_, 0, kMinFrame - frame_.length_);
    frame_.length_ = kMinFrame;
  }

 private:
  Frame& frame_;
};

namespace {

struct IpFields {
  std::uint8_t protocol;
  std::uint16_t id;
  std::uint16_t fragment_word;  ///< IPv4 flags and offset
};

constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint16_t kMoreFragments = 0x2000;

/// The MAC addresses of the routers at the two ends of the link (locally administered addresses).
void append_ethernet(FrameWriter& writer, bool from_inside, bool v6) {
  constexpr std::array<std::uint8_t, 6> kOutside = {0x02, 0, 0, 0, 0, 0x01};
  constexpr std::array<std::uint8_t, 6> kInside = {0x02, 0, 0, 0, 0, 0x02};
  writer.append(from_inside ? kOutside : kInside);
  writer.append(from_inside ? kInside : kOutside);
  writer.u16(v6 ? 0x86dd : 0x0800);
}

std::span<const std::uint8_t> address_bytes(const IpAddress& address, bool v6) {
  return std::span<const std::uint8_t>(address.bytes).subspan(v6 ? 0 : 12);
}

void append_ip(FrameWriter& writer, const Endpoint& from, const Endpoint& to,
               const IpFields& fields, std::size_t payload) {
  const bool v6 = !from.address.is_v4();
  append_ethernet(writer, from.inside, v6);
  const std::size_t start = writer.length();
  if (v6) {
    writer.u32(0x60000000);
    writer.u16(payload);
    writer.u8(fields.protocol);
    writer.u8(from.ttl);
  } else {
    writer.u16(0x4500);
    writer.u16(20 + payload);
    writer.u16(fields.id);
    writer.u16(fields.fragment_word);
    writer.u8(from.ttl);
    writer.u8(fields.protocol);
    writer.u16(0);
  }
  writer.append(address_bytes(from.address, v6));
  writer.append(address_bytes(to.address, v6));
  if (!v6) writer.set16(start + 10, fold_checksum(sum_words(writer.from(start))));
}

/// RFC 9293, section 3.1, and RFC 8200, section 8.1. Both pseudo-headers have the same sum.
std::uint64_t pseudo_header(const Endpoint& from, const Endpoint& to, std::uint8_t protocol,
                            std::size_t length) {
  const bool v6 = !from.address.is_v4();
  std::uint64_t sum = sum_words(address_bytes(from.address, v6));
  sum = sum_words(address_bytes(to.address, v6), sum);
  return sum + protocol + length;
}

/// Room for payload in bytes, after IP and `header` bytes.
std::size_t payload_room(const Endpoint& from, std::size_t header) {
  return kMtu - (from.address.is_v4() ? 20u : 40u) - header;
}

std::span<const std::uint8_t> cut(std::span<const std::uint8_t> payload, std::size_t room) {
  return payload.first(std::min(payload.size(), room));
}

}  // namespace

void build_tcp(Frame& frame, const Endpoint& from, const Endpoint& to, std::uint16_t ip_id,
               const TcpHeader& tcp, std::span<const std::uint8_t> payload) {
  const std::size_t header = 20 + tcp.options.size();
  payload = cut(payload, payload_room(from, header));
  FrameWriter writer(frame);
  append_ip(writer, from, to, {static_cast<std::uint8_t>(Protocol::tcp), ip_id, kDontFragment},
            header + payload.size());
  const std::size_t start = writer.length();
  writer.u16(from.port);
  writer.u16(to.port);
  writer.u32(tcp.sequence);
  writer.u32(tcp.acknowledgement);
  writer.u8(header / 4 << 4);
  writer.u8(tcp.flags);
  writer.u16(tcp.window);
  writer.u32(0);  // checksum, urgent pointer
  writer.append(tcp.options);
  writer.append(payload);
  const auto segment = writer.from(start);
  const auto pseudo =
      pseudo_header(from, to, static_cast<std::uint8_t>(Protocol::tcp), segment.size());
  writer.set16(start + 16, fold_checksum(sum_words(segment, pseudo)));
  writer.pad();
}

std::array<std::uint8_t, 8> udp_header(const Endpoint& from, const Endpoint& to,
                                       std::span<const std::uint8_t> payload) {
  const std::size_t length = 8 + payload.size();
  std::array<std::uint8_t, 8> header{};
  const auto put = [&](std::size_t at, std::size_t value) {
    header[at] = static_cast<std::uint8_t>(value >> 8);
    header[at + 1] = static_cast<std::uint8_t>(value);
  };
  put(0, from.port);
  put(2, to.port);
  put(4, length);
  std::uint64_t sum = pseudo_header(from, to, static_cast<std::uint8_t>(Protocol::udp), length);
  sum = sum_words(payload, sum_words(header, sum));
  const std::uint16_t checksum = fold_checksum(sum);
  put(6, checksum == 0 ? 0xffff : checksum);  // RFC 768: zero means that there is no checksum
  return header;
}

void build_udp(Frame& frame, const Endpoint& from, const Endpoint& to, std::uint16_t ip_id,
               std::span<const std::uint8_t> payload) {
  payload = cut(payload, payload_room(from, 8));
  FrameWriter writer(frame);
  append_ip(writer, from, to, {static_cast<std::uint8_t>(Protocol::udp), ip_id, 0},
            8 + payload.size());
  writer.append(udp_header(from, to, payload));
  writer.append(payload);
  writer.pad();
}

void build_icmp(Frame& frame, const Endpoint& from, const Endpoint& to, std::uint16_t ip_id,
                std::uint8_t type, std::uint8_t code, std::uint32_t rest,
                std::span<const std::uint8_t> payload) {
  const bool v6 = !from.address.is_v4();
  const auto protocol = static_cast<std::uint8_t>(v6 ? Protocol::icmpv6 : Protocol::icmp);
  payload = cut(payload, payload_room(from, 8));
  FrameWriter writer(frame);
  append_ip(writer, from, to, {protocol, ip_id, 0}, 8 + payload.size());
  const std::size_t start = writer.length();
  writer.u8(type);
  writer.u8(code);
  writer.u16(0);
  writer.u32(rest);
  writer.append(payload);
  const auto message = writer.from(start);
  const std::uint64_t pseudo = v6 ? pseudo_header(from, to, protocol, message.size()) : 0;
  writer.set16(start + 2, fold_checksum(sum_words(message, pseudo)));
  writer.pad();
}

void build_ip(Frame& frame, const Endpoint& from, const Endpoint& to, std::uint16_t ip_id,
              std::uint8_t protocol, std::span<const std::uint8_t> payload) {
  payload = cut(payload, payload_room(from, 0));
  FrameWriter writer(frame);
  append_ip(writer, from, to, {protocol, ip_id, 0}, payload.size());
  writer.append(payload);
  writer.pad();
}

void build_fragment(Frame& frame, const Endpoint& from, const Endpoint& to, std::uint8_t protocol,
                    const Fragment& fragment, std::span<const std::uint8_t> part) {
  FrameWriter writer(frame);
  if (from.address.is_v4()) {
    const auto word = static_cast<std::uint16_t>((fragment.more ? kMoreFragments : 0) |
                                                 (fragment.offset / 8 & 0x1fff));
    append_ip(writer, from, to, {protocol, static_cast<std::uint16_t>(fragment.id), word},
              part.size());
  } else {
    constexpr std::uint8_t kFragmentHeader = 44;
    append_ip(writer, from, to, {kFragmentHeader, 0, 0}, 8 + part.size());
    writer.u16(std::size_t{protocol} << 8);
    writer.u16(fragment.offset | (fragment.more ? 1 : 0));
    writer.u32(fragment.id);
  }
  writer.append(part);
  writer.pad();
}

}  // namespace floodgauge::trafficgen
