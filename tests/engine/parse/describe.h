// Writes PacketFacts as a line of text, for tables of cases. Default values are left out: the
// packet builder's addresses, a TTL of 64, traffic class 0, no flags, no
// fault.
#pragma once

#include <string>

#include "engine/parse/parser.h"

namespace floodgauge::testing {

inline std::string describe_flags(const PacketFacts& facts) {
  std::string out;
  if ((facts.flags & kFactLaterFragment) != 0) {
    out += " later-fragment";
  } else if ((facts.flags & kFactFragment) != 0) {
    out += " fragment";
  }
  if ((facts.flags & kFactSnapped) != 0) out += " snapped";
  if ((facts.flags & kFactTunnelled) != 0) out += " tunnelled";
  return out;
}

/// "v4 protocol 6 40000>80 flags 2 ip 40 payload 54+0", or "none" for a frame that is not IP.
inline std::string describe(const PacketFacts& facts) {
  std::string out = "none";
  if ((facts.flags & (kFactIpv4 | kFactIpv6)) != 0) {
    out = (facts.flags & kFactIpv4) != 0 ? "v4" : "v6";
    const std::string addresses = facts.source.text() + ">" + facts.destination.text();
    if (addresses != "192.0.2.1>198.51.100.7" && addresses != "2001:db8::1>2001:db8:1::7") {
      out += " " + addresses;
    }
    out += " protocol " + std::to_string(facts.protocol);
    if ((facts.flags & kFactTransport) != 0) {
      out += " " + std::to_string(facts.source_port) + ">" + std::to_string(facts.destination_port);
    }
    if (facts.tcp_flags != 0) out += " flags " + std::to_string(facts.tcp_flags);
    if (facts.ttl != 64) out += " ttl " + std::to_string(facts.ttl);
    if (facts.traffic_class != 0) out += " class " + std::to_string(facts.traffic_class);
    out += " ip " + std::to_string(facts.ip_bytes);
    out += " payload " + std::to_string(facts.payload_offset) + "+" +
           std::to_string(facts.payload_captured);
  }
  out += describe_flags(facts);
  if (facts.fault != Fault::none) out += std::string(" fault ") + fault_name(facts.fault);
  return out;
}

/// The outermost packet, and the packets in its tunnels, separated by " | ".
inline std::string describe_all(const FrameView& frame) {
  PacketFacts facts;
  parse_outer(frame, facts);
  std::string out = describe(facts);
  while (parse_inner(frame, facts)) out += " | " + describe(facts);
  return out;
}

}  // namespace floodgauge::testing
