#include "detectors/rule_match.h"

#include <algorithm>

#include "engine/base/ip_protocol.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {
namespace {

template <typename T, typename Value>
bool is_in(const std::vector<T>& values, Value value) {
  return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
}

template <typename T, typename Text>
std::string component(const char* key, const std::vector<T>& values, Text text) {
  if (values.empty()) return "";
  std::string out = std::string(key) + (values.size() > 1 ? " [" : "");
  for (const T& value : values) out += " " + text(value);
  return out + (values.size() > 1 ? " ]; " : "; ");
}

std::string equals(std::uint16_t number) {
  return "=" + std::to_string(number);
}

/// The flags by ExaBGP's names: "=syn+ack".
std::string flags_text(std::uint8_t flags) {
  constexpr const char* kNames[] = {"fin", "syn", "rst", "push", "ack", "urgent", "ece", "cwr"};
  std::string out;
  for (unsigned bit = 0; bit < 8; ++bit) {
    if ((flags >> bit & 1) != 0) out += (out.empty() ? "=" : "+") + std::string(kNames[bit]);
  }
  return out;
}

}  // namespace

bool RuleMatch::matches(const SampledPacket& packet, Direction direction) const {
  if (protocol && packet.protocol != *protocol) return false;
  const std::uint8_t fragment = fragments == Fragments::later ? kFactLaterFragment : kFactFragment;
  if (fragments != Fragments::not_asked && (packet.flags & fragment) == 0) return false;
  if (!is_in(dscps, packet.dscp)) return false;
  const bool transport = (packet.flags & kFactTransport) != 0;
  // What a later fragment has no place for does not match it (RFC 8955, 4.2.2.4 and on).
  const bool by_header = !source_ports.empty() || !destination_ports.empty() ||
                         !tcp_flags.empty() || !icmp_types.empty() ||
                         !except_destination_ports.empty();
  if (by_header && !transport) return false;
  if (!is_in(source_ports, packet.source_port) ||
      !is_in(destination_ports, packet.destination_port) ||
      !is_in(icmp_types, packet.source_port >> 8) || !is_in(tcp_flags, packet.tcp_flags)) {
    return false;
  }
  if (!except_destination_ports.empty() &&
      is_in(except_destination_ports, packet.destination_port)) {
    return false;
  }
  if (lengths && (packet.ip_bytes < lengths->first || packet.ip_bytes > lengths->second)) {
    return false;
  }
  return !peer || peer->contains(direction == Direction::in ? packet.source : packet.destination);
}

std::string RuleMatch::text(const IpPrefix& target, Direction direction) const {
  const bool in = direction == Direction::in;
  std::string out = (in ? "destination " : "source ") + target.text() + "; ";
  if (peer) out += (in ? "source " : "destination ") + peer->text() + "; ";
  if (protocol) {
    out += (target.v6 ? "next-header =" : "protocol =") + std::to_string(*protocol) + "; ";
  }
  out += component("source-port", source_ports, equals);
  out += component("destination-port", destination_ports, equals);
  if (!except_destination_ports.empty()) {
    std::string except;
    for (const std::uint16_t port : except_destination_ports) {
      except += (except.empty() ? "!=" : "&!=") + std::to_string(port);
    }
    out += "destination-port " + except + "; ";
  }
  out += component("icmp-type", icmp_types, equals);
  out += component("tcp-flags", tcp_flags, flags_text);
  if (lengths) {
    out += "packet-length ";
    out += lengths->first == lengths->second
               ? equals(lengths->first)
               : ">=" + std::to_string(lengths->first) + "&<=" + std::to_string(lengths->second);
    out += "; ";
  }
  out += component(target.v6 ? "traffic-class" : "dscp", dscps, equals);
  if (fragments == Fragments::later) out += "fragment is-fragment; ";
  if (fragments == Fragments::all) out += "fragment [ is-fragment first-fragment ]; ";
  return out;
}

}  // namespace floodgauge
