#include "detectors/outbound.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace floodgauge {
namespace {

/// When at least this share of the SYNs that a host sends is answered, it opens connections.
constexpr double kConnects = 0.3;
/// Segments that follow a SYN in an ordinary connection, at least, where no answer is visible.
constexpr double kFollowSyn = 2;
/// A server whose clients' packets are not visible sends from its own port to many clients.
constexpr double kFromOnePort = 0.9;
constexpr double kManyClients = 32;
constexpr double kLargestClient = 0.25;
constexpr std::uint16_t kServicePorts = 1024;
/// Requests that are answered are a flood at this many times the limit, when at least this share of
/// what the host sends is for one receiver.
constexpr double kAnsweredRequests = 2;
constexpr double kOneReceiver = 0.5;
/// A reflector's answers go to its victims: at least this share of them to this many networks (IPv4
/// /24, IPv6 /48). The clients of a busy name server are spread over thousands.
constexpr double kToVictims = 0.5;
constexpr std::size_t kVictimNetworks = 8;
constexpr std::size_t kReceiversLooked = 256;
/// Mean bytes of DNS answers from which they are amplified: a server's ordinary answers that are
/// large at all are smaller, signed ones included.
constexpr std::uint64_t kAmplifiedDns = 512;

double packets(const TargetCounts& counts, Vector vector) {
  return static_cast<double>(counts.of(vector).packets);
}
double received(const TargetCounts& counts, Vector vector) {
  return static_cast<double>(counts.sent(vector));
}

/// The share of the greatest receiver; 0 when it is not known.
double largest_receiver(const TargetView& view) {
  if (view.summary == nullptr || view.summary->packets == 0) return 0;
  const auto top = view.summary->top_sources.top(1);
  return top.empty() ? 0
                     : static_cast<double>(top.front().packets) /
                           static_cast<double>(view.summary->packets);
}

/// True of datagrams from one service's port in lasting flows to many receivers.
bool is_serving(const TargetView& view) {
  const TargetSummary* const receivers = view.summary;
  if (receivers == nullptr || receivers->packets == 0) return false;
  const auto ports = receivers->source_ports.top(1);
  if (ports.empty() || ports.front().key >= kServicePorts) return false;
  const double share =
      static_cast<double>(ports.front().packets) / static_cast<double>(receivers->packets);
  return share >= kFromOnePort &&
         view.counts.new_flows * 3 <= view.counts.of(Vector::udp).packets &&
         receivers->sources.estimate() >= kManyClients && largest_receiver(view) < kLargestClient;
}

double syn(const SenderView& sender) {
  const TargetCounts& counts = sender.view.counts;
  const double syns = packets(counts, Vector::tcp_syn);
  const double answered =
      static_cast<double>(counts.syn_answered) + received(counts, Vector::tcp_synack);
  if (answered >= kConnects * syns) return 0;
  const bool goes_on = packets(counts, Vector::tcp_oneway) >= kFollowSyn * syns;
  return !sender.inbound_seen && goes_on ? 0 : syns;
}

/// SYN-ACKs beyond the SYNs that came: where a sample is seen, or flows have no room in the flow
/// table, answers are not known to be answers.
double synack(const SenderView& sender) {
  if (!sender.inbound_seen) return 0;
  const TargetCounts& counts = sender.view.counts;
  return packets(counts, Vector::tcp_synack) - received(counts, Vector::tcp_syn);
}

double ack(const SenderView& sender) {
  const TargetCounts& counts = sender.view.counts;
  const double segments = packets(counts, Vector::tcp_ack);
  // Connections that began before the first window, and a sample of answered ones.
  if (sender.view.early || static_cast<double>(counts.tcp_sent()) * 4 >= segments) return 0;
  const bool new_each = static_cast<double>(counts.new_flows) * 2 >= segments;
  return sender.inbound_seen || new_each ? segments : 0;
}

/// RST and FIN beyond all segments that came: answers to a scan, to a flood or to backscatter.
template <Vector V>
double ending(const SenderView& sender) {
  if (!sender.inbound_seen) return 0;
  const TargetCounts& counts = sender.view.counts;
  return packets(counts, V) - static_cast<double>(counts.tcp_sent());
}

template <Vector V>
double all(const SenderView& sender) {
  return packets(sender.view.counts, V);
}

double udp(const SenderView& sender) {
  const TargetCounts& counts = sender.view.counts;
  const double datagrams = packets(counts, Vector::udp);
  // Both ends of a VXLAN tunnel, and a sample of answered flows: as for packets received.
  if (received(counts, Vector::udp) * 3 >= datagrams || is_serving(sender.view)) return 0;
  const bool new_each = static_cast<double>(counts.new_flows) * 2 >= datagrams;
  return sender.inbound_seen || new_each ? datagrams : 0;
}

double fragment(const SenderView& sender) {
  const TargetCounts& counts = sender.view.counts;
  const double fragments =
      packets(counts, Vector::udp_fragment) + packets(counts, Vector::fragment);
  // Large datagrams of an answered flow are fragmented too.
  return packets(counts, Vector::udp_answered) * 4 >= fragments ? 0 : fragments;
}

double icmp(const SenderView& sender) {
  return packets(sender.view.counts, Vector::icmp) + packets(sender.view.counts, Vector::icmpv6);
}

double reflection(const SenderView& sender) {
  return static_cast<double>(sender.view.counts.of(TrafficClass::reflection).packets);
}

/// Queries of a resolver are answered.
double dns_query(const SenderView& sender) {
  const TargetCounts& counts = sender.view.counts;
  const double queries = packets(counts, Vector::dns_query);
  const double answers =
      received(counts, Vector::udp_answered) + received(counts, Vector::reflection_dns);
  if (answers * 2 >= queries) return 0;
  return sender.inbound_seen || largest_receiver(sender.view) >= kOneReceiver ? queries : 0;
}

/// Requests that nobody answers, or very many to one server.
template <Vector V, std::optional<double> Thresholds::*Limit>
double requests(const SenderView& sender) {
  const TargetView& view = sender.view;
  const double sent = packets(view.counts, V);
  const double answers = V == Vector::quic_initial ? received(view.counts, Vector::udp_answered)
                                                   : static_cast<double>(view.counts.tcp_sent());
  const bool unanswered = sender.inbound_seen && answers * 2 < sent;
  const bool many =
      sent >= kAnsweredRequests * (view.limits->*Limit).value_or(0) * view.seconds * view.scale;
  return unanswered || (many && largest_receiver(view) >= kOneReceiver) ? sent : 0;
}

struct SenderLimit {
  std::string_view measure;
  Vector vector;
  std::optional<double> Thresholds::*limit;
  double (*count)(const SenderView&);
  bool request = false;  ///< has a limit of its own, and no part of the limits of all packets
};

constexpr SenderLimit kSenderLimits[] = {
    {"tcp_syn_packets", Vector::tcp_syn, &Thresholds::syn, syn},
    {"tcp_synack_packets", Vector::tcp_synack, &Thresholds::synack, synack},
    {"tcp_ack_packets", Vector::tcp_ack, &Thresholds::ack, ack},
    {"tcp_rst_packets", Vector::tcp_rst, &Thresholds::rst, ending<Vector::tcp_rst>},
    {"tcp_fin_packets", Vector::tcp_fin, &Thresholds::fin, ending<Vector::tcp_fin>},
    {"tcp_flags_packets", Vector::tcp_flags, &Thresholds::flags, all<Vector::tcp_flags>},
    {"udp_packets", Vector::udp, &Thresholds::udp, udp},
    {"reflection_packets", Vector::reflection_port, &Thresholds::reflection, reflection},
    {"fragment_packets", Vector::fragment, &Thresholds::fragment, fragment},
    {"icmp_packets", Vector::icmp, &Thresholds::icmp, icmp},
    {"gre_packets", Vector::gre, &Thresholds::gre, all<Vector::gre>},
    {"esp_packets", Vector::esp, &Thresholds::esp, all<Vector::esp>},
    {"other_packets", Vector::other, &Thresholds::other, all<Vector::other>},
    {"dns_query_packets", Vector::dns_query, &Thresholds::dns_query, dns_query, true},
    {"http_requests", Vector::http_request, &Thresholds::http_request,
     requests<Vector::http_request, &Thresholds::http_request>, true},
    {"tls_hellos", Vector::tls_hello, &Thresholds::tls_hello,
     requests<Vector::tls_hello, &Thresholds::tls_hello>, true},
    {"quic_initials", Vector::quic_initial, &Thresholds::quic_initial,
     requests<Vector::quic_initial, &Thresholds::quic_initial>, true},
};

/// The volume that a row counts: its vector's class, of which `count` packets are left.
Volume volume_of(const SenderLimit& row, const TargetCounts& counts, double count) {
  const Volume whole = counts.of(info(row.vector).traffic_class);
  if (whole.packets == 0 || count <= 0) return {};
  const double share = std::min(1.0, count / static_cast<double>(whole.packets));
  return {static_cast<std::uint64_t>(std::max(0.0, count)),
          static_cast<std::uint64_t>(share * static_cast<double>(whole.bytes))};
}

/// Flows begun by a host to which less than half as many packets come. In a sample of all packets,
/// the first packet that is seen of an ordinary flow may be the host's.
double unanswered_flows(const SenderView& sender) {
  const TargetCounts& counts = sender.view.counts;
  const bool answered = counts.out_total.packets * 2 >= counts.new_flows;
  return !sender.inbound_seen || answered ? 0 : static_cast<double>(counts.new_flows);
}

}  // namespace

void check_sender(const SenderView& sender, Verdict& verdict) {
  const TargetView& view = sender.view;
  Volume unanswered;
  for (const SenderLimit& row : kSenderLimits) {
    const double count = row.count(sender);
    if (!row.request) unanswered += volume_of(row, view.counts, count);
    check_rate(view, row.measure, row.vector, count, row.limit, verdict.findings);
  }
  check_rate(view, "one_sided_packets", Vector::other, static_cast<double>(unanswered.packets),
             &Thresholds::packets, verdict.findings);
  check_bits(view, "one_sided_bits", unanswered, &Thresholds::bits, verdict.findings);
  check_rate(view, "new_flows", Vector::other, unanswered_flows(sender), &Thresholds::new_flows,
             verdict.findings);
}

Vector reflecting_service(const Volume& sent, double least, const TargetSummary* receivers) {
  if (receivers == nullptr || static_cast<double>(sent.packets) < least || sent.packets == 0) {
    return Vector::udp;
  }
  const auto ports = receivers->source_ports.top(1);
  const Vector service = ports.empty() ? Vector::udp : reflection_of_port(ports.front().key);
  if (!amplifies(service)) return Vector::udp;
  if (service == Vector::reflection_dns && sent.bytes < kAmplifiedDns * sent.packets) {
    return Vector::udp;
  }
  std::map<IpPrefix, std::uint64_t> networks;
  for (const auto& row : receivers->top_sources.top(kReceiversLooked)) {
    networks[IpPrefix::around(row.key, row.key.is_v4() ? 24 : 48)] += row.packets;
  }
  std::vector<std::uint64_t> most;
  for (const auto& [network, count] : networks) most.push_back(count);
  std::ranges::sort(most, std::greater<>());
  if (most.size() > kVictimNetworks) most.resize(kVictimNetworks);
  double to_victims = 0;
  for (const std::uint64_t count : most) to_victims += static_cast<double>(count);
  return to_victims >= kToVictims * static_cast<double>(receivers->packets) ? service : Vector::udp;
}

}  // namespace floodgauge
