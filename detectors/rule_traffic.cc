#include "detectors/rule_traffic.h"

#include <algorithm>
#include <map>

#include "detectors/detector.h"
#include "engine/base/ip_protocol.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {
namespace {

/// Whether genuine clients send packets of that vector: their first one, and the end of a
/// connection that the target has ended already.
bool may_be_asked(Vector vector) {
  switch (vector) {
    case Vector::tcp_syn:
    case Vector::tcp_fin:
    case Vector::http_request:
    case Vector::tls_hello:
    case Vector::udp:
    case Vector::dns_query:
    case Vector::dns_random_subdomain:
    case Vector::quic_initial:
    case Vector::icmp:
    case Vector::icmpv6:
      return true;
    default:
      return false;
  }
}

/// Who floods by requests in connections.
class Senders {
 public:
  Senders(const RuleSample& sample, const RuleQuestion& question)
      : counts_(question.takes_connections) {
    if (!counts_) return;
    const VectorSet counted = set_of(Vector::http_request) | set_of(Vector::tls_hello) |
                              set_of(Vector::tcp_syn) | set_of(Vector::tcp_connection);
    sample.for_each([&](const SampledPacket& packet, double weight) {
      if (counted.contains(packet.vector)) requests_[packet.source] += weight;
    });
    most_ = kPersonSendsPerSecond * std::max(sample.seconds(), 1.0);
    any_ = std::any_of(requests_.begin(), requests_.end(),
                       [&](const auto& sender) { return sender.second > most_; });
  }

  /// Whether it is of a flood of connections at all.
  bool counts() const { return counts_; }
  /// If no source sends more than a person does, every source of requests belongs to the flood.
  bool floods(const IpAddress& source) const {
    const auto at = requests_.find(source);
    return at != requests_.end() && (!any_ || at->second > most_);
  }

 private:
  bool counts_;
  bool any_ = false;
  double most_ = 0;
  std::map<IpAddress, double> requests_;  ///< bounded by the sample
};

enum class Side : std::uint8_t { flood, answered, neither };

Side side_of(const SampledPacket& packet, const RuleQuestion& question, const Senders& senders,
             bool has_before) {
  // What its ports and flags say, which may be anything, does not matter in a flood of fragments.
  const bool first_fragment = (packet.flags & kFactFragment) != 0 && question.fragments;
  const bool own = question.vectors.contains(packet.vector) || first_fragment;
  const bool attack = is_attack(packet.vector);
  if (question.direction == Direction::in) {
    if (senders.counts() && packet.protocol == kProtocolTcp) {
      const bool part = own || !attack || packet.vector == Vector::tcp_syn;
      if (has_before) return part ? Side::flood : Side::neither;
      if (senders.floods(packet.source)) return Side::flood;
      return attack && !own ? Side::neither : Side::answered;
    }
    if (own && packet.from_known_client && may_be_asked(packet.vector)) {
      return has_before ? Side::neither : Side::answered;
    }
  }
  return own ? Side::flood : attack ? Side::neither : Side::answered;
}

}  // namespace

double weight_of(const std::vector<WeighedPacket>& packets) {
  double sum = 0;
  for (const WeighedPacket& one : packets) sum += one.weight;
  return sum;
}

RuleTraffic traffic_of(const RuleSample& sample, const RuleSample& before,
                       const RuleQuestion& question) {
  RuleTraffic traffic;
  traffic.seconds = sample.seconds();
  const Senders senders(sample, question);
  const bool has_before = !before.empty();
  sample.for_each([&](const SampledPacket& packet, double weight) {
    const Side side = side_of(packet, question, senders, has_before);
    if (side == Side::neither) return;
    (side == Side::flood ? traffic.flood : traffic.answered)
        .push_back({&packet, weight * question.sampling});
  });
  if (!has_before) return traffic;
  const double scale = sample.seconds() / before.seconds();
  before.for_each([&](const SampledPacket& packet, double weight) {
    const bool in_connections = senders.counts() && packet.protocol == kProtocolTcp;
    // Of ordinary packets the sample has later ones.
    if (!may_be_asked(packet.vector) && !in_connections) return;
    traffic.answered.push_back({&packet, weight * scale * question.sampling});
  });
  return traffic;
}

}  // namespace floodgauge
