#include "detectors/rule_maker.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "engine/base/ip_protocol.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {
namespace {

/// A condition must hold for this share of the packets that a rule is for.
constexpr double kNearlyAll = 0.99;
/// A list of values has at most so many, and each of these at least this share.
constexpr std::size_t kMostValues = 4;
constexpr double kLeastValue = 0.01;
/// A kind of packet with a smaller share of the flood gets no rule of its own.
constexpr double kLeastKind = 0.01;
/// Conditions that senders can change at will are used only where they at least halve what a rule
/// takes of the answered traffic.
constexpr double kWorthwhile = 0.5;
/// Packets that a port must have answered to be left out of a rule.
constexpr double kLeastAnswered = 10;
/// A rate limit is this many bytes/s at least, and this many times the rate of what was answered.
constexpr double kLeastRate = 125000;
constexpr double kRoomForAnswered = 2;

using Packets = std::vector<WeighedPacket>;

/// What one rule is for.
struct Kind {
  std::uint8_t protocol = 0;
  bool fragment = false;
  std::uint8_t family = 0;  ///< the vector of reflections, the class of the others
  auto operator<=>(const Kind&) const = default;
};

bool has_transport_ports(std::uint8_t protocol) {
  return protocol == kProtocolTcp || protocol == kProtocolUdp;
}
bool is_icmp(std::uint8_t protocol) {
  return protocol == kProtocolIcmp || protocol == kProtocolIcmpV6;
}

Kind kind_of(const SampledPacket& packet) {
  const TrafficClass of = info(packet.vector).traffic_class;
  const bool established = of == TrafficClass::tcp;
  const std::uint8_t family =
      is_reflection(packet.vector)
          ? static_cast<std::uint8_t>(static_cast<unsigned>(packet.vector) + 128)
          : static_cast<std::uint8_t>(established ? TrafficClass::tcp_ack : of);
  // The first fragments of reflected answers are matched by their port, like whole ones.
  const bool later = (packet.flags & kFactLaterFragment) != 0;
  if (later || ((packet.flags & kFactFragment) != 0 && !is_reflection(packet.vector))) {
    return {packet.protocol, true, 0};
  }
  return {packet.protocol, false, family};
}

/// The values that together nearly all packets have, the commonest first; none when they are more
/// than kMostValues.
template <typename T, typename Value>
std::vector<T> values_of(const Packets& packets, Value value) {
  std::map<T, double> weights;
  double all = 0;
  for (const WeighedPacket& one : packets) {
    weights[value(*one.packet)] += one.weight;
    all += one.weight;
  }
  std::vector<std::pair<double, T>> order;
  for (const auto& [key, weight] : weights) order.emplace_back(-weight, key);
  std::sort(order.begin(), order.end());
  std::vector<T> values;
  double covered = 0;
  for (const auto& [weight, key] : order) {
    if (covered >= kNearlyAll * all) return values;
    if (values.size() == kMostValues || -weight < kLeastValue * all) break;
    values.push_back(key);
    covered -= weight;
  }
  return covered >= kNearlyAll * all ? values : std::vector<T>{};
}

/// The range of lengths without the rarest at both ends.
std::pair<std::uint16_t, std::uint16_t> lengths_of(const Packets& packets) {
  std::map<std::uint16_t, double> weights;
  double all = 0;
  for (const WeighedPacket& one : packets) {
    weights[one.packet->ip_bytes] += one.weight;
    all += one.weight;
  }
  const double spare = (1 - kNearlyAll) / 2 * all;
  auto low = weights.begin();
  for (double cut = low->second; cut <= spare; cut += low->second) ++low;
  auto high = std::prev(weights.end());
  for (double cut = high->second; cut <= spare; cut += high->second) --high;
  return {low->first, std::max(low->first, high->first)};
}

class Maker {
 public:
  Maker(const RuleTraffic& traffic, Direction direction)
      : traffic_(traffic), direction_(direction), all_(weight_of(traffic.flood)) {}

  std::vector<MadeRule> make() {
    std::vector<MadeRule> rules = rules_of(kinds());
    drop_useless(rules);
    return rules;
  }

 private:
  using Kinds = std::vector<std::pair<Kind, Packets>>;

  /// The flood's packets by kind, the commonest first.
  Kinds kinds() const {
    std::map<Kind, Packets> by_kind;
    for (const WeighedPacket& one : traffic_.flood) by_kind[kind_of(*one.packet)].push_back(one);
    return in_order(by_kind);
  }

  /// Merges kinds when they are too many: all kinds of a protocol become one or, without
  /// `by_protocol`, all kinds of the flood.
  Kinds merged(const Kinds& kinds, bool by_protocol) const {
    std::map<Kind, Packets> by_kind;
    for (const auto& [kind, packets] : kinds) {
      Packets& of = by_kind[{by_protocol ? kind.protocol : std::uint8_t{0}, false, 0}];
      of.insert(of.end(), packets.begin(), packets.end());
    }
    return in_order(by_kind);
  }

  Kinds in_order(const std::map<Kind, Packets>& by_kind) const {
    Kinds kinds(by_kind.begin(), by_kind.end());
    std::stable_sort(kinds.begin(), kinds.end(), [](const auto& a, const auto& b) {
      return weight_of(a.second) > weight_of(b.second);
    });
    return kinds;
  }

  /// Whether the first kMostRules kinds are enough.
  bool is_covered_by_few(const Kinds& kinds) const {
    double covered = 0;
    for (std::size_t i = 0; i < std::min(kinds.size(), kMostRules); ++i) {
      const double weight = weight_of(kinds[i].second);
      if (weight >= kLeastKind * all_) covered += weight;
    }
    return covered >= kCoveredShare * all_;
  }

  std::vector<MadeRule> rules_of(const Kinds& kinds) {
    if (is_covered_by_few(kinds)) return rules_of(kinds, true);
    const Kinds protocols = merged(kinds, true);
    if (is_covered_by_few(protocols)) return rules_of(protocols, true);
    return rules_of(merged(kinds, false), false);
  }

  std::vector<MadeRule> rules_of(const Kinds& kinds, bool with_protocol) {
    std::vector<MadeRule> rules;
    for (const auto& [kind, packets] : kinds) {
      if (rules.size() == kMostRules || weight_of(packets) < kLeastKind * all_) break;
      add_rules(kind, packets, with_protocol, rules);
    }
    return rules;
  }

  void add_rules(const Kind& kind, const Packets& packets, bool with_protocol,
                 std::vector<MadeRule>& rules) const {
    RuleMatch match;
    if (with_protocol) match.protocol = kind.protocol;
    if (kind.fragment) {
      const bool later = std::ranges::all_of(packets, [](const WeighedPacket& one) {
        return (one.packet->flags & kFactLaterFragment) != 0;
      });
      match.fragments = later ? RuleMatch::Fragments::later : RuleMatch::Fragments::all;
    }
    if (with_protocol && !kind.fragment) narrow(kind.protocol, packets, match);
    if (direction_ == Direction::out) narrow_to_one_receiver(packets, match);
    if (with_protocol && has_transport_ports(kind.protocol)) except_ports(packets, match);
    bool certain = narrow_by_length(packets, match) || narrow_by_dscp(packets, match);
    if (answered(match) > kCleanShare) {
      const std::vector<RuleMatch> by_peer = narrowed_by_peers(packets, match);
      if (!by_peer.empty() && rules.size() + by_peer.size() <= kMostRules) {
        for (const RuleMatch& one : by_peer) rules.push_back({one, 0});
        return;
      }
    }
    certain = certain || !is_asked(packets);
    const bool clean = answered(match) <= kCleanShare;
    rules.push_back({match, clean && certain ? 0 : rate_for(match)});
  }

  static void narrow(std::uint8_t protocol, const Packets& packets, RuleMatch& match) {
    const bool whole = std::all_of(packets.begin(), packets.end(), [](const WeighedPacket& one) {
      return (one.packet->flags & kFactTransport) != 0;
    });
    if (!whole) return;
    if (has_transport_ports(protocol)) {
      match.source_ports = values_of<std::uint16_t>(
          packets, [](const SampledPacket& packet) { return packet.source_port; });
      // Reflectors answer to whatever port they were asked from: it changes.
      if (match.source_ports.empty() || !is_reflection(packets.front().packet->vector)) {
        match.destination_ports = values_of<std::uint16_t>(
            packets, [](const SampledPacket& packet) { return packet.destination_port; });
      }
    }
    if (is_icmp(protocol)) {
      match.icmp_types = values_of<std::uint16_t>(packets, [](const SampledPacket& packet) {
        return static_cast<std::uint16_t>(packet.source_port >> 8);
      });
    }
    if (protocol != kProtocolTcp) return;
    match.tcp_flags = values_of<std::uint8_t>(
        packets, [](const SampledPacket& packet) { return packet.tcp_flags; });
    // No flag at all has no name in the text form.
    if (std::find(match.tcp_flags.begin(), match.tcp_flags.end(), 0) != match.tcp_flags.end()) {
      match.tcp_flags.clear();
    }
  }

  /// Leaves out ports at which the target answers and that the flood hardly hits.
  void except_ports(const Packets& packets, RuleMatch& match) const {
    if (match.fragments != RuleMatch::Fragments::not_asked || !match.destination_ports.empty()) {
      return;
    }
    const double all = weight_of(packets);
    while (match.except_destination_ports.size() < kMostValues && answered(match) > kCleanShare) {
      std::map<std::uint16_t, double> ports;
      for (const WeighedPacket& one : traffic_.answered) {
        if (match.matches(*one.packet, direction_)) {
          ports[one.packet->destination_port] += one.weight;
        }
      }
      if (ports.empty()) return;
      const auto most =
          std::max_element(ports.begin(), ports.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
      double hit = 0;
      for (const WeighedPacket& one : packets) {
        if (one.packet->destination_port == most->first) hit += one.weight;
      }
      // Fragments would have no port to match, and would all pass.
      const bool whole = std::ranges::all_of(packets, [](const WeighedPacket& one) {
        return (one.packet->flags & kFactTransport) != 0;
      });
      if (!whole || hit > (1 - kNearlyAll) * all || most->second < kLeastAnswered) return;
      match.except_destination_ports.push_back(most->first);
    }
  }

  /// The other traffic of a host that floods goes on.
  void narrow_to_one_receiver(const Packets& packets, RuleMatch& match) const {
    const std::vector<IpPrefix> hosts = values_of<IpPrefix>(
        packets, [](const SampledPacket& packet) { return IpPrefix::host(packet.destination); });
    if (hosts.size() == 1) match.peer = hosts.front();
  }

  /// Returns whether the length tells the flood from what is answered.
  bool narrow_by_length(const Packets& packets, RuleMatch& match) const {
    RuleMatch narrower = match;
    narrower.lengths = lengths_of(packets);
    return takes(narrower, match);
  }

  /// The same for the code point, which a flood rarely sets as the target's clients do.
  bool narrow_by_dscp(const Packets& packets, RuleMatch& match) const {
    RuleMatch narrower = match;
    narrower.dscps =
        values_of<std::uint8_t>(packets, [](const SampledPacket& packet) { return packet.dscp; });
    return takes(narrower, match);
  }

  /// Takes the narrower match where the other is not clean and the narrower one is worth it.
  /// Returns whether that makes it clean.
  bool takes(const RuleMatch& narrower, RuleMatch& match) const {
    const double before = answered(match);
    if (before <= kCleanShare) return false;
    const double after = answered(narrower);
    if (after > before * kWorthwhile) return false;
    match = narrower;
    return after <= kCleanShare;
  }

  /// One rule for each of the few senders, or of their networks, where these are clean; none
  /// otherwise.
  std::vector<RuleMatch> narrowed_by_peers(const Packets& packets, const RuleMatch& match) const {
    constexpr std::uint8_t kLengths[][2] = {{32, 128}, {24, 48}};  // of IPv4 and of IPv6
    for (const auto& lengths : kLengths) {
      const std::vector<IpPrefix> peers = values_of<IpPrefix>(packets, [&](const SampledPacket& p) {
        const IpAddress& peer = direction_ == Direction::in ? p.source : p.destination;
        return IpPrefix::around(peer, lengths[peer.is_v4() ? 0 : 1]);
      });
      std::vector<RuleMatch> rules;
      double sum = 0;
      for (const IpPrefix& peer : peers) {
        rules.push_back(match);
        rules.back().peer = peer;
        sum += answered(rules.back());
      }
      if (!rules.empty() && sum <= kCleanShare) return rules;
    }
    return {};
  }

  /// Whether they are requests, of which genuine clients may send the same.
  static bool is_asked(const Packets& packets) {
    double asked = 0;
    for (const WeighedPacket& one : packets) {
      const TrafficClass of = info(one.packet->vector).traffic_class;
      if (of == TrafficClass::dns || of == TrafficClass::http || of == TrafficClass::tls ||
          of == TrafficClass::quic || one.packet->vector == Vector::tcp_connection ||
          one.packet->vector == Vector::tcp_established) {
        asked += one.weight;
      }
    }
    return asked * 2 > weight_of(packets);
  }

  double answered(const RuleMatch& match) const {
    return take_of(match, traffic_, direction_).answered_share;
  }

  /// Twice what it takes of the answered bytes, in one significant digit.
  std::uint64_t rate_for(const RuleMatch& match) const {
    double bytes = 0;
    for (const WeighedPacket& one : traffic_.answered) {
      if (match.matches(*one.packet, direction_)) bytes += one.weight * one.packet->ip_bytes;
    }
    const double rate =
        std::max(kLeastRate, kRoomForAnswered * bytes / std::max(traffic_.seconds, 0.1));
    if (rate <= kLeastRate) return static_cast<std::uint64_t>(kLeastRate);
    const double digit = std::pow(10, std::floor(std::log10(rate)));
    return static_cast<std::uint64_t>(std::ceil(rate / digit) * digit);
  }

  /// Takes out the rules without which the others still take nearly as much.
  void drop_useless(std::vector<MadeRule>& rules) const {
    const double covered = take_of(rules, traffic_, direction_).flood_share;
    for (std::size_t i = rules.size(); i-- > 0 && rules.size() > 1;) {
      std::vector<MadeRule> others = rules;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
      const double without = take_of(others, traffic_, direction_).flood_share;
      if (without >= covered - 1e-9) rules = std::move(others);
    }
    std::stable_sort(rules.begin(), rules.end(), [&](const MadeRule& a, const MadeRule& b) {
      return take_of(a.match, traffic_, direction_).flood_share >
             take_of(b.match, traffic_, direction_).flood_share;
    });
  }

  const RuleTraffic& traffic_;
  const Direction direction_;
  const double all_;
};

template <typename Matches>
RuleTake count_take(const RuleTraffic& traffic, Matches matches) {
  RuleTake take;
  double flood = 0;
  for (const WeighedPacket& one : traffic.flood) flood += matches(*one.packet) ? one.weight : 0;
  double answered = 0;
  std::set<std::tuple<IpAddress, IpAddress, std::uint16_t, std::uint16_t, std::uint8_t>> flows;
  for (const WeighedPacket& one : traffic.answered) {
    const SampledPacket& packet = *one.packet;
    if (!matches(packet)) continue;
    answered += one.weight;
    flows.emplace(packet.source, packet.destination, packet.source_port, packet.destination_port,
                  packet.protocol);
  }
  if (flood > 0) take.flood_share = flood / weight_of(traffic.flood);
  if (answered > 0) take.answered_share = answered / weight_of(traffic.answered);
  take.answered_flows = flows.size();
  return take;
}

}  // namespace

RuleTake take_of(const RuleMatch& match, const RuleTraffic& traffic, Direction direction) {
  return count_take(traffic,
                    [&](const SampledPacket& packet) { return match.matches(packet, direction); });
}

RuleTake take_of(const std::vector<MadeRule>& rules, const RuleTraffic& traffic,
                 Direction direction) {
  return count_take(traffic, [&](const SampledPacket& packet) {
    return std::any_of(rules.begin(), rules.end(),
                       [&](const MadeRule& rule) { return rule.match.matches(packet, direction); });
  });
}

std::vector<MadeRule> make_rules(const RuleTraffic& traffic, Direction direction) {
  if (traffic.flood.empty()) return {};
  return Maker(traffic, direction).make();
}

}  // namespace floodgauge
