// Sampled packets for tests of rules.
#pragma once

#include <cstdint>
#include <vector>

#include "detectors/rule_traffic.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge::testing {

inline constexpr std::uint8_t kSynFlag = 2, kAckFlag = 16, kPushFlag = 8;

/// A packet to 198.51.100.7. `n` chooses the source, 192.0.2.0 and up.
struct Made {
  Vector vector = Vector::udp;
  std::uint8_t protocol = 17;
  std::uint16_t source_port = 1024;  ///< 0: a different one for each `n`
  std::uint16_t destination_port = 80;
  std::uint16_t bytes = 100;
  std::uint8_t tcp_flags = 0;
  std::uint8_t fact_flags = kFactIpv4 | kFactTransport;
  std::uint8_t dscp = 0;
};

inline SampledPacket made(const Made& of, std::uint32_t n = 0) {
  return {.source = IpAddress::from_v4(0xc0000200u + n * 0x10001u),
          .destination = IpAddress::from_v4(0xc6336407u),
          .choice = n * 0x9e3779b1u,
          .source_port =
              of.source_port != 0 ? of.source_port : static_cast<std::uint16_t>(1024 + n * 7),
          .destination_port = of.destination_port,
          .ip_bytes = of.bytes,
          .protocol = of.protocol,
          .tcp_flags = of.tcp_flags,
          .flags = of.fact_flags,
          .vector = of.vector,
          .dscp = of.dscp};
}

/// Flood and answered packets that are told apart already.
class MadeTraffic {
 public:
  MadeTraffic() { packets_.reserve(100000); }
  MadeTraffic& flood(std::uint32_t count, const Made& of) { return add(count, of, true); }
  MadeTraffic& answered(std::uint32_t count, const Made& of) { return add(count, of, false); }
  /// The flood's packet `n` is what `of(n)` says.
  template <typename Of>
  MadeTraffic& flood_of(std::uint32_t count, Of of) {
    for (std::uint32_t n = 0; n < count; ++n) keep(made(of(n), n), true);
    return *this;
  }
  const RuleTraffic& traffic() const { return traffic_; }

 private:
  MadeTraffic& add(std::uint32_t count, const Made& of, bool flood) {
    for (std::uint32_t n = 0; n < count; ++n) keep(made(of, n), flood);
    return *this;
  }
  void keep(const SampledPacket& packet, bool flood) {
    packets_.push_back(packet);  // reserved: the addresses stay
    (flood ? traffic_.flood : traffic_.answered).push_back({&packets_.back(), 1});
    traffic_.seconds = 10;
  }

  std::vector<SampledPacket> packets_;
  RuleTraffic traffic_;
};

}  // namespace floodgauge::testing
